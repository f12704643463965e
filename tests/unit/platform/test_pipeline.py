"""A sample's way: nothing is acknowledged before it is safe, and a full history stops the source, not the planes."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from doubles.plant_state import PlantState
from plantverse.platform.pipeline import LINGER_ROWS, Pipeline
from plantverse.twins.samples import SampleBatch


@dataclass
class Messages:
    topics: list[bytes]
    packets: list[int]
    values: list[float]
    generation: int = 1


class Decoder:
    def __init__(self) -> None:
        self.values: list[float] = []

    def feed(self, batch: Messages) -> None:
        self.values += batch.values

    def drain(self) -> SampleBatch | None:
        if not self.values:
            return None
        values, self.values = self.values, []
        return SampleBatch.of(np.zeros(len(values), int), values, np.arange(len(values)) + 1)


class Nothing:
    def process(self, batch: SampleBatch) -> SampleBatch | None:
        return None


class Double:
    """Derives the second signal from the first."""

    def process(self, batch: SampleBatch) -> SampleBatch | None:
        return SampleBatch.of(np.ones(len(batch), int), batch.value * 2, batch.observed_ns)


@dataclass
class Recorder:
    full: bool = False
    came: asyncio.Event = field(default_factory=asyncio.Event)
    taken: list[tuple[SampleBatch, NDArray[np.int64], Callable[[], None]]] = field(default_factory=list)

    def submit(self, batch: SampleBatch, keys: NDArray[np.int64], on_committed: Callable[[], None]) -> None:
        self.taken.append((batch, keys, on_committed))
        self.came.set()


@dataclass
class Source:
    acknowledged: list[tuple[int, list[int]]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def acknowledge(self, generation: int, packets: Sequence[int]) -> None:
        self.acknowledged.append((generation, list(packets)))

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")


class Way:
    def __init__(self, *, durable: bool = True, derives: bool = False) -> None:
        self.plant = PlantState()
        self.plant.add("p1")
        self.recorder, self.source = Recorder(), Source()
        self.pipeline: Pipeline[Messages] = Pipeline(
            decoder=Decoder(),
            registry=self.plant.registry,
            telemetry=self.plant.telemetry,
            derivation=Double() if derives else Nothing(),
            watches=[],
            recorder=self.recorder,
            clock=self.plant.clock,
            source=self.source,
            durable=durable,
        )
        self.pipeline.set_keys([0, 1], np.array([10, 11]))

    def send(self, values: list[float], packets: list[int]) -> None:
        self.pipeline.receive(Messages([b"t"] * len(values), packets, values))


async def test_the_acknowledgement_waits_for_the_commit() -> None:
    way = Way()
    way.send([1.0, 2.0], [5, 6])
    way.pipeline.flush()
    assert way.plant.telemetry.value[0] == 2.0
    assert way.source.acknowledged == []
    way.recorder.taken[0][2]()
    assert way.source.acknowledged == [(1, [5, 6])]


async def test_without_durability_the_plane_is_enough() -> None:
    way = Way(durable=False)
    way.send([1.0], [5])
    way.pipeline.flush()
    assert way.source.acknowledged == [(1, [5])]
    way.recorder.taken[0][2]()
    assert len(way.source.acknowledged) == 1


async def test_a_message_without_a_usable_row_is_acknowledged_at_once() -> None:
    way = Way()
    way.send([], [])
    way.pipeline.receive(Messages([b"bad"], [9], []))
    way.pipeline.flush()
    assert way.source.acknowledged == [(1, [9])]
    assert way.recorder.taken == []


async def test_rows_get_their_history_keys_and_derived_rows_too() -> None:
    way = Way(derives=True)
    way.send([3.0], [0])
    way.pipeline.flush()
    assert [keys.tolist() for _, keys, _ in way.recorder.taken] == [[10], [11]]
    assert way.plant.telemetry.value[1] == 6.0


async def test_a_full_history_pauses_the_source_once_and_resumes_it_once() -> None:
    way = Way()
    way.recorder.full = True
    for value in (1.0, 2.0):
        way.send([value], [0])
        way.pipeline.flush()
    way.pipeline.tick()
    assert way.source.calls == ["pause"]
    way.recorder.full = False
    way.pipeline.tick()
    way.pipeline.tick()
    assert way.source.calls == ["pause", "resume"]
    assert way.plant.telemetry.value[0] == 2.0


async def test_rows_do_not_wait_for_company_longer_than_a_moment() -> None:
    way = Way()
    way.send([1.0], [7])
    async with asyncio.timeout(10):
        await way.recorder.came.wait()
    assert way.recorder.taken[0][0].value.tolist() == [1.0]


@pytest.mark.parametrize("count", [LINGER_ROWS, LINGER_ROWS + 5])
async def test_many_rows_are_committed_at_once(count: int) -> None:
    way = Way()
    way.send([1.0] * count, [0] * count)
    assert len(way.recorder.taken[0][0]) == count


async def test_what_history_cannot_name_yet_is_not_acknowledged() -> None:
    way = Way()
    way.plant.add("p2")
    way.pipeline.set_keys([2, 3], np.array([-1, -1]))
    way.pipeline.set_keys([0], np.array([-1]))
    way.send([1.0], [5])
    way.pipeline.flush()
    for _, _, committed in way.recorder.taken:
        committed()
    assert way.source.acknowledged == []


class Broken:
    def process(self, batch: SampleBatch, now_ns: int = 0) -> SampleBatch | None:
        raise ZeroDivisionError


async def test_a_part_that_raises_costs_neither_the_samples_nor_the_others(caplog: pytest.LogCaptureFixture) -> None:
    way = Way()
    way.pipeline._derivation = Broken()
    way.pipeline._watches = [Broken()]
    for value in (1.0, 2.0):
        way.send([value], [5])
        way.pipeline.flush()
    assert way.plant.telemetry.value[0] == 2.0
    assert len(way.recorder.taken) == 2
    assert way.pipeline.faults == 4
    assert len([r for r in caplog.records if r.levelname == "ERROR"]) == 1
