"""A group on a node: decoded as the server would, under the server's slots, formulas only where they are the same."""

import numpy as np
import pytest

from plantverse import Column, Property, Telemetry, Twin, derived
from plantverse._clock import ManualClock
from plantverse.ingest.session import MessageBatch
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.app import _decoder
from plantverse.platform.edge.decoding import GroupDecoding
from plantverse.platform.edge.groups import wire_twin
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.samples import Flag
from plantverse.twins.specs import TwinSpec, TwinType


class Pump(Twin):
    flow = Telemetry(unit="m3/h", range=(0, 100))
    power = Telemetry(unit="kW")
    mode = Property()

    @derived(unit="kWh/m3")
    def effort(self) -> Column:
        return self.power / self.flow


def assigned() -> tuple[m.Assign, dict[str, int]]:
    registry = Registry(Revision())
    registry.add(TwinSpec(id="other", type=TwinType(name="Other")))
    registry.add(TwinSpec(id="a/x", type=Pump.twin_type()))
    entry = registry.add(TwinSpec(id="line/p", type=Pump.twin_type(), topic="t/p"))
    assign = m.Assign(group="line", token=1, client_id="c", qos=1, session_expiry_s=60, twins=[wire_twin(entry)])
    read = m.decode_server(m.encode(assign))
    assert isinstance(read, m.Assign)
    return read, entry.slots


def decoding(types: dict[str, TwinType]) -> tuple[GroupDecoding, dict[str, int]]:
    assign, slots = assigned()
    clock = ManualClock()
    return GroupDecoding(assign, make=lambda planes: _decoder(planes, clock), types=types, clock=clock), slots


def messages(*payloads: bytes, topic: bytes = b"t/p", packets: tuple[int, ...] = ()) -> MessageBatch:
    n = len(payloads)
    return MessageBatch(1, 10**18, [topic] * n, list(payloads), list(packets) or [0] * n, [0] * n)


def test_rows_come_under_the_servers_slots_with_their_own_stamps() -> None:
    group, slots = decoding({})
    assert "t/p" in group.filters()
    assert not group.derives
    group.feed(messages(b'{"ts": 1700000000.5, "flow": 20.0, "power": 4.0, "mode": "auto"}', b"broken", packets=(7, 8)))
    ((rows, server_slots),) = group.drain()
    assert dict(zip(server_slots.tolist(), rows.value.tolist(), strict=True)) == {
        slots["flow"]: 20.0,
        slots["power"]: 4.0,
    }
    assert set(rows.stamp_ns.tolist()) == {1_700_000_000_500_000_000}
    assert rows.packet.tolist() == [7, 7]
    assert group.facts() == m.Facts(group="line", token=1, reported={"line/p": {"mode": "auto"}})
    assert group.facts() is None
    received, accepted, rejected = group.counts()
    assert (received, accepted, sum(rejected.values())) == (2, 1, 1)
    assert group.drain() == []


def test_a_node_with_the_plant_derives_too() -> None:
    group, slots = decoding({"Pump": Pump.twin_type()})
    assert group.derives
    group.feed(messages(b'{"ts": 1700000000.5, "flow": 20.0, "power": 4.0}'))
    measured, computed = group.drain()
    assert len(measured[0]) == 2
    assert computed[1].tolist() == [slots["effort"]]
    assert computed[0].value.tolist() == [0.2]
    assert computed[0].stamp_ns.tolist() == [1_700_000_000_500_000_000]


@pytest.mark.parametrize("kind", [TwinType(name="Pump"), None])
def test_formulas_of_another_version_are_left_to_the_server(kind: TwinType | None) -> None:
    group, _ = decoding({} if kind is None else {"Pump": kind})
    assert not group.derives


@pytest.mark.parametrize("stamp", ["0", "1e9", "4000000000", "-5"])
def test_a_nodes_own_clock_judges_no_stamp(stamp: str) -> None:
    group, _ = decoding({})
    group.feed(messages(f'{{"ts": {stamp}, "flow": 1.0}}'.encode()))
    ((rows, _),) = group.drain()
    assert rows.value.tolist() == [1.0]
    if float(stamp) > 1e9:
        assert rows.stamp_ns.tolist() == [int(float(stamp) * 1e9)]


def test_what_the_broker_repeats_is_marked_for_the_server() -> None:
    group, _ = decoding({})
    batch = messages(b"21.5", topic=b"t/p/flow", packets=(5,))
    batch.flags = [4]
    group.feed(batch)
    ((rows, _),) = group.drain()
    assert (rows.flags & np.uint8(Flag.REDELIVERED)).all()
    assert rows.value.tolist() == [21.5]
