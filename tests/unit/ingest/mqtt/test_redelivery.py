"""Which messages are handed on, dropped, confirmed: across cuts, with and without DUP."""

import pytest

from plantverse.ingest.mqtt import DUP, REDELIVERED, Admission, Columns, RedeliveryMemory
from plantverse.ingest.mqtt.redelivery import WINDOW_MESSAGES, WINDOW_NS


def columns(*messages: tuple[int, bytes], dup: bool = False) -> Columns:
    """Return messages (packet id, payload) of one topic."""
    return Columns(
        topics=[b"t"] * len(messages),
        payloads=[payload for _, payload in messages],
        packets=[packet for packet, _ in messages],
        flags=[DUP if dup else 0] * len(messages),
    )


@pytest.fixture
def memory() -> RedeliveryMemory:
    made = RedeliveryMemory()
    made.connected(session_present=False, now_ns=0)
    return made


def cut_and_return(memory: RedeliveryMemory, *, present: bool = True, now_ns: int = 0) -> int:
    memory.cut()
    return memory.connected(session_present=present, now_ns=now_ns)


def test_new_messages_are_handed_on_and_confirmed_once(memory: RedeliveryMemory) -> None:
    assert memory.admit(columns((1, b"a"), (2, b"b")), 0) == Admission()
    assert memory.open_messages == 2
    assert memory.acknowledge(1, [1, 2, 0]) == [1, 2]
    assert memory.open_messages == 0
    assert memory.acknowledge(1, [1]) == []
    assert memory.stale == 1


def test_qos_0_is_never_remembered(memory: RedeliveryMemory) -> None:
    assert memory.admit(columns((0, b"a"), (0, b"a")), 0) == Admission()
    assert memory.open_messages == 0
    assert memory.admit(columns((0, b"a"), (1, b"a")), 0) == Admission()
    assert memory.open_messages == 1


@pytest.mark.parametrize("dup", [True, False])
def test_the_repetition_of_an_open_message_is_dropped_and_confirmed_when_the_original_is(
    memory: RedeliveryMemory, dup: bool
) -> None:
    memory.admit(columns((7, b"a")), 0)
    cut_and_return(memory)
    found = memory.admit(columns((7, b"a"), dup=dup), 0)
    assert (found.dropped, found.acknowledge) == ([0], [])
    assert memory.acknowledge(1, [7]) == [7]


def test_a_confirmation_of_an_earlier_generation_waits_for_the_repetition(memory: RedeliveryMemory) -> None:
    memory.admit(columns((7, b"a")), 0)
    cut_and_return(memory)
    assert memory.acknowledge(1, [7]) == []
    found = memory.admit(columns((7, b"a"), dup=True), 0)
    assert (found.dropped, found.acknowledge) == ([0], [7])


def test_the_generation_rule_an_old_confirmation_never_confirms_somebody_elses_message(
    memory: RedeliveryMemory,
) -> None:
    memory.admit(columns((7, b"old")), 0)
    cut_and_return(memory, present=False)
    assert memory.admit(columns((7, b"new")), 0) == Admission()
    assert memory.acknowledge(1, [7]) == []
    assert memory.stale == 1
    assert memory.open_messages == 1
    assert memory.acknowledge(2, [7]) == [7]


def test_a_forgotten_session_counts_what_may_come_twice(memory: RedeliveryMemory) -> None:
    memory.admit(columns((1, b"a"), (2, b"b")), 0)
    memory.acknowledge(1, [1])
    assert cut_and_return(memory, present=False) == 1


@pytest.mark.parametrize("dup", [True, False])
def test_a_confirmation_that_may_have_been_lost_is_repeated(memory: RedeliveryMemory, dup: bool) -> None:
    memory.admit(columns((7, b"a")), 0)
    assert memory.acknowledge(1, [7]) == [7]
    cut_and_return(memory)
    found = memory.admit(columns((7, b"a"), dup=dup), 0)
    assert (found.dropped, found.acknowledge) == ([0], [7])


def test_an_answered_ping_ends_the_doubt(memory: RedeliveryMemory) -> None:
    memory.admit(columns((7, b"a")), 0)
    memory.acknowledge(1, [7])
    memory.ping_sent()
    memory.ping_answered()
    cut_and_return(memory)
    # The broker has released the id, so the same content is a new message.
    assert memory.admit(columns((7, b"a")), 0).dropped == []


def test_a_ping_covers_only_what_was_sent_before_it(memory: RedeliveryMemory) -> None:
    memory.admit(columns((7, b"a"), (8, b"b")), 0)
    memory.acknowledge(1, [7])
    memory.ping_sent()
    memory.acknowledge(1, [8])
    memory.ping_answered()
    cut_and_return(memory)
    found = memory.admit(columns((7, b"a"), (8, b"b")), 0)
    assert found.dropped == []  # the first unknown message ends redelivery without DUP
    cut_and_return(memory)
    assert memory.admit(columns((7, b"a"), (8, b"b"), dup=True), 0).dropped == [0, 1]


def test_without_dup_doubt_ends_at_the_first_message_that_is_not_known(memory: RedeliveryMemory) -> None:
    memory.admit(columns((7, b"a")), 0)
    memory.acknowledge(1, [7])
    cut_and_return(memory)
    found = memory.admit(columns((1, b"new"), (7, b"a")), 0)
    assert found.dropped == []


def test_a_broker_that_repeats_within_a_connection(memory: RedeliveryMemory) -> None:
    memory.admit(columns((7, b"a")), 0)
    assert memory.admit(columns((7, b"a"), dup=True), 0).dropped == [0]
    assert memory.acknowledge(1, [7]) == [7]
    found = memory.admit(columns((7, b"a"), dup=True), 0)
    assert (found.dropped, found.acknowledge) == ([0], [7])


def test_an_id_that_the_broker_uses_twice_is_confirmed_when_both_are_safe(memory: RedeliveryMemory) -> None:
    memory.admit(columns((7, b"a"), (7, b"b")), 0)
    assert memory.acknowledge(1, [7]) == []
    assert memory.acknowledge(1, [7]) == [7]


def test_after_a_restart_the_first_messages_of_a_kept_session_are_suspects() -> None:
    memory = RedeliveryMemory()
    memory.connected(session_present=True, now_ns=0)
    batch = columns((1, b"a"), (2, b"b"))
    assert memory.admit(batch, 0).suspects == 2
    assert batch.flags == [REDELIVERED, REDELIVERED]
    late = columns((3, b"c"))
    assert memory.admit(late, WINDOW_NS).suspects == 0
    assert late.flags == [0]


def test_the_window_of_suspects_ends_with_its_messages() -> None:
    memory = RedeliveryMemory()
    memory.connected(session_present=True, now_ns=0)
    memory.admit(columns(*((packet, b"a") for packet in range(1, WINDOW_MESSAGES + 1))), 0)
    memory.acknowledge(1, range(1, WINDOW_MESSAGES + 1))
    assert memory.admit(columns((1, b"b")), 0).suspects == 0


def test_a_new_session_has_no_suspects_but_dup(memory: RedeliveryMemory) -> None:
    assert memory.admit(columns((1, b"a")), 0).suspects == 0
    repeated = columns((2, b"b"), dup=True)
    assert memory.admit(repeated, 0).suspects == 1
    assert repeated.flags == [DUP | REDELIVERED]


def test_old_generations_are_let_go(memory: RedeliveryMemory) -> None:
    for number in range(50):
        memory.admit(columns((number + 1, b"%d" % number)), 0)
        memory.acknowledge(memory.generation, [number + 1])
        cut_and_return(memory)
    assert len(memory._open) == 1
