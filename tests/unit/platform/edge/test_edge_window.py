"""The window: little under way on a link that queues, more on one that does not; and rows that leave in parts."""

from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantverse.platform.edge.leases import BEAT_S, TTL_S
from plantverse.platform.edge.outgoing import Outgoing
from plantverse.platform.edge.window import FIRST, LEAST, LINGER_S, MOST, THIN_LINGER_S, WORTH_IT, Window
from plantverse.twins.samples import SampleBatch


def filled(window: Window) -> None:
    window.open = window.size
    assert not window.room()
    window.open = 0


def answers(window: Window, rtt_s: float, count: int, *, from_s: float = 0.0, full: bool = False) -> None:
    """Answer so many heart-beats, one every two seconds, so that each went out after the last change."""
    for number in range(1, count + 1):
        if full:
            filled(window)
        window.answered(rtt_s, from_s + 2.0 * number)


def test_waiting_in_the_link_shrinks_it_and_a_far_link_does_not() -> None:
    window = Window()
    answers(window, 0.05, 1)
    for number, rtt_s in enumerate((1.4, 1.1, 0.8, 0.6, 0.4)):
        answers(window, rtt_s, 1, from_s=10.0 * (number + 1))
    assert window.size == max(LEAST, FIRST // 32)
    far = Window()
    answers(far, 0.9, 10)
    assert far.size == FIRST


def test_it_grows_only_where_it_was_filled() -> None:
    window = Window()
    answers(window, 0.01, 50)
    assert window.size == FIRST
    answers(window, 0.01, 10, from_s=200, full=True)
    assert window.size == MOST, "in five seconds of heart-beats"


def test_where_shrinking_helps_nothing_the_link_got_longer() -> None:
    window = Window()
    answers(window, 0.01, 1)
    answers(window, 0.6, 2, from_s=10)
    assert window.size == FIRST // 2
    answers(window, 0.6, 10, from_s=100, full=True)
    assert window.size > FIRST


def test_rows_wait_longer_for_company_on_a_thin_link() -> None:
    window = Window()
    assert window.linger_s == LINGER_S
    answers(window, 0.05, 1)
    answers(window, 0.6, 1, from_s=10)
    assert window.linger_s == THIN_LINGER_S
    answers(window, 0.05, 20, from_s=20, full=True)
    assert window.linger_s == LINGER_S


def test_a_heart_beat_without_an_answer_shrinks_it_before_the_answer_is_there_and_once() -> None:
    window = Window()
    window.unanswered(1.0, 1.0)
    assert window.size == FIRST, "nothing is known of the link yet"
    window.answered(0.05, 2.0)
    window.unanswered(0.0, 2.5)
    assert window.size == FIRST
    window.unanswered(0.5, 3.0)
    assert window.size == FIRST // 2
    window.answered(0.6, 3.1)
    assert window.size == FIRST // 2, "that was the same queue"
    window.answered(0.39, 3.7)
    assert window.size == FIRST // 4


def test_little_room_is_not_used() -> None:
    window = Window()
    window.open = FIRST - FIRST // WORTH_IT
    assert window.room() == FIRST // WORTH_IT
    window.open += 1
    assert window.room() == 0


class ThinLink:
    """A link that sends first come, first served, used as much as the window allows; time goes in milliseconds."""

    def __init__(self, byte_s: float, rtt_s: float) -> None:
        self.byte_s, self.rtt_s = byte_s, rtt_s
        self.window = Window()
        self.now_s = self.free_s = 0.0
        self.rtts: list[float] = []
        self.delivered = 0
        self._data: deque[tuple[float, int]] = deque()
        self._beats: deque[tuple[float, float]] = deque()
        self._beat_s = 0.0

    def run(self, seconds: float) -> None:
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += 0.001
            while self._data and self._data[0][0] <= self.now_s:
                self.window.open -= (size := self._data.popleft()[1])
                self.delivered += size
            while self._beats and self._beats[0][0] <= self.now_s:
                self.rtts.append(self.now_s - self._beats.popleft()[1])
                self.window.answered(self.rtts[-1], self.now_s)
            if self.now_s >= self._beat_s:
                self._beat_s += BEAT_S
                self.window.unanswered(self.now_s - self._beats[0][1] if self._beats else 0.0, self.now_s)
                self._beats.append((self._sent(200), self.now_s))
            if room := self.window.room():
                self.window.open += room
                self._data.append((self._sent(room), room))

    def _sent(self, size: int) -> float:
        self.free_s = max(self.free_s, self.now_s) + size / self.byte_s
        return self.free_s + self.rtt_s


@pytest.mark.parametrize(
    ("kbit", "rtt_s", "used"),
    [*((kbit, rtt_s, 0.85) for kbit in (64, 120, 1_000, 20_000) for rtt_s in (0.005, 0.04)), (1_000, 0.5, 0.5)],
)
def test_it_fills_a_link_and_heart_beats_come_through(kbit: float, rtt_s: float, used: float) -> None:
    link = ThinLink(kbit * 125, rtt_s)
    link.run(15)
    before = link.delivered
    link.rtts.clear()
    link.run(60)
    assert (link.delivered - before) / (60 * link.byte_s) > used
    assert max(link.rtts) < min(TTL_S, rtt_s + 1.0)


def test_a_link_that_gets_five_times_thinner_under_full_load_does_not_cost_the_lease() -> None:
    link = ThinLink(1_000 * 125, 0.04)
    link.run(20)
    link.rtts.clear()
    link.byte_s /= 5
    link.run(20)
    assert max(link.rtts) < TTL_S
    assert max(link.rtts[6:]) < TTL_S / 2


def rows(packets: list[int]) -> SampleBatch:
    batch = SampleBatch.of(range(len(packets)), range(len(packets)), 1)
    batch.packet[:] = packets
    return batch


def slots(count: int) -> "np.ndarray[tuple[int], np.dtype[np.uint32]]":
    return np.arange(count, dtype=np.uint32)


@given(st.lists(st.integers(1, 30), max_size=60), st.lists(st.integers(1, 9), min_size=60, max_size=60), st.booleans())
def test_every_row_leaves_once_in_order_and_no_message_before_its_last_row(
    packets: list[int], sizes: list[int], derives: bool
) -> None:
    ids = [*sorted(set(packets)), 31, 32]
    drained = [(rows(packets), slots(len(packets)))] if packets else []
    if derives and packets:
        drained.append((rows([0, 0, 0]), slots(3)))
    outgoing = Outgoing(drained, [(7, ids[::2]), (8, ids[1::2])])
    total = outgoing.rows
    taken: list[tuple[int, int]] = []
    confirmed: list[int] = []
    for size in sizes:
        if not outgoing:
            break
        part = outgoing.take(size)
        assert len(part.rows) <= size
        assert part.slots.tolist() == part.rows.slot.tolist()
        taken += zip(part.rows.slot.tolist(), part.rows.packet.tolist(), strict=True)
        for generation, done in part.messages:
            assert set(done) <= set(ids[generation - 7 :: 2])
            confirmed += done
        assert not set(confirmed) & set(packets[len(taken) :]), "a message is confirmed with its last row"
        assert not (derives and packets and confirmed and len(taken) < total)
    if not outgoing:
        assert [slot for slot, _ in taken] == [*range(len(packets)), *range(total - len(packets))]
        assert sorted(confirmed) == ids
