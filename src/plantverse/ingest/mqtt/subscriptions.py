"""Which topic filters are wanted, which of them the broker's session has, and which it refuses."""

from collections.abc import Sequence

from plantverse.ingest.mqtt import reasons


class Subscriptions:
    """The topic filters of one session across its connections.

    Args:
        qos: What is asked for.

    Attributes:
        refused: Filters that the broker does not give, or not with that QoS, with the reason.
    """

    def __init__(self, qos: int) -> None:
        self._qos = qos
        self._wanted: dict[str, None] = {}
        self._granted: set[str] = set()
        self.refused: dict[str, str] = {}

    def add(self, filters: Sequence[str]) -> None:
        """Want these from now on."""
        self._wanted |= dict.fromkeys(filters)

    def remove(self, filters: Sequence[str]) -> None:
        """Want these no more."""
        for text in filters:
            self._wanted.pop(text, None)
            self._granted.discard(text)
            self.refused.pop(text, None)

    def connected(self, *, session_present: bool) -> None:
        """Note a new connection: refused filters are asked for again, all others only in a new session."""
        if not session_present:
            self._granted.clear()
        self.refused = {text: why for text, why in self.refused.items() if text in self._granted}

    def missing(self) -> list[str]:
        """Return wanted filters for which there is no answer yet."""
        return [text for text in self._wanted if text not in self._granted and text not in self.refused]

    def answered(self, filters: Sequence[str], codes: Sequence[int]) -> None:
        """Take a SUBACK; filters without a code count as refused."""
        for position, text in enumerate(filters):
            code = codes[position] if position < len(codes) else 0x80
            self.refused.pop(text, None)
            if code < 0x80:
                self._granted.add(text)
            if code >= 0x80:
                self.refused[text] = reasons.words(code)
            elif code < self._qos:
                self.refused[text] = f"given with QoS {code} only, so its messages are not confirmed"
