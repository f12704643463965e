"""The shell around `Supervisor`: a process, two pipes, and a timer."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from plantverse._clock import Clock
from plantverse.ai.worker.messages import pack, reader_of_worker
from plantverse.ai.worker.supervisor import Event, Kill, Start, Supervisor

_log = logging.getLogger(__name__)

TICK_S = 0.1
"""How late a deadline or a lease may be noticed."""
CHUNK = 1 << 16
GOODBYE_S = 2.0
ONE_THREAD: Mapping[str, str] = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
"""Rows are small, and a second thread would take the server's core."""


class WorkerProcess:
    """Runs the worker that a supervisor asks for, in the present event loop.

    Args:
        supervisor: Decides.
        clock: Time.
        on_events: Called with what happened, in order; several answers of one moment come together.
        kinds: Further kinds of models, `{"name": "module:function"}`.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        clock: Clock,
        on_events: Callable[[Sequence[Event]], None],
        *,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        self._supervisor = supervisor
        self._clock = clock
        self._on_events = on_events
        extra = [f"{name}={where}" for name, where in (kinds or {}).items()]
        self._command: Sequence[str] = [sys.executable, "-m", "plantverse.ai.worker", *extra]
        self._process: asyncio.subprocess.Process | None = None
        self._following: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Number of the process, None while there is none."""
        return self._process.pid if self._process is not None else None

    def wake(self) -> None:
        """Look at once whether there is something to do."""
        self._news.set()

    async def run(self) -> None:
        """Do what the supervisor asks for until cancelled; the process ends with it."""
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), TICK_S)
                self._news.clear()
                self._supervisor.tick(self._clock.monotonic_ns())
                await self._act()
                self._tell()
        finally:
            await self._end()

    async def _act(self) -> None:
        waiting = bytearray()
        for action in self._supervisor.actions():
            if isinstance(action, Start):
                await self._start()
            elif isinstance(action, Kill):
                self._kill()
            else:
                waiting += pack(action.message)
        if waiting and self._process is not None and self._process.stdin is not None:
            # One write, because each wakes the worker, and on a full machine that costs this loop its turn. A worker
            # that does not read has one message per job at most: nothing here grows.
            self._process.stdin.write(waiting)

    def _tell(self) -> None:
        if events := self._supervisor.events():
            self._on_events(events)

    async def _start(self) -> None:
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, **ONE_THREAD},
            )
        except OSError as exc:
            _log.error("the worker of the models cannot be started: %s", exc)
            self._supervisor.ended(self._clock.monotonic_ns(), str(exc))
            return
        _log.info("worker of the models started pid=%d", self._process.pid)
        self._supervisor.started(self._clock.monotonic_ns())
        self._following = asyncio.create_task(self._follow(self._process), name="models-worker")

    async def _follow(self, process: asyncio.subprocess.Process) -> None:
        """Read what the worker says until it ends."""
        assert process.stdout is not None, "it was started with a pipe"
        unpacker = reader_of_worker()
        try:
            while chunk := await process.stdout.read(CHUNK):
                for message in unpacker.feed(chunk):
                    self._supervisor.receive(message, self._clock.monotonic_ns())
                self._news.set()
        except ValueError:
            _log.exception("the worker of the models says what nobody understands, it is ended")
            self._kill()
        code = await process.wait()
        self._process = None
        why = f"signal {-code}" if code < 0 else f"exit code {code}"
        if self._supervisor.phase != "killing":
            _log.warning("worker of the models ended by itself: %s", why)
        self._supervisor.ended(self._clock.monotonic_ns(), why)
        self._news.set()

    def _kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _end(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GOODBYE_S)
