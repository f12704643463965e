"""A process beside the server that does the work of models, so that nothing of the server ever waits for one.

`messages.py` is what goes over the pipes, `supervisor.py` the parent's half and `serving.py` the worker's, both without
I/O; `process.py` and `__main__.py` are their shells. A kind of model joins by a `Runner` and a line in `kinds.py`.
"""

from plantverse.ai.worker.jobs import JobReport, JobSpec
from plantverse.ai.worker.process import WorkerProcess
from plantverse.ai.worker.runner import Body, Runner
from plantverse.ai.worker.supervisor import Answered, Changed, Options, Supervisor

__all__ = [
    "Answered",
    "Body",
    "Changed",
    "JobReport",
    "JobSpec",
    "Options",
    "Runner",
    "Supervisor",
    "WorkerProcess",
]
