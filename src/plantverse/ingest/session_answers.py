"""The broker's answers that somebody waits for: SUBACK, UNSUBACK and PUBACK by packet id."""

import asyncio
from collections.abc import Sequence

from plantverse.ingest.mqtt import Answer
from plantverse.ingest.session_retry import Ended

Codes = tuple[int, ...]

_TIMEOUT_S = 10.0


class Answers:
    """Futures by packet id; a cut cancels them all."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[Codes]] = {}

    def expect(self, packet: int) -> asyncio.Future[Codes]:
        """Return what will hold the reason codes for our packet id."""
        answer: asyncio.Future[Codes] = asyncio.get_running_loop().create_future()
        self._waiting[packet] = answer
        return answer

    def take(self, answer: Answer) -> None:
        """Hand an answer to who waits for it."""
        waiting = self._waiting.pop(answer.packet, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.codes)

    def drop(self) -> None:
        """Cancel: the connection is over."""
        for waiting in self._waiting.values():
            waiting.cancel()
        self._waiting.clear()

    @staticmethod
    async def collect(answers: Sequence[asyncio.Future[Codes]]) -> list[Codes]:
        """Wait for several answers and return them in order.

        Raises:
            Ended: The connection ended or the broker does not answer.
        """
        done, late = await asyncio.wait(answers, timeout=_TIMEOUT_S)
        if any(answer.cancelled() for answer in done):
            raise Ended("the connection ended before SUBSCRIBE or UNSUBSCRIBE was answered")
        if late:
            raise Ended("the broker did not answer SUBSCRIBE or UNSUBSCRIBE")
        return [answer.result() for answer in answers]
