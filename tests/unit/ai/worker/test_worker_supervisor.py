"""The rules of `ai/worker/supervisor.py`, by number, against a clock that stands still."""

from typing import Any

from plantverse._clock import ManualClock
from plantverse.ai.worker.jobs import JobSpec
from plantverse.ai.worker.messages import Answer, Ask, Beat, Failed, Load, Loaded, Unload
from plantverse.ai.worker.supervisor import Answered, Kill, Options, Send, Start, Supervisor

OPTIONS = Options(lease_s=5, load_lease_s=20, start_lease_s=30, pause_s=1, strikes=3, failures=3, aside_s=10, calm_s=60)
SPEC = JobSpec(kind="detector", folder="models/pump/1")


class Played:
    """A supervisor whose shell and worker are played by the test."""

    def __init__(self, options: Options = OPTIONS) -> None:
        self.clock = ManualClock()
        self.clock.advance(1.0)
        self.supervisor = Supervisor(options)
        self.sent: list[Any] = []
        self.starts = self.kills = 0
        self.answers: list[Answered] = []

    @property
    def now(self) -> int:
        return self.clock.monotonic_ns()

    def go(self, seconds: float = 0.0, step_s: float = 0.5) -> "Played":
        """Let time pass as the shell does, in small steps."""
        until = self.now + round(seconds * 1e9)
        while True:
            self.supervisor.tick(self.now)
            self.act()
            if self.now >= until:
                return self
            self.clock.advance(min(step_s, (until - self.now) / 1e9))

    def act(self) -> None:
        for action in self.supervisor.actions():
            if isinstance(action, Send):
                self.sent.append(action.message)
            self.starts += isinstance(action, Start)
            self.kills += isinstance(action, Kill)
        self.answers += [e for e in self.supervisor.events() if isinstance(e, Answered)]

    def hear(self, message: Any) -> None:
        self.supervisor.receive(message, self.now)
        self.act()

    def ready(self, *names: str, spec: JobSpec = SPEC) -> "Played":
        """Add jobs and bring the worker up with their models loaded."""
        for name in names:
            self.supervisor.add(name, spec, self.now)
        self.go()
        self.hear(Beat())
        self.load()
        return self

    def load(self) -> None:
        for message in [m for m in self.sent if isinstance(m, Load)]:
            self.sent.remove(message)
            self.hear(Loaded(message.job, message.number, {}))

    def ask(self, name: str, n: int = 0, within_s: float = 2.0) -> bool:
        taken = self.supervisor.ask(
            name, {"n": n}, deadline_ns=self.now + round(within_s * 1e9), now_ns=self.now, tag=n
        )
        self.act()
        return taken

    def asked(self) -> list[Ask]:
        return [m for m in self.sent if isinstance(m, Ask)]

    def answer(self, request: Ask) -> None:
        self.hear(Answer(request.job, request.number, {}))

    def end(self) -> None:
        self.supervisor.ended(self.now, "exit code 3")
        self.act()


def test_w1_a_worker_only_while_there_is_a_job() -> None:
    played = Played().go(10)
    assert played.starts == 0
    played.ready("a")
    assert (played.starts, played.supervisor.phase) == (1, "running")
    played.supervisor.remove("a", played.now)
    played.supervisor.add("b", SPEC, played.now)
    played.go(1)
    played.supervisor.remove("b", played.now)
    played.go(1)
    assert (played.starts, played.kills) == (1, 0), "a job that is replaced keeps the worker"
    played.go(2)
    assert played.kills == 1
    played.end()
    assert (played.supervisor.phase, played.supervisor.crashes) == ("idle", 0)
    played.go(100)
    assert played.starts == 1


def test_w2_the_newest_requests_win_and_what_they_push_out_is_counted() -> None:
    played = Played().ready("a")
    for n in range(6):
        assert played.ask("a", n)
    assert [r.body["n"] for r in played.asked()] == [0], "one under way"
    assert played.supervisor.report("a").counts.dropped == 3
    for _ in range(3):
        played.answer(played.asked()[-1])
    assert [e.tag for e in played.answers] == [0, 4, 5]


def test_w2_a_kind_whose_requests_all_matter_refuses_the_newcomer() -> None:
    played = Played().ready("a", spec=JobSpec(kind="generator", folder="g", queue=1, newest_wins=False))
    assert [played.ask("a", n) for n in range(3)] == [True, True, False]
    played.answer(played.asked()[-1])
    played.answer(played.asked()[-1])
    assert [e.tag for e in played.answers] == [0, 1]


def test_w3_nobody_gets_an_answer_after_the_deadline() -> None:
    played = Played().ready("a")
    played.ask("a", 0, within_s=1)
    played.ask("a", 1, within_s=1)
    played.go(1.5)
    played.answer(played.asked()[0])
    counts = played.supervisor.report("a").counts
    assert (counts.late, counts.answered, played.answers) == (2, 0, [])
    assert len(played.asked()) == 1, "the one that waited was never sent"


def test_w3_the_worker_itself_may_say_that_it_is_late() -> None:
    played = Played().ready("a")
    played.ask("a", 0)
    played.hear(Failed("a", played.asked()[0].number, "late", "too late"))
    report = played.supervisor.report("a")
    assert (report.state, report.counts.late, report.counts.failed, report.message) == ("ready", 1, 0, "")


