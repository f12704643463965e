"""Why a connection ended, when to try again, and with which protocol version: decisions, no I/O."""

from collections.abc import Callable

from plantverse.ingest.mqtt import reasons
from plantverse.ingest.mqtt.options import SessionOptions

_FIRST_PAUSE_S = 0.1
# A connection that ends sooner did not help; two clients with one client id throw each other out this way.
_SHORT_LIFE_NS = 1_000_000_000
_SUSPICIOUS_LIVES = 3
# A broker without MQTT 5 may just hang up, but so does one that is shutting down.
_SILENT_REFUSALS = 3
_NEEDS_A_PERSON = frozenset({0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C, 0x8E, 0x9B, 0x9C, 0x9D})


class Ended(Exception):
    """A connection is over.

    Args:
        message: Why.
        slow: Only a person can change the reason, so trying again soon is pointless.
        at_once: The next attempt differs and need not wait.
    """

    def __init__(self, message: str, *, slow: bool = False, at_once: bool = False) -> None:
        super().__init__(message)
        self.message, self.slow, self.at_once = message, slow, at_once

    @classmethod
    def with_code(cls, code: int, message: str) -> "Ended":
        """Return the end that an MQTT reason code stands for."""
        return cls(message, slow=code in _NEEDS_A_PERSON)


class Retry:
    """The memory between attempts.

    Args:
        options: Protocol and longest pauses.
        jitter: Returns numbers in [0, 1) that spread reconnects.

    Attributes:
        version: Protocol level of the next attempt, 4 or 5.
    """

    def __init__(self, options: SessionOptions, jitter: Callable[[], float]) -> None:
        self._options = options
        self._jitter = jitter
        self._attempt = 0
        self._hung_up = 0
        self._short_lives = 0
        self.version = 4 if options.protocol == "3.1.1" else 5

    @property
    def protocol(self) -> str:
        """The version's name."""
        return _name(self.version)

    def accepted(self) -> None:
        """Note that the broker said yes."""
        self._hung_up = 0

    def lived(self, life_ns: int, ended: Ended) -> Ended:
        """Note how long an accepted connection lasted; return why it ended.

        After a long one the pauses start small again. Several short ones in a row have a usual reason that not every
        broker tells.
        """
        if life_ns > _SHORT_LIFE_NS:
            self._attempt = self._short_lives = 0
            return ended
        self._short_lives += 1
        if self._short_lives < _SUSPICIOUS_LIVES or ended.slow:
            return ended
        client = self._options.client_id
        return Ended(f"{ended.message} again at once; does another client use the client id {client!r}?")

    def hung_up(self, message: str, *, slow: bool) -> Ended:
        """Return the end of a connection that the broker closed without an answer to CONNECT."""
        self._hung_up += 1
        if self._options.protocol == "auto":
            self.version = 4 if self._hung_up % (_SILENT_REFUSALS + 1) == _SILENT_REFUSALS else 5
        return Ended(f"{message} before it answered CONNECT", slow=slow)

    def refused(self, code: int, words: str) -> Ended:
        """Return the end of a connection whose CONNECT was answered with no."""
        if code == reasons.UNSUPPORTED_PROTOCOL and self._options.protocol == "auto":
            tried, self.version = self.version, 9 - self.version
            return Ended(f"the broker does not speak MQTT {_name(tried)}", at_once=tried == 5)
        return Ended.with_code(code, f"the broker refused: {words}")

    def pause_s(self, ended: Ended) -> float:
        """Return how long to wait before the next attempt."""
        grown_s = min(self._options.retry_max_s, _FIRST_PAUSE_S * 2.0 ** min(self._attempt, 20))
        self._attempt += 1
        if ended.at_once:
            return 0.0
        return (self._options.retry_refused_s if ended.slow else grown_s) * (0.5 + 0.5 * self._jitter())


def _name(version: int) -> str:
    return "5" if version == 5 else "3.1.1"
