"""Whatever parent, worker and clock do: every request ends exactly once, queues stay bounded, nobody is stuck."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from plantverse._clock import ManualClock
from plantverse.ai.worker.jobs import JobSpec
from plantverse.ai.worker.messages import Answer, Ask, Beat, Failed, Load, Loaded
from plantverse.ai.worker.supervisor import Answered, Kill, Options, Send, Start, Supervisor

NAMES = ("a", "b", "c")
OPTIONS = Options(
    lease_s=5, load_lease_s=5, start_lease_s=5, pause_s=1, longest_pause_s=8, aside_s=5, longest_aside_s=20
)


class Worker(RuleBasedStateMachine):
    """A worker that may do anything at any time, and a parent that adds, asks and removes."""

    @initialize(queue=st.integers(1, 3), newest=st.booleans())
    def begin(self, queue: int, newest: bool) -> None:
        self.clock = ManualClock()
        self.supervisor = Supervisor(OPTIONS)
        self.spec = JobSpec(kind="k", folder="f", queue=queue, newest_wins=newest)
        self.alive = self.killed = False
        self.inbox: list[Any] = []
        self.answered: list[int] = []
        self.given = 0

    def act(self) -> None:
        for action in self.supervisor.actions():
            if isinstance(action, Start):
                assert not self.alive, "one worker at a time"
                self.alive, self.killed, self.inbox = True, False, []
            elif isinstance(action, Kill):
                assert self.alive
                self.killed = True
            elif isinstance(action, Send) and self.alive:
                self.inbox.append(action.message)
        self.answered += [e.tag for e in self.supervisor.events() if isinstance(e, Answered)]

    @property
    def now(self) -> int:
        return self.clock.monotonic_ns()

    @rule(name=st.sampled_from(NAMES))
    def add(self, name: str) -> None:
        self.supervisor.add(name, self.spec, self.now)
        self.act()

    @rule(name=st.sampled_from(NAMES))
    def remove(self, name: str) -> None:
        self.supervisor.remove(name, self.now)
        self.act()

    @rule(name=st.sampled_from(NAMES), within_s=st.sampled_from([0.5, 3.0, 30.0]))
    def ask(self, name: str, within_s: float) -> None:
        if name in self.supervisor.jobs():
            self.given += 1
            deadline = self.now + round(within_s * 1e9)
            self.supervisor.ask(name, {}, deadline_ns=deadline, now_ns=self.now, tag=self.given)
            self.act()

    @rule(seconds=st.sampled_from([0.1, 1.0, 4.0, 30.0]))
    def wait(self, seconds: float) -> None:
        steps = max(1, round(seconds / 0.5))
        for _ in range(steps):
            self.clock.advance(seconds / steps)
            self.supervisor.tick(self.now)
            self.act()

    @precondition(lambda self: self.alive and not self.killed)
    @rule(fail=st.booleans())
    def work(self, fail: bool) -> None:
        self.supervisor.receive(Beat(), self.now)
        self.act()
        while self.inbox:
            message = self.inbox.pop(0)
            if isinstance(message, Load | Ask):
                break
        else:
            return
        answer: Any = Failed(message.job, message.number, "raised", "no")
        if not fail:
            done = isinstance(message, Load)
            answer = Loaded(message.job, message.number, {}) if done else Answer(message.job, message.number, {})
        self.supervisor.receive(answer, self.now)
        self.act()

    @precondition(lambda self: self.alive)
    @rule()
    def end(self) -> None:
        self.alive = self.killed = False
        self.inbox = []
        self.supervisor.ended(self.now, "exit code 1")
        self.act()

    @invariant()
    def every_request_ends_once(self) -> None:
        for report in self.supervisor.jobs().values():
            counts = report.counts
            ended = counts.answered + counts.dropped + counts.late + counts.failed + counts.lost
            assert counts.asked == ended + report.waiting
            assert report.waiting <= self.spec.queue + 1
        assert len(set(self.answered)) == len(self.answered)

    def teardown(self) -> None:
        """A worker that works from now on serves every job that is not set aside for good."""
        if not hasattr(self, "supervisor"):
            return
        for _ in range(200):
            if self.killed:
                self.end()
            self.wait(0.5)
            for _ in range(5):
                if self.alive and not self.killed:
                    self.work(fail=False)
        states = {report.state for report in self.supervisor.jobs().values()}
        assert states <= {"ready", "refused"}


TestWorker = Worker.TestCase
TestWorker.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
