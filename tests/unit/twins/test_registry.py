"""Slots: dense, append-only, never reused."""

import pytest

from plantverse.errors import Conflict, NotFound
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.specs import SignalSpec, TwinSpec, TwinType

PUMP = TwinType(name="Pump", signals=(SignalSpec(path="flow", range=(0, 10)), SignalSpec(path="on", kind="bool")))
METER = TwinType(name="Pump", signals=(SignalSpec(path="flow", range=(0, 99)), SignalSpec(path="on", kind="int")))


@pytest.fixture
def registry() -> Registry:
    made = Registry(Revision(), default_max_age_s=30.0)
    made.add(TwinSpec(id="a", type=PUMP))
    made.add(TwinSpec(id="b", type=PUMP))
    return made


def test_slots_are_dense(registry: Registry) -> None:
    assert registry.names == ["a:flow", "a:on", "b:flow", "b:on"]
    assert registry.slot("b:on") == 3
    assert registry.signal_count == 4


def test_a_removed_twin_leaves_its_slots_unused(registry: Registry) -> None:
    registry.remove("a")
    registry.add(TwinSpec(id="a", type=PUMP))
    assert registry.slot("a:flow") == 4
    assert registry.signal_count == 4
    assert registry.slot_count == 6


def test_a_changed_twin_keeps_slots_of_equal_kind_and_takes_new_ranges(registry: Registry) -> None:
    registry.replace(TwinSpec(id="a", type=METER))
    assert registry.slot("a:flow") == 0
    assert registry.slot("a:on") == 4
    assert registry.high[0] == 99
    assert not registry.alive[1]


def test_an_id_is_taken_once(registry: Registry) -> None:
    with pytest.raises(Conflict, match="twin a exists already"):
        registry.add(TwinSpec(id="a", type=PUMP))


@pytest.mark.parametrize("name", ["c:flow", "a:speed", "a", ""])
def test_an_unknown_signal_is_not_found(registry: Registry, name: str) -> None:
    with pytest.raises(NotFound):
        registry.slot(name)


def test_changes_since_a_revision_name_what_came_and_what_went(registry: Registry) -> None:
    before = registry.structure_revision
    registry.remove("b")
    registry.add(TwinSpec(id="c", type=PUMP))
    came, went = registry.changed_since(before)
    assert [e.spec.id for e in came] == ["c"]
    assert went == ["b"]
    assert registry.changed_since(registry.structure_revision) == ([], [])


def test_columns_grow_with_the_signals() -> None:
    registry = Registry(Revision())
    many = TwinType(name="Many", signals=tuple(SignalSpec(path=f"s{i}", range=(0, i)) for i in range(1_000)))
    registry.add(TwinSpec(id="m", type=many))
    assert registry.high[999] == 999
    assert registry.alive[:1_000].all()
    assert not registry.alive[1_000:].any()
