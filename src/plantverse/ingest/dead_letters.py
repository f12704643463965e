"""A bounded view of messages that could not be used: topic, reason, and what to do about it."""

from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

PAYLOAD_SHOWN: Final = 512
"""Bytes of a payload that are kept: enough to see what it is."""
QUIET_NS: Final = 1_000_000_000
"""A topic that fails a thousand times a second is shown once a second, or it would push out everything else."""


class DeadLetters:
    """The newest rejected messages.

    Args:
        kept: How many.
    """

    def __init__(self, kept: int) -> None:
        self._letters: deque[dict[str, Any]] = deque(maxlen=kept)
        self._shown: dict[tuple[str, str], int] = {}
        self._kept = kept

    def add(  # noqa: PLR0917  the fields of a letter
        self, now_ns: int, topic: str, cause: str, reason: str, hint: str, payload: bytes
    ) -> None:
        """Keep a message, unless one like it was kept a moment ago."""
        key = (topic, cause)
        if now_ns - self._shown.get(key, -QUIET_NS) < QUIET_NS:
            return
        if len(self._shown) > 4 * self._kept:
            self._shown.clear()
        self._shown[key] = now_ns
        self._letters.append(
            {
                "at_us": now_ns / 1e3,
                "topic": topic,
                "cause": cause,
                "reason": reason,
                "hint": hint,
                "payload": shown(payload),
            }
        )

    def newest(self, limit: int) -> Sequence[dict[str, Any]]:
        """Return the newest ones, newest first."""
        letters = list(self._letters)[-limit:] if limit else []
        letters.reverse()
        return letters


def shown(payload: bytes, limit: int = PAYLOAD_SHOWN) -> str:
    """Return a payload for people: its text, else hexadecimal, cut.

    Example:
        >>> shown(b"21,5"), shown(bytes([0, 255]))
        ('21,5', '00 ff')
    """
    head = payload[:limit]
    cut = "..." if len(payload) > limit else ""
    text = getincrementaldecoder("utf-8")("replace").decode(head, final=not cut)
    if "\ufffd" not in text and all(c.isprintable() or c in "\r\n\t" for c in text):
        return text + cut
    return head[: limit // 4].hex(" ") + ("..." if len(payload) > limit // 4 else "")
