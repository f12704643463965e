"""Topics of the conversation with devices: answers go to the command desk, our own words come back unread."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

_B = TypeVar("_B", bound=Any)
"""A `MessageBatch` of `plantverse.ingest`, which this package does not import outside its wiring."""


class PrivateTopics:
    """Takes the messages of such topics out of the stream.

    A broker without "no local" (MQTT 3.1.1) hands us what we published; that must not look like an unknown topic.

    Args:
        on_answer: Called with (topic, payload).
    """

    def __init__(self, on_answer: Callable[[str, bytes], None]) -> None:
        self._on_answer = on_answer
        self._answers: frozenset[bytes] = frozenset()
        self._private: frozenset[bytes] = frozenset()

    def set(self, *, answers: Iterable[str], own: Iterable[str]) -> None:
        """Say which topics carry answers and to which ones we publish."""
        self._answers = frozenset(t.encode() for t in answers)
        self._private = self._answers | frozenset(t.encode() for t in own)

    def split(self, batch: _B) -> tuple[_B, Sequence[int]]:
        """Return the batch without private messages, and their packet ids; answers are handed on."""
        private = self._private
        if not private or private.isdisjoint(batch.topics):
            return batch, ()
        rest: list[int] = []
        packets: list[int] = []
        for row, topic in enumerate(batch.topics):
            if topic not in private:
                rest.append(row)
                continue
            packets.append(batch.packets[row])
            if topic in self._answers:
                self._on_answer(topic.decode(), batch.payloads[row])
        kept = replace(
            batch,
            topics=[batch.topics[r] for r in rest],
            payloads=[batch.payloads[r] for r in rest],
            packets=[batch.packets[r] for r in rest],
            flags=[batch.flags[r] for r in rest],
        )
        return kept, packets
