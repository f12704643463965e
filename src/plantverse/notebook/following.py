"""Follows a running server in a thread of its own, and ends when it is told to."""

import asyncio
import logging
import threading
from collections.abc import Callable

from plantverse.client import Change, Client

_log = logging.getLogger(__name__)

TICK_S = 0.5
"""How often values that nobody sends any more are looked at for their age."""


class Following:
    """A thread that hands over changes as they arrive.

    The blocking `Client.watch` cannot be ended from outside while it waits; its asyncio sister can, so the thread runs
    an event loop of its own, apart from that of the notebook.

    Args:
        client: Of the server.
        selector: Which signals.
        max_hz: Frames per second at most.
        take: Is given the changes of a while, [] where there were none; called in the thread.
        ended: Is given the error that ended it; called in the thread.
    """

    def __init__(
        self,
        client: Client,
        selector: str,
        *,
        max_hz: float,
        take: Callable[[list[Change]], object],
        ended: Callable[[Exception], None],
    ) -> None:
        self._client, self._selector, self._max_hz = client, selector, max_hz
        self._take, self._ended = take, ended
        self._changes: list[Change] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work: asyncio.Task[None] | None = None
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="plantverse-notebook", daemon=True)

    @property
    def running(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin; a second start is an error of the caller."""
        self._loop = asyncio.new_event_loop()
        self._work = self._loop.create_task(self._follow())
        self._thread.start()

    def stop(self) -> None:
        """End, and return once nothing is handed over any more; harmless when it has ended already."""
        with self._closing:
            if self._loop is None or self._work is None:
                return
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._work.cancel)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        loop, work = self._loop, self._work
        assert loop is not None, "start makes the loop first"
        assert work is not None, "start makes the task first"
        try:
            loop.run_until_complete(work)
        except asyncio.CancelledError:
            _log.debug("following %s ended by its owner", self._selector)
        except Exception as exc:
            # The end of the thread is the boundary: whoever looks at the picture is told.
            _log.warning("following %s ended", self._selector, exc_info=True)
            self._ended(exc)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            with self._closing:
                loop.close()

    async def _follow(self) -> None:
        reading = asyncio.create_task(self._read())
        try:
            while not reading.done():
                changes, self._changes = self._changes, []
                self._take(changes)
                await asyncio.wait({reading}, timeout=min(TICK_S, 1 / self._max_hz))
            reading.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self) -> None:
        async for change in self._client.watch_async(self._selector, max_hz=self._max_hz):
            self._changes.append(change)
