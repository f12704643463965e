"""The worker as a real process: it crashes, hangs, talks and is killed, and everything that can go on goes on."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from plantverse._clock import SystemClock
from plantverse.ai.worker import Answered, JobSpec, Options, Supervisor, WorkerProcess
from plantverse.ai.worker.supervisor import Event

KINDS = {"echo": "doubles.worker_kinds:open_echo", "policy": "doubles.worker_kinds:open_policy"}
OPTIONS = Options(lease_s=3.0, pause_s=0.05, strikes=2, failures=2, aside_s=3600, idle_s=0.2)


@pytest.fixture(autouse=True)
def _kinds_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    tests = str(Path(__file__).parents[1])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))


class Running:
    def __init__(self) -> None:
        self.clock = SystemClock()
        self.supervisor = Supervisor(OPTIONS)
        self.events: list[Event] = []
        self.worker = WorkerProcess(self.supervisor, self.clock, self.events.extend, kinds=KINDS)

    def add(self, name: str, kind: str = "echo", folder: str = "") -> None:
        self.supervisor.add(name, JobSpec(kind=kind, folder=folder), self.clock.monotonic_ns())
        self.worker.wake()

    async def until(self, condition: Callable[[], object], what: str) -> None:
        for _ in range(1200):
            if condition():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"waited in vain for {what}; {self.supervisor.phase}, {self.supervisor.jobs()}")

    async def ready(self, *names: str) -> None:
        for name in names:
            await self.until(lambda name=name: self.supervisor.report(name).state == "ready", f"{name} to be ready")

    def ask(self, name: str, **body: Any) -> None:
        now = self.clock.monotonic_ns()
        self.supervisor.ask(name, body, deadline_ns=now + 60_000_000_000, now_ns=now, tag=body)
        self.worker.wake()

    def answers(self) -> list[Answered]:
        return [e for e in self.events if isinstance(e, Answered)]


@asynccontextmanager
async def running() -> AsyncIterator[Running]:
    made = Running()
    task = asyncio.create_task(made.worker.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert made.worker.pid is None, "the process ends with its shell"


async def test_two_kinds_answer_in_one_process_that_is_not_ours() -> None:
    async with running() as made:
        made.add("a")
        made.add("p", "policy")
        await made.ready("a", "p")
        assert made.supervisor.report("a").facts["pid"] == made.worker.pid != os.getpid()
        made.ask("a", print=True)
        made.ask("p", load=0.9)
        await made.until(lambda: len(made.answers()) == 2, "both answers")
        assert {e.job: e.body for e in made.answers()}["p"] == {"action": 1}
        for name in ("a", "p"):
            made.supervisor.remove(name, made.clock.monotonic_ns())
        await made.until(lambda: made.worker.pid is None, "the end of the idle worker")


async def test_who_crashes_or_hangs_the_worker_is_set_aside_and_the_others_go_on() -> None:
    async with running() as made:
        for name in ("good", "crashing", "hanging"):
            made.add(name)
        for name, how in (("crashing", "crash"), ("hanging", "hang")):
            for _ in range(OPTIONS.strikes):
                await made.ready("good", name)
                ends = made.supervisor.crashes + made.supervisor.hangs
                made.ask(name, **{how: True})
                await made.until(lambda n=ends: made.supervisor.crashes + made.supervisor.hangs > n, f"the {how}")
        assert (made.supervisor.crashes, made.supervisor.hangs) == (2, 2)
        states = {name: (r.state, r.code) for name, r in made.supervisor.jobs().items()}
        assert (states["crashing"], states["hanging"]) == (("failing", "crashed"), ("failing", "hung"))
        await made.ready("good")
        made.ask("good", n=1)
        await made.until(made.answers, "an answer of the good one")


async def test_exceptions_and_monstrous_answers_are_told_and_end_nothing() -> None:
    async with running() as made:
        made.add("a")
        made.add("b")
        made.add("c", folder="broken")
        await made.ready("a", "b")
        pid = made.worker.pid
        made.ask("a", **{"raise": True})
        made.ask("b", long=True)
        await made.until(lambda: made.supervisor.report("b").counts.failed, "the failure of the long answer")
        assert made.supervisor.report("a").message == "RuntimeError: the detector fell over"
        assert made.supervisor.report("b").code == "too_long"
        assert (made.supervisor.report("c").state, made.supervisor.report("c").code) == ("refused", "model_invalid")
        made.ask("a", n=1)
        await made.until(made.answers, "an answer")
        assert made.worker.pid == pid


async def test_a_worker_outlives_its_parents_pipe_by_nothing(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "plantverse.ai.worker", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 60) == 0
