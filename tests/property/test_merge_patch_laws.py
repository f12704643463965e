"""Laws of merge patches (RFC 7396) and of the state plane that sends them."""

from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from plantverse.twins.documents import StatePlane
from plantverse.twins.merge_patch import apply_patch, diff
from plantverse.twins.revision import Revision

keys = st.sampled_from("abc")
leaves = st.one_of(st.booleans(), st.integers(-3, 3), st.text(max_size=3), st.lists(st.integers(0, 2), max_size=2))
documents = st.recursive(
    st.dictionaries(keys, leaves, max_size=3), lambda inner: st.dictionaries(keys, st.one_of(leaves, inner), max_size=3)
)
patches = st.recursive(
    st.dictionaries(keys, st.one_of(st.none(), leaves), max_size=3),
    lambda inner: st.dictionaries(keys, st.one_of(st.none(), leaves, inner), max_size=3),
)


def without_nulls(value: Any) -> bool:
    return not isinstance(value, dict) or all(v is not None and without_nulls(v) for v in value.values())


@settings(deadline=None)
@given(documents, documents)
def test_a_difference_applied_gives_the_other_document(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert apply_patch(old, diff(old, new)) == new
    assert diff(new, new) == {}


@settings(deadline=None)
@given(documents, patches)
def test_a_patch_twice_is_a_patch_once_and_leaves_no_nulls(old: dict[str, Any], patch: dict[str, Any]) -> None:
    once = apply_patch(old, patch)
    assert apply_patch(once, patch) == once
    assert without_nulls(once)


@settings(deadline=None)
@given(documents, patches)
def test_applying_does_not_touch_the_old_document(old: dict[str, Any], patch: dict[str, Any]) -> None:
    import copy

    before = copy.deepcopy(old)
    apply_patch(old, patch)
    assert old == before


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("xy"), patches), max_size=30), st.integers(0, 30))
def test_changes_since_any_revision_lead_to_the_present_documents(
    steps: list[tuple[str, dict[str, Any]]], joined_at: int
) -> None:
    plane = StatePlane(Revision(), patches_kept=8)
    held: dict[str, Any] = {}
    since = 0
    for number, (twin, patch) in enumerate(steps):
        plane.patch(twin, patch)
        if number == joined_at:
            held = dict(plane)
            since = plane.last_change
    for twin, change, full in plane.changes_since(since):
        held[twin] = apply_patch({} if full else held.get(twin, {}), change)
    assert held == dict(plane)
