"""How fast this process decodes, and how much of a core it uses: the two numbers that places are compared by."""

import time

import msgspec

ROWS = 4_000
_PAYLOAD = b'{"ts": 1764123456.789, "flow": 12.375, "temperature": 71.25}'


def decoding_speed() -> float:
    """Return rows per second of this process, measured in some 10 ms by decoding a plain message over and over.

    It is a yardstick for comparing machines, not a promise: what the rows of a group really cost is measured while it
    runs (`placement.heaviness`).
    """
    decode = msgspec.json.Decoder().decode
    best = float("inf")
    for _ in range(3):
        slots: list[int] = []
        values: list[float] = []
        begun = time.perf_counter()
        for number in range(ROWS):
            message = decode(_PAYLOAD)
            slots.append(number)
            values.append(message["flow"] * 1.0 + 0.0)
        best = min(best, time.perf_counter() - begun)
    return ROWS / max(best, 1e-6)


class ProcessLoad:
    """Share of one core that this process used between two calls."""

    def __init__(self) -> None:
        self._wall_s, self._used_s = time.monotonic(), time.process_time()

    def __call__(self) -> float:
        """Return the share since the last call, in [0, number of cores]."""
        wall_s, used_s = time.monotonic(), time.process_time()
        passed_s = wall_s - self._wall_s
        share = (used_s - self._used_s) / passed_s if passed_s > 0 else 0.0
        self._wall_s, self._used_s = wall_s, used_s
        return share
