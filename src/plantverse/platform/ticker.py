"""Work that comes round: each task at its own pace, none able to stop the others."""

import asyncio
import logging
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Ticker:
    """Calls functions at intervals in the event loop.

    Attributes:
        failures: How often a task raised; it is called again all the same.
    """

    def __init__(self) -> None:
        self._tasks: list[tuple[float, Callable[[], object]]] = []
        self.failures = 0

    def every(self, seconds: float, task: Callable[[], object]) -> None:
        """Add a task."""
        self._tasks.append((seconds, task))

    async def run(self) -> None:
        """Call the tasks until cancelled."""
        loop = asyncio.get_running_loop()
        due = [loop.time() + seconds for seconds, _ in self._tasks]
        while True:
            await asyncio.sleep(max(0.0, min(due) - loop.time()))
            for number, (seconds, task) in enumerate(self._tasks):
                now = loop.time()
                if due[number] <= now:
                    # A loop that was late does not call in a burst.
                    due[number] = max(due[number] + seconds, now)
                    self._call(task)

    def _call(self, task: Callable[[], object]) -> None:
        try:
            task()
        except Exception:
            self.failures += 1
            _log.exception("a periodic task failed, it is called again")
