"""The parent's half, without I/O: what the worker is told, when it is started, and when it is taken for dead.

Calls take the time; `actions()` says what the shell has to do, `events()` what there is to know. Rules, cited by tests:

- W1 There is a worker only while there is a job, and a moment longer, in case one is only replaced.
- W2 A job has one request under way and a bounded queue. Where it is full, the newest wins or the newcomer is refused.
- W3 A request whose deadline passes is dropped, wherever it is then.
- W4 Every message renews the worker's lease. One that has something to do and is silent for longer hangs: it is killed.
- W5 A worker that ended starts again after a pause that doubles; a calm minute makes the pause short again.
- W6 The job that the worker was busy with when it ended is to blame. After three times it is set aside, so that the
  others go on, and tried again later and later. So is one that raises on so many requests in a row.
- W7 Every request ends exactly once: answered, dropped, late, failed or lost (`Counts`).
- W8 A parent that was not looking cannot tell who was silent: leases begin anew.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plantverse.ai.worker.jobs import Job, JobReport, JobSpec, Request
from plantverse.ai.worker.messages import Answer, Ask, Beat, Failed, FromWorker, Load, Loaded, ToWorker, Unload
from plantverse.ai.worker.runner import Body

_S = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Patience; all in seconds but for counts.

    Attributes:
        start_lease_s, load_lease_s, lease_s: Longest silence while the worker starts (it imports numpy, perhaps from a
            cold disk), loads a model, answers a request.
        pause_s, longest_pause_s: Before a worker that ended is started again; doubles.
        strikes: Ends of the worker in a row for which a job is set aside.
        failures: Failed requests in a row for which it is.
        aside_s, longest_aside_s: For how long; doubles.
        idle_s: How long a worker without jobs is kept.
        calm_s: So long without trouble, and everything is forgiven.
    """

    start_lease_s: float = 60.0
    load_lease_s: float = 60.0
    lease_s: float = 10.0
    pause_s: float = 0.5
    longest_pause_s: float = 60.0
    strikes: int = 3
    failures: int = 5
    aside_s: float = 30.0
    longest_aside_s: float = 3_600.0
    idle_s: float = 2.0
    calm_s: float = 60.0


class Start:
    """Start a worker process."""


class Kill:
    """End the worker process now; `Supervisor.ended` is called when it has ended."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message to the worker."""

    message: ToWorker


@dataclass(frozen=True, slots=True)
class Answered:
    """A request was answered."""

    job: str
    tag: Any
    body: Body


@dataclass(frozen=True, slots=True)
class Changed:
    """The state of a job changed; `Supervisor.report` has it."""

    job: str


Action = Start | Kill | Send
Event = Answered | Changed


