"""Whatever is asked for in whatever order: memory holds, and a leased model stays."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from plantverse.offload import FewShot, Fifo, Lease, LeastContext, Lfu, Lru, ModelCache, ModelSize, Refusal

SIZES = (10, 25, 40, 70, 120)
STEPS = st.lists(st.tuples(st.integers(0, len(SIZES) - 1), st.floats(0, 5), st.booleans()), max_size=60)


@settings(max_examples=80, deadline=None)
@given(steps=STEPS, rule=st.sampled_from([Fifo, Lru, Lfu, LeastContext]), admission=st.booleans())
def test_memory_holds_and_leases_are_kept(
    steps: list[tuple[int, float, bool]], rule: type[Lfu], admission: bool
) -> None:
    cache = ModelCache(bytes=100, retention=rule(), admission=admission)
    held: list[Lease] = []
    resident: dict[str, int] = {}
    now_s = 0.0
    for number, wait_s, release in steps:
        now_s += wait_s
        model = ModelSize(id=str(number), bytes=SIZES[number])
        found = cache.acquire(model, now_s)
        if isinstance(found, Refusal):
            assert model.id not in resident
        else:
            assert found.hit == (model.id in resident)
            for eviction in found.evicted:
                assert eviction.model not in {lease.model for lease in held}
                del resident[eviction.model]
            resident[model.id] = model.bytes
            held.append(found)
        assert cache.used_bytes == sum(resident.values()) <= 100
        assert all(lease.model in cache for lease in held)
        if release and held:
            cache.release(held.pop(0))


@settings(max_examples=80, deadline=None)
@given(zero=st.floats(0, 50), one=st.floats(0.5, 20), more=st.floats(0, 20), most=st.integers(2, 200))
def test_few_shot_is_exact_where_it_was_measured(zero: float, one: float, more: float, most: int) -> None:
    curve = FewShot(zero=zero, one=zero + one, few=zero + one + more, most=most)
    assert [curve.at(k) for k in (0, 1, most)] == [zero, zero + one, zero + one + more]
    points = [curve.at(most * k / 50) for k in range(51)]
    assert all(b >= a - 1e-6 for a, b in pairwise(points))
