"""A worker of models without a process: its own half, joined to the supervisor of the other side."""

from plantverse.ai.worker.messages import Beat
from plantverse.ai.worker.serving import Serving
from plantverse.ai.worker.supervisor import Kill, Send, Start, Supervisor


def work(supervisor: Supervisor, serving: Serving, now_ns: int, *, answers: bool = True) -> None:
    """Do what the supervisor asks for until it asks for nothing; without `answers` the worker is one that hangs."""
    supervisor.tick(now_ns)
    while actions := supervisor.actions():
        for action in actions:
            if isinstance(action, Start):
                supervisor.started(now_ns)
                supervisor.receive(Beat(), now_ns)
            elif isinstance(action, Kill):
                supervisor.ended(now_ns)
            elif isinstance(action, Send) and answers:
                for message in serving.take(action.message):
                    supervisor.receive(message, now_ns)
