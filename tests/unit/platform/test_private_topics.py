"""Answers reach the desk, our own words come back unread, everything else passes."""

from dataclasses import dataclass

from plantverse.platform.private_topics import PrivateTopics


@dataclass
class Messages:
    topics: list[bytes]
    payloads: list[bytes]
    packets: list[int]
    flags: list[int]
    generation: int = 4


def messages(*topics: str) -> Messages:
    count = len(topics)
    return Messages(
        [t.encode() for t in topics], [b"%d" % n for n in range(count)], list(range(1, count + 1)), [0] * count
    )


def test_messages_are_split_by_topic() -> None:
    answers: list[tuple[str, bytes]] = []
    private = PrivateTopics(lambda topic, payload: answers.append((topic, payload)))
    private.set(answers=["p1/cmd/answer"], own=["p1/cmd/start"])
    kept, packets = private.split(messages("p1", "p1/cmd/start", "p2", "p1/cmd/answer"))
    assert kept.topics == [b"p1", b"p2"]
    assert kept.packets == [1, 3]
    assert kept.generation == 4
    assert list(packets) == [2, 4]
    assert answers == [("p1/cmd/answer", b"3")]


def test_a_batch_without_private_topics_passes_untouched() -> None:
    private = PrivateTopics(lambda *_: None)
    batch = messages("p1", "p2")
    assert private.split(batch) == (batch, ())
    private.set(answers=["x"], own=[])
    assert private.split(batch)[0] is batch
