"""What survives a restart: values with their age, documents, events; and what a full disk must not lose."""

import numpy as np
import pytest
from numpy.typing import NDArray

from doubles.memory_history import MemoryHistory
from doubles.plant_state import PUMP, PlantState
from plantverse.errors import HistoryUnavailable
from plantverse.platform.history.store import HistoryStore, StoredEvent
from plantverse.platform.persistence import Persistence
from plantverse.twins import quality as q
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.specs import TwinSpec


class Writer:
    def __init__(self, store: HistoryStore) -> None:
        self._store = store
        self.events: list[StoredEvent] = []

    def submit_events(self, events: list[StoredEvent]) -> None:
        self.events += events

    def submit_documents(self, documents: list[tuple[str, str, int]]) -> None:
        self._store.write_documents(documents)


class Sink:
    def __init__(self) -> None:
        self.keys: dict[int, int] = {}

    def set_keys(self, slots: list[int], keys: NDArray[np.int64]) -> None:
        self.keys |= dict(zip(slots, keys.tolist(), strict=True))


class Run:
    """One run of a server over a store that outlives it."""

    def __init__(self, store: HistoryStore, *twins: TwinSpec) -> None:
        self.plant = PlantState(epoch=store.next_epoch())
        self.writer, self.sink = Writer(store), Sink()
        self.persistence = Persistence(
            store=store,
            writer=self.writer,
            sink=self.sink,
            registry=self.plant.registry,
            telemetry=self.plant.telemetry,
            state=self.plant.state,
            events=self.plant.events,
            epoch=1,
        )
        for twin in twins:
            self.plant.registry.add(twin)
        self.plant.telemetry.ensure()
        self.persistence.tie()
        self.persistence.restore_documents()


@pytest.fixture
def store() -> MemoryHistory:
    return MemoryHistory()


P1 = TwinSpec(id="p1", type=PUMP)


def write(store: MemoryHistory, run: Run, slot: int, value: float, at_ns: int, exact: int | None = None) -> None:
    flags = Flag.STAMPED | (Flag.EXACT if exact is not None else 0)
    batch = SampleBatch.of(slot, value, at_ns, flags=flags)
    if exact is not None:
        batch.exact = np.array([exact], np.int64)
    store.write(batch, np.array([run.sink.keys[slot]], np.int64))


def test_the_last_value_comes_back_uncertain_with_its_age_and_exactly(store: MemoryHistory) -> None:
    before = Run(store, P1)
    write(store, before, 0, 3.5, 1_000)
    write(store, before, 1, float(2**60), 2_000, exact=2**60 + 1)
    after = Run(store, P1)
    telemetry = after.plant.telemetry
    assert (telemetry.value[0], telemetry.observed_ns[0], telemetry.quality[0]) == (3.5, 1_000, q.RESTORED)
    assert telemetry.exact_set[1]
    assert telemetry.exact[1] == 2**60 + 1


def test_a_renamed_twin_goes_on_with_its_history(store: MemoryHistory) -> None:
    before = Run(store, P1)
    write(store, before, 0, 3.5, 1_000)
    after = Run(store, TwinSpec(id="hall/p1", type=PUMP, formerly=("p1",)))
    assert after.plant.telemetry.value[0] == 3.5
    assert "p1:flow" not in store.signals()
    assert store.series("hall/p1:flow", 0, 10_000).value.tolist() == [3.5]


def test_documents_come_back_but_not_who_is_online(store: MemoryHistory) -> None:
    before = Run(store, P1)
    before.plant.state.patch("p1", {"reported": {"mode": "auto"}, "connectivity": {"online": True}})
    before.plant.state.patch("gone", {"reported": {"x": 1}})
    before.persistence.tick()
    after = Run(store, P1)
    assert after.plant.state.get("p1") == {"reported": {"mode": "auto"}}
    assert after.plant.state.get("gone") == {}


def test_every_event_is_handed_on_once(store: MemoryHistory) -> None:
    run = Run(store, P1)
    for number in range(5_000):
        run.plant.events.append("system", "p1", number, {"n": number})
        if number % 900 == 0:
            run.persistence.tick()
    for _ in range(4):
        run.persistence.tick()
    assert [e.at_ns for e in run.writer.events] == list(range(5_000))


def test_a_store_that_cannot_name_signals_is_asked_again(store: MemoryHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(store, P1)
    tied = dict(run.sink.keys)

    def full(signals: object) -> NDArray[np.int64]:
        raise HistoryUnavailable("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(store, "keys", full)
        run.plant.add("p2")
        run.persistence.tie()
        assert run.sink.keys == tied
    run.persistence.tick()
    assert set(run.sink.keys) == {0, 1, 2, 3}
