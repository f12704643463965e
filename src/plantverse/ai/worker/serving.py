"""The worker's half, without I/O: a message in, the messages of its answer out."""

from collections.abc import Iterator, Mapping

from plantverse._clock import Clock
from plantverse.ai.worker.kinds import KINDS, opener_of
from plantverse.ai.worker.messages import Answer, Ask, Beat, Failed, FromWorker, Load, Loaded, ToWorker, Unload
from plantverse.ai.worker.runner import Runner
from plantverse.errors import PlantverseError

LONGEST_TEXT = 500
"""Characters of an error that are told."""


class Serving:
    """Runs models by job.

    Args:
        clock: Tells when nobody wants an answer any more.
        kinds: `module:function` of the opener of each kind.
    """

    def __init__(self, clock: Clock, kinds: Mapping[str, str] = KINDS) -> None:
        self._clock = clock
        self._kinds = kinds
        self._runners: dict[str, Runner] = {}

    def take(self, message: ToWorker) -> Iterator[FromWorker]:
        """Do what a message asks for. A `Beat` comes first: the lease is for this message alone."""
        yield Beat()
        if isinstance(message, Load):
            yield self._load(message)
        elif isinstance(message, Unload):
            self._runners.pop(message.job, None)
        else:
            yield self._ask(message)

    def _load(self, message: Load) -> FromWorker:
        self._runners.pop(message.job, None)
        try:
            runner = opener_of(message.kind, self._kinds)(message.folder, message.expected_hash)
            facts = runner.facts()
        except Exception as exc:
            return _failed(message.job, message.number, exc)
        self._runners[message.job] = runner
        return Loaded(message.job, message.number, facts)

    def _ask(self, message: Ask) -> FromWorker:
        runner = self._runners.get(message.job)
        if runner is None:
            return Failed(message.job, message.number, "not_loaded", "the model is not loaded")
        if self._clock.monotonic_ns() > message.deadline_ns:
            return Failed(message.job, message.number, "late", "the request came to its turn too late")
        try:
            return Answer(message.job, message.number, runner.answer(message.body))
        except Exception as exc:
            return _failed(message.job, message.number, exc)


def _failed(job: str, number: int, exc: Exception) -> Failed:
    if isinstance(exc, PlantverseError):
        return Failed(job, number, exc.code, str(exc.message)[:LONGEST_TEXT], (exc.hint or "")[:LONGEST_TEXT])
    return Failed(job, number, "raised", f"{type(exc).__name__}: {exc}"[:LONGEST_TEXT])
