"""What a kind of model has to offer to be run by a worker."""

from typing import Any, Protocol

Body = dict[str, Any]
"""A request or an answer: what MessagePack has, arrays as bytes. Never an object, so that nothing is ever unpickled."""


class Runner(Protocol):
    """One loaded model at work.

    It is called by one thread, in the order in which requests were sent. Whatever it raises is told to the parent and
    counted; a call that does not come back ends the worker.
    """

    def facts(self) -> Body:
        """Return what the parent should know of the loaded model."""

    def answer(self, body: Body) -> Body:
        """Do what a request asks for."""


class Opener(Protocol):
    """Makes a runner of a saved model."""

    def __call__(self, folder: str, expected_hash: str) -> Runner:
        """Load the model in a folder.

        Raises:
            PlantverseError: It cannot be used.
        """
