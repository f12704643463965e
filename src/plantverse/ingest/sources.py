"""Two gateways for one signal: the better one feeds it, the other takes over while that is silent."""

from typing import Final

DEFAULT_SILENCE_NS: Final = 60_000_000_000
"""Where the signal never gets stale, a source counts as silent after a minute."""


class Sources:
    """Which source of a signal counts.

    A source of a worse rank is heard only while every better one has been silent for longer than the signal's age
    limit, so the signal does not flap between both.

    Example:
        >>> sources = Sources()
        >>> sources.admit(7, 0, 0, 10), sources.admit(7, 1, 5, 10), sources.admit(7, 1, 20, 10)
        (True, False, True)
    """

    def __init__(self) -> None:
        self._heard: dict[int, dict[int, int]] = {}

    def admit(self, slot: int, rank: int, now_ns: int, silence_ns: int, *, alive: bool = True) -> bool:
        """Take note that a source sent, and return whether it counts now.

        Args:
            slot: The signal.
            rank: Of the source, 0 is the best.
            now_ns: Monotonic.
            silence_ns: How long a better source must have been silent.
            alive: The message shows that the source lives; a retained one does not.
        """
        limit = silence_ns if silence_ns < 1 << 62 else DEFAULT_SILENCE_NS
        heard = self._heard.setdefault(slot, {})
        if alive:
            heard[rank] = now_ns
        return all(now_ns - at > limit for other, at in heard.items() if other < rank)
