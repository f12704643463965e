"""What a worker is to do, and how it went: one job per loaded model."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from plantverse.ai.worker.runner import Body

JobState = Literal["waiting", "loading", "ready", "refused", "failing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """A model and how its requests are treated.

    Attributes:
        kind: Of the model, see `kinds.py`.
        folder: Where it lies.
        expected_hash: The only hash to accept, "" for any.
        queue: Requests that may wait, > 0.
        newest_wins: A request that finds the queue full pushes the oldest out; otherwise it is refused itself.
    """

    kind: str
    folder: str
    expected_hash: str = ""
    queue: int = 2
    newest_wins: bool = True


@dataclass(slots=True, kw_only=True)
class Counts:
    """Requests of a job since it was added.

    Attributes:
        asked: All of them; each ends as exactly one of the others, or still waits.
        answered: With an answer in time.
        dropped: Pushed out by newer ones, or refused because the queue was full.
        late: Nobody wanted the answer any more.
        failed: The model raised.
        lost: They were under way when the worker ended.
    """

    asked: int = 0
    answered: int = 0
    dropped: int = 0
    late: int = 0
    failed: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """Where a job stands.

    Attributes:
        state: `waiting` for a worker, `loading`, `ready`, `refused` (the model cannot be used) or `failing` (it raised,
            crashed or hung too often; it is tried again later).
        code, message, hint: Of the last thing that went wrong, "" where nothing did.
        crashes: How often the worker ended while it was busy with this job.
        waiting: Requests that wait or are under way.
    """

    state: JobState
    code: str
    message: str
    hint: str
    facts: Body
    crashes: int
    waiting: int
    counts: Counts


@dataclass(slots=True)
class Request:
    """A request that waits or is under way."""

    number: int
    deadline_ns: int
    body: Body
    tag: Any


@dataclass(slots=True)
class Job:
    """A job as the supervisor keeps it.

    Attributes:
        sent: Number of the message that the worker has, 0 for none.
        under_way: The request that the worker has.
        failures: Requests in a row that failed.
        strikes: Crashes in a row, with no calm time between them.
        blocks: How often it was set aside, for the length of the next time.
        not_before_ns: It is not loaded earlier.
        loaded_ns: When it became ready.
    """

    spec: JobSpec
    state: JobState = "waiting"
    code: str = ""
    message: str = ""
    hint: str = ""
    facts: Body = field(default_factory=dict)
    queue: deque[Request] = field(default_factory=deque)
    under_way: Request | None = None
    sent: int = 0
    failures: int = 0
    strikes: int = 0
    crashes: int = 0
    blocks: int = 0
    not_before_ns: int = 0
    loaded_ns: int = 0
    counts: Counts = field(default_factory=Counts)

    def report(self) -> JobReport:
        """Return where it stands."""
        return JobReport(
            state=self.state,
            code=self.code,
            message=self.message,
            hint=self.hint,
            facts=self.facts,
            crashes=self.crashes,
            waiting=len(self.queue) + (self.under_way is not None),
            counts=self.counts,
        )

    def blame(self, code: str, message: str, hint: str = "") -> None:
        """Note what went wrong."""
        self.code, self.message, self.hint = code, message, hint