def test_w4_a_beat_renews_the_lease_and_silence_ends_it() -> None:
    played = Played().ready("a")
    played.ask("a")
    for _ in range(5):
        played.go(4)
        played.hear(Beat())
    assert played.kills == 0
    played.go(6)
    assert (played.kills, played.supervisor.phase) == (1, "killing")
    played.end()
    assert (played.supervisor.hangs, played.supervisor.crashes) == (1, 0)
    assert played.supervisor.report("a").code == "hung"


def test_w4_a_worker_that_has_nothing_to_do_may_be_silent_and_its_lease_begins_with_the_next_request() -> None:
    played = Played().ready("a").go(60)
    played.ask("a")
    played.go(4)
    assert played.kills == 0
    played.go(2)
    assert played.kills == 1


def test_w4_loading_may_take_longer_than_answering() -> None:
    played = Played()
    played.supervisor.add("a", SPEC, played.now)
    played.go()
    played.hear(Beat())
    played.go(15)
    assert played.kills == 0
    played.go(10)
    assert played.kills == 1


def test_w5_pauses_double_and_a_calm_minute_forgives() -> None:
    played = Played(Options(lease_s=5, start_lease_s=30, pause_s=1, longest_pause_s=4, strikes=99, calm_s=60))
    played.ready("a", "b")
    for pause in (1, 2, 4, 4):
        starts = played.starts
        played.end()
        played.go(pause - 0.5)
        assert played.starts == starts
        played.go(0.5)
        assert played.starts == starts + 1
        played.hear(Beat())
        played.load()
    for _ in range(70):
        played.go(1)
        played.hear(Beat())
    played.end()
    played.go(1)
    assert (played.starts, played.supervisor.crashes) == (6, 5)


def test_w6_who_crashes_three_times_is_set_aside_and_the_others_go_on() -> None:
    played = Played().ready("good", "bad")
    for _ in range(3):
        played.ask("bad")
        played.end()
        played.go(5)
        played.hear(Beat())
        played.load()
    bad, good = played.supervisor.report("bad"), played.supervisor.report("good")
    assert (bad.state, bad.crashes, bad.code, bad.hint) == ("failing", 3, "crashed", "tried again after 10 s")
    assert (good.state, good.crashes) == ("ready", 0)
    assert not played.ask("bad"), "nothing is taken for it"
    for _ in range(10):
        played.go(1)
        played.hear(Beat())
    played.load()
    assert played.supervisor.report("bad").state == "ready", "it gets another chance"
    played.ask("bad")
    played.end()
    assert played.supervisor.report("bad").hint == "tried again after 20 s"


def test_w6_who_raises_on_and_on_is_set_aside_without_harm_to_the_worker() -> None:
    played = Played().ready("a")
    for _ in range(3):
        played.ask("a")
        played.hear(Failed("a", played.asked()[-1].number, "raised", "ZeroDivisionError: division by zero"))
    report = played.supervisor.report("a")
    assert (report.state, report.code, report.counts.failed) == ("failing", "raised", 3)
    assert "ZeroDivisionError" in report.message
    assert isinstance(played.sent[-1], Unload)
    assert (played.kills, played.supervisor.phase) == (0, "running")


def test_w6_one_failure_is_told_and_forgotten_after_a_calm_time() -> None:
    played = Played().ready("a")
    played.ask("a")
    played.hear(Failed("a", played.asked()[-1].number, "raised", "once"))
    assert (played.supervisor.report("a").state, played.supervisor.report("a").message) == ("ready", "once")
    for _ in range(61):
        played.go(1)
        played.ask("a")
        played.answer(played.asked()[-1])
    assert played.supervisor.report("a").message == ""


def test_a_model_that_cannot_be_used_says_why_and_waits_for_somebody() -> None:
    played = Played()
    played.supervisor.add("a", SPEC, played.now)
    played.go()
    played.hear(Beat())
    load = played.sent[-1]
    played.hear(Failed("a", load.number, "model_invalid", "changed since it was saved", "fit again"))
    report = played.supervisor.report("a")
    assert (report.state, report.code, report.hint) == ("refused", "model_invalid", "fit again")
    played.go(1000)
    assert [m for m in played.sent if isinstance(m, Load)] == [load]


def test_w7_what_was_under_way_when_the_worker_ended_is_lost_and_counted() -> None:
    played = Played().ready("a")
    played.ask("a", 0)
    played.ask("a", 1, within_s=60)
    played.end()
    played.go(2)
    played.hear(Beat())
    played.load()
    assert played.supervisor.report("a").counts.lost == 1
    assert played.asked()[-1].body["n"] == 1, "what waited goes on"


def test_w8_a_parent_that_slept_blames_nobody() -> None:
    played = Played().ready("a")
    played.ask("a", within_s=1000)
    played.clock.advance(600)
    played.go()
    assert played.kills == 0
    played.answer(played.asked()[-1])
    assert len(played.answers) == 1


def test_an_answer_to_a_job_that_was_replaced_is_nobodys() -> None:
    played = Played().ready("a")
    played.ask("a", 1)
    old = played.asked()[-1]
    played.supervisor.add("a", SPEC, played.now)
    played.act()
    played.answer(old)
    assert played.answers == []
    assert played.supervisor.report("a").state == "loading"
    played.load()
    assert played.supervisor.report("a").state == "ready"
