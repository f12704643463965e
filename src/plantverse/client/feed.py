"""A subscription that outlives its connections, sans-IO: bytes in, changes and bytes out."""

import logging
import random
from collections.abc import Callable
from typing import Literal

import numpy as np

from plantverse.client.rest import refusal
from plantverse.client.results import Change, Value
from plantverse.errors import PlantverseError, ServerUnavailable
from plantverse.twins.quality import describe
from plantverse.twins.sync.frames import Frame, is_frame
from plantverse.twins.sync.messages import Lag, Reply, SignalInfo
from plantverse.twins.sync.replica import SyncReplica

_log = logging.getLogger(__name__)

COME_BACK = frozenset({"restart", "slow_client", "overloaded", "gone"})
"""Codes of `bye` after which a client tries again (rule S6)."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 5.0
"""A restarted server is there after about a second; a longer outage is asked for every five."""

Mode = Literal["latest", "batch"]


class Feed:
    """What one selector names, live.

    The shell connects, calls `opened()`, then `receive` for each message and sends `to_send()`; when the connection is
    lost it calls `lost()` and waits as long as that says.

    Args:
        jitter: Returns a number in [0, 1), so that many clients do not come back in the same instant.
    """

    def __init__(
        self,
        selector: str,
        *,
        token: str = "",
        max_hz: float = 0.0,
        mode: Mode = "latest",
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.replica = SyncReplica(token=token, client="python")
        self.replica.subscribe(selector, max_hz=max_hz, mode=mode)
        self.replica.on_frame = self._take
        self.replica.on_reply = self._take_reply
        self.replica.on_lag = self._take_lag
        self._jitter = jitter
        self._changes: list[Change] = []
        self._refusal: PlantverseError | None = None
        self._names: dict[int, tuple[str, SignalInfo]] | None = None
        self._failures = 0
        self._ever_opened = False

    def opened(self) -> list[bytes]:
        """Return what to send first on a new connection."""
        self._ever_opened = True
        return [self.replica.hello()]

    def receive(self, data: bytes, now_us: float) -> list[Change]:
        """Take one message and return the changes in it.

        Args:
            data: A WebSocket message.
            now_us: Our clock, microseconds since 1970.

        Raises:
            ProtocolViolation: The server broke a rule: close, then go on with `lost`.
            SelectorInvalid: The selector does not parse.
        """
        replica = self.replica
        if not is_frame(data):
            self._names = None
        replica.receive(data, now_us)
        if replica.welcomed:
            self._failures = 0
        if self._refusal is not None:
            raise self._refusal
        changes, self._changes = self._changes, []
        return changes

    def to_send(self) -> list[bytes]:
        """Return the messages to send now."""
        return self.replica.to_send()

    def lost(self, base: str, cause: BaseException | None = None) -> float:
        """Take note of a connection that ended or never came about; return the seconds to wait.

        Raises:
            PlantverseError: The server said `bye` for good, with its code.
            ServerUnavailable: There was never a connection.
        """
        bye = self.replica.bye
        self.replica.disconnected()
        if bye is not None and bye.code not in COME_BACK:
            raise refusal(bye.code, bye.message, bye.hint)
        if not self._ever_opened:
            raise ServerUnavailable(
                f"no plantverse server at {base}: {cause or type(cause).__name__}", hint="plantverse run"
            ) from cause
        wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0**self._failures)
        self._failures = min(self._failures + 1, 16)
        return wait * (0.5 + self._jitter() / 2)

    def _take(self, frame: Frame) -> None:
        names = self._slots()
        synthetic = {i for i, twin in self.replica.twins.items() if twin.synthetic is not None}
        server_us = frame.time_us
        exact = dict(zip(frame.exact_row.tolist(), frame.exact.tolist(), strict=True))
        columns = (frame.slot.tolist(), frame.value.tolist(), frame.observed_us.tolist(), frame.quality.tolist())
        for row, (slot, number, observed_us, quality) in enumerate(zip(*columns, strict=True)):
            known = names.get(slot)
            if known is None:
                continue
            name, signal = known
            value = _value(number, signal.kind, exact.get(row))
            self._changes.append(
                Change(
                    signal=name,
                    value=value,
                    unit=signal.unit,
                    observed_us=observed_us or None,
                    age_s=(server_us - observed_us) / 1e6 if observed_us else None,
                    quality=describe(quality),
                    label=signal.codes.get(int(number), "") if signal.codes and value is not None else "",
                    synthetic=name.partition(":")[0] in synthetic,
                    revision=frame.revision,
                )
            )

    def _take_reply(self, reply: Reply) -> None:
        if reply.status == "refused":
            self._refusal = refusal(reply.code, reply.message, reply.hint)

    def _take_lag(self, lag: Lag) -> None:
        _log.warning("read too slowly: %d samples passed by, history has them", lag.dropped)

    def _slots(self) -> dict[int, tuple[str, SignalInfo]]:
        if self._names is None:
            self._names = {signal.slot: (name, signal) for name, signal in self.replica.signals.items()}
        return self._names


def _value(number: float, kind: str, exact: int | None) -> Value:
    if np.isnan(number):
        return None
    if kind == "bool":
        return bool(number)
    if kind in {"int", "enum"}:
        return int(number) if exact is None else exact
    return number