class Supervisor:
    """One worker and its jobs.

    Attributes:
        phase: `idle`, `starting`, `running`, `killing` or `pausing`.
        crashes, hangs: How often the worker ended by itself or was killed for its silence.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.phase = "idle"
        self.crashes = self.hangs = 0
        self._jobs: dict[str, Job] = {}
        self._number = 0
        self._under_way: dict[int, str] = {}
        self._actions: deque[Action] = deque()
        self._events: deque[Event] = deque()
        self._heard_ns = self._looked_ns = self._started_ns = self._resume_ns = self._busy_ns = 0
        self._ends = 0
        self._hung = False

    def __contains__(self, name: str) -> bool:
        return name in self._jobs

    def add(self, name: str, spec: JobSpec, now_ns: int) -> None:
        """Let the worker load a model; one of that name is let go of first."""
        self.remove(name, now_ns)
        self._jobs[name] = Job(spec)
        self._events.append(Changed(name))
        self.tick(now_ns)

    def remove(self, name: str, now_ns: int) -> None:
        """Let go of a job, if there is one; its requests end unanswered."""
        job = self._jobs.pop(name, None)
        if job is None:
            return
        if self.phase == "running" and job.state in {"loading", "ready"}:
            self._actions.append(Send(Unload(name)))
        self.tick(now_ns)

    def ask(self, name: str, body: Body, *, deadline_ns: int, now_ns: int, tag: Any = None) -> bool:
        """Hand a request in and return whether it was taken.

        Args:
            name: The job.
            body: What the kind of model takes.
            deadline_ns: Of the monotonic clock.
            now_ns: Of the same.
            tag: Comes back with the answer.

        Raises:
            KeyError: No such job.
        """
        job = self._jobs[name]
        job.counts.asked += 1
        if job.state not in {"ready", "loading", "waiting"}:
            job.counts.dropped += 1
            return False
        if len(job.queue) >= job.spec.queue:
            job.counts.dropped += 1
            if not job.spec.newest_wins:
                return False
            job.queue.popleft()
        self._number += 1
        job.queue.append(Request(self._number, deadline_ns, body, tag))
        if self.phase == "running":
            self._send(name, job, now_ns)
        return True

    def started(self, now_ns: int) -> None:
        """The process runs; it has not said anything yet."""
        if self.phase == "starting":
            self._heard_ns = now_ns

    def receive(self, message: FromWorker, now_ns: int) -> None:
        """Take what the worker says."""
        if self.phase == "starting":
            self.phase, self._started_ns = "running", now_ns
            self.tick(now_ns)
        if self.phase != "running":
            return
        self._heard_ns = now_ns
        if isinstance(message, Beat):
            return
        self._under_way.pop(message.number, None)
        job = self._jobs.get(message.job)
        if job is not None and job.sent == message.number:
            self._take(message, job, now_ns)
            self._send(message.job, job, now_ns)

    def ended(self, now_ns: int, why: str = "") -> None:
        """The process is gone."""
        if self.phase in {"idle", "pausing"}:
            return None
        if self.phase == "killing" and not self._hung:
            self._rest()
            return self.tick(now_ns)
        self.hangs += self._hung
        self.crashes += not self._hung
        if now_ns - self._started_ns > self.options.calm_s * _S and self.phase != "starting":
            self._ends = 0
        pause_s = min(self.options.pause_s * 2**self._ends, self.options.longest_pause_s)
        self._ends = min(self._ends + 1, 30)
        self._resume_ns = now_ns + round(pause_s * _S)
        blamed = next(iter(self._under_way.values()), "")
        self._rest()
        self.phase = "pausing"
        text = f"hung for {self.options.lease_s:g} s" if self._hung else f"ended the worker{f' ({why})' if why else ''}"
        if blamed in self._jobs:
            self._strike(self._jobs[blamed], "hung" if self._hung else "crashed", text, now_ns)
        self._hung = False
        self._events.extend(Changed(name) for name in self._jobs)
        return None

    def tick(self, now_ns: int) -> None:
        """Let time pass."""
        quiet_ns, self._looked_ns = now_ns - self._looked_ns, now_ns
        if quiet_ns > self._lease_ns() / 2:
            self._heard_ns = now_ns
        for job in self._jobs.values():
            _drop_late(job, now_ns)
            if job.state == "failing" and now_ns >= job.not_before_ns:
                job.state = "waiting"
        if self.phase in {"starting", "running"}:
            if self._jobs:
                self._busy_ns = now_ns
            if now_ns - self._busy_ns > self.options.idle_s * _S:
                self.phase = "killing"
                self._actions.append(Kill())
            elif self._busy and now_ns - self._heard_ns > self._lease_ns():
                self._hung, self.phase = True, "killing"
                self._actions.append(Kill())
        elif (self.phase == "idle" or (self.phase == "pausing" and now_ns >= self._resume_ns)) and self._wanted():
            self.phase, self._heard_ns, self._busy_ns = "starting", now_ns, now_ns
            self._actions.append(Start())
        if self.phase == "running":
            for name, job in self._jobs.items():
                self._send(name, job, now_ns)

    def actions(self) -> list[Action]:
        """Return what there is to do since the last call, in order."""
        found = list(self._actions)
        self._actions.clear()
        return found

    def events(self) -> list[Event]:
        """Return what happened since the last call, in order."""
        found = list(self._events)
        self._events.clear()
        return found

    def report(self, name: str) -> JobReport:
        """Return where a job stands.

        Raises:
            KeyError: No such job.
        """
        return self._jobs[name].report()

    def jobs(self) -> Mapping[str, JobReport]:
        """Return all jobs."""
        return {name: job.report() for name, job in self._jobs.items()}

    @property
    def _busy(self) -> bool:
        """Whether the worker has something to say."""
        return self.phase == "starting" or bool(self._under_way)

    def _wanted(self) -> bool:
        return any(job.state in {"waiting", "loading", "ready"} for job in self._jobs.values())

    def _lease_ns(self) -> int:
        """Return how long the worker may be silent now."""
        if self.phase == "starting":
            return round(self.options.start_lease_s * _S)
        first = next(iter(self._under_way.values()), "")
        loading = first in self._jobs and self._jobs[first].state == "loading"
        return round((self.options.load_lease_s if loading else self.options.lease_s) * _S)

    def _send(self, name: str, job: Job, now_ns: int) -> None:
        """Give the worker what a job has for it, if it has nothing of that job."""
        if job.state == "waiting" and now_ns >= job.not_before_ns:
            job.state, spec = "loading", job.spec
            message = Load(name, self._next(), spec.kind, spec.folder, spec.expected_hash)
            self._tell(job, message, now_ns)
            self._events.append(Changed(name))
        elif job.state == "ready" and job.under_way is None:
            _drop_late(job, now_ns)
            if job.queue:
                job.under_way = request = job.queue.popleft()
                self._tell(job, Ask(name, request.number, request.deadline_ns, request.body), now_ns)

    def _tell(self, job: Job, message: Load | Ask, now_ns: int) -> None:
        if not self._under_way:
            self._heard_ns = now_ns
        job.sent = message.number
        self._under_way[message.number] = message.job
        self._actions.append(Send(message))

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _take(self, message: Loaded | Answer | Failed, job: Job, now_ns: int) -> None:
        """Take an answer to what a job asked last."""
        job.sent = 0
        request, job.under_way = job.under_way, None
        if isinstance(message, Loaded):
            job.state, job.facts, job.loaded_ns = "ready", message.facts, now_ns
            self._events.append(Changed(message.job))
        elif request is None:
            assert isinstance(message, Failed), "an answer belongs to a request"
            job.state = "refused"
            job.blame(message.code, message.message, message.hint)
            _drop_all(job)
            self._events.append(Changed(message.job))
        elif isinstance(message, Failed) and message.code != "late":
            self._failed(message, job, now_ns)
        elif isinstance(message, Failed) or now_ns > request.deadline_ns:
            job.counts.late += 1
        else:
            job.counts.answered += 1
            job.failures = 0
            if now_ns - job.loaded_ns > self.options.calm_s * _S and (job.strikes or job.message):
                job.strikes = job.blocks = 0
                job.blame("", "")
                self._events.append(Changed(message.job))
            self._events.append(Answered(message.job, request.tag, message.body))

    def _failed(self, message: Failed, job: Job, now_ns: int) -> None:
        job.counts.failed += 1
        job.failures += 1
        job.blame(message.code, message.message, message.hint)
        if job.failures >= self.options.failures:
            self._actions.append(Send(Unload(message.job)))
            self._set_aside(job, now_ns)
        self._events.append(Changed(message.job))

    def _strike(self, job: Job, code: str, text: str, now_ns: int) -> None:
        job.crashes += 1
        job.strikes += 1
        job.blame(code, text)
        if job.strikes >= self.options.strikes:
            self._set_aside(job, now_ns)

    def _set_aside(self, job: Job, now_ns: int) -> None:
        aside_s = min(self.options.aside_s * 2**job.blocks, self.options.longest_aside_s)
        job.blocks = min(job.blocks + 1, 30)
        job.state, job.failures = "failing", 0
        job.strikes = max(0, self.options.strikes - 1)
        job.not_before_ns = now_ns + round(aside_s * _S)
        job.hint = f"tried again after {aside_s:g} s"
        _drop_all(job)

    def _rest(self) -> None:
        """Without a worker: what was under way is lost, models are to be loaded again."""
        self.phase = "idle"
        self._under_way.clear()
        self._actions.clear()
        for job in self._jobs.values():
            job.counts.lost += job.under_way is not None
            job.sent, job.under_way = 0, None
            if job.state in {"loading", "ready"}:
                job.state = "waiting"


def _drop_late(job: Job, now_ns: int) -> None:
    while job.queue and now_ns > job.queue[0].deadline_ns:
        job.queue.popleft()
        job.counts.late += 1


def _drop_all(job: Job) -> None:
    job.counts.dropped += len(job.queue)
    job.queue.clear()
