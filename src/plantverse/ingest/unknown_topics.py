"""Topics that nothing reads: counted, kept within bounds, each with a suggestion for a twin."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from plantverse.errors import PayloadInvalid
from plantverse.ingest import paths, payloads
from plantverse.ingest.dead_letters import shown
from plantverse.ingest.marks import says_synthetic
from plantverse.ingest.topic_map import TIME_KEYS
from plantverse.twins.identity import slug, slug_path
from plantverse.twins.synthetic import is_synthetic_topic

SAMPLE_KEPT: Final = 4_096
SIGNALS_SUGGESTED: Final = 50
DEPTH: Final = 4


@dataclass(slots=True)
class Unknown:
    """One topic that nothing reads."""

    first_ns: int
    last_ns: int
    count: int
    payload: bytes


class UnknownTopics:
    """All of them.

    Args:
        kept: At most so many; further ones are counted as unmapped and not offered.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._topics: dict[bytes, Unknown] = {}
        self._fresh: list[str] = []

    def __len__(self) -> int:
        return len(self._topics)

    def add(self, topic: bytes, payload: bytes, now_ns: int) -> None:
        """Count a message.

        A synthetic one outside the topics of such data is not offered: no real twin is to be made of it.
        """
        if says_synthetic(payload) and not is_synthetic_topic(topic.decode()):
            return
        known = self._topics.get(topic)
        if known is not None:
            known.count += 1
            known.last_ns = now_ns
            known.payload = payload[:SAMPLE_KEPT]
        elif len(self._topics) < self._kept:
            self._topics[topic] = Unknown(now_ns, now_ns, 1, payload[:SAMPLE_KEPT])
            self._fresh.append(topic.decode())

    def forget(self, topics: Iterator[bytes]) -> None:
        """Let go of topics that something reads by now."""
        for topic in topics:
            self._topics.pop(topic, None)

    def fresh(self) -> Sequence[str]:
        """Return topics that came up since the last call."""
        fresh, self._fresh = self._fresh, []
        return [t for t in fresh if t.encode() in self._topics]

    def keep(self, topics: Sequence[str]) -> dict[str, bytes]:
        """Return the newest payloads that are whole."""
        known = {t: self._topics[t.encode()].payload for t in topics if t.encode() in self._topics}
        return {t: payload for t, payload in known.items() if len(payload) < SAMPLE_KEPT}

    def sample(self, topic: str) -> str:
        """Return the newest payload as text, cut."""
        known = self._topics.get(topic.encode())
        return "" if known is None else shown(known.payload)

    def listed(self) -> Sequence[dict[str, Any]]:
        """Return every topic with count, sample and suggestion, the latest first."""
        newest = sorted(self._topics.items(), key=lambda item: -item[1].last_ns)
        return [
            {
                "topic": topic.decode(),
                "first_us": u.first_ns / 1e3,
                "last_us": u.last_ns / 1e3,
                "count": u.count,
                "sample": shown(u.payload),
                "suggestion": suggestion(topic.decode(), u.payload),
            }
            for topic, u in newest
        ]

    def suggestion(self, topic: str) -> dict[str, Any] | None:
        """Return what a twin for an unknown topic could look like."""
        known = self._topics.get(topic.encode())
        return None if known is None else suggestion(topic, known.payload)


def suggestion(topic: str, payload: bytes) -> dict[str, Any]:
    """Return a twin id and the signals that a payload seems to hold.

    Example:
        >>> suggestion("shop/oven 7", b'{"ts": 1, "temp": 181.5}')
        {'twin': 'shop/oven-7', 'signals': [{'path': 'temp', 'key': 'temp', 'kind': 'float', 'value': 181.5}]}
    """
    try:
        value = payloads.decode_auto(payloads.unpack(payload))
    except PayloadInvalid:
        value = paths.MISSING
    signals = [
        {"path": slug_path(key) if key else "value", "key": key, "kind": kind, "value": shown_value}
        for key, kind, shown_value in _leaves(value, (), DEPTH)
    ]
    return {"twin": slug(topic), "signals": signals[:SIGNALS_SUGGESTED]}


def _leaves(value: Any, at: tuple[paths.Step, ...], depth: int) -> Iterator[tuple[str, str, Any]]:
    if type(value) is dict and depth:
        for name, inner in list(value.items())[:SIGNALS_SUGGESTED]:
            if type(name) is str and (at or name not in TIME_KEYS):
                yield from _leaves(inner, (*at, name), depth - 1)
    elif type(value) is list and depth:
        for number, inner in enumerate(value[:8]):
            yield from _leaves(inner, (*at, number), depth - 1)
    elif (kind := _kind(value)) is not None:
        yield paths.text_of(at), kind, _sayable(value)


def _sayable(value: Any) -> Any:
    """Return the value as far as JSON can say it."""
    if type(value) is str:
        return value[:80]
    return value if type(value) is bool or abs(value) < 2**63 else None


def _kind(value: Any) -> str | None:
    if type(value) is str:
        try:
            float(value)
        except ValueError:
            return "bool" if value.casefold() in {"on", "off", "true", "false", "open", "closed"} else "str"
        return "float"
    return {bool: "bool", int: "float", float: "float"}.get(type(value))
