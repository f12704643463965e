"""Leases, eviction and admission of models, and what examples in context are worth."""

import pytest

from plantverse.errors import Conflict, RequestInvalid
from plantverse.offload import (
    FadingContext,
    FewShot,
    Fifo,
    LeakyContext,
    Lease,
    LeastContext,
    Lfu,
    Lru,
    ModelCache,
    ModelSize,
    Refusal,
    Retention,
)

A, B, C = (ModelSize(id=name, bytes=40, load_s=2.0) for name in "abc")
LARGE = ModelSize(id="large", bytes=90)


def use(cache: ModelCache, model: ModelSize, now_s: float) -> Lease | Refusal:
    found = cache.acquire(model, now_s)
    if isinstance(found, Lease):
        cache.release(found)
    return found


def evicted(found: Lease | Refusal) -> list[str]:
    assert isinstance(found, Lease)
    return [eviction.model for eviction in found.evicted]


def test_hit_and_miss() -> None:
    cache = ModelCache(bytes=100, retention=Lfu())
    assert cache.load_s(A) == 2.0
    first, second = cache.acquire(A, 0.0), cache.acquire(A, 1.0)
    assert isinstance(first, Lease)
    assert isinstance(second, Lease)
    assert (first.hit, second.hit, cache.hits, cache.requests, cache.used_bytes) == (False, True, 1, 2, 40)
    assert cache.load_s(A) == 0.0
    assert first.number != second.number


@pytest.mark.parametrize(
    ("retention", "goes"), [(Fifo(), "a"), (Lru(), "b"), (Lfu(), "b"), (LeastContext(leak=0.01), "b")]
)
def test_who_goes_first(retention: Retention, goes: str) -> None:
    cache = ModelCache(bytes=100, retention=retention, admission=False)
    for now_s, model in enumerate((A, B, A, A)):
        use(cache, model, float(now_s))
    assert evicted(use(cache, C, 4.0)) == [goes]


def test_a_leased_model_stays() -> None:
    cache = ModelCache(bytes=100, retention=Lru())
    held = cache.acquire(A, 0.0)
    use(cache, B, 1.0)
    assert evicted(use(cache, C, 2.0)) == ["b"]
    cache.acquire(C, 3.0)
    refusal = cache.acquire(B, 4.0)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "20 bytes are missing, all else is leased"
    assert isinstance(held, Lease)
    cache.release(held)
    assert evicted(use(cache, B, 5.0)) == ["a"]


def test_a_lease_is_given_back_once() -> None:
    cache = ModelCache(bytes=100, retention=Lru())
    lease = cache.acquire(A, 0.0)
    assert isinstance(lease, Lease)
    with pytest.raises(Conflict, match="a: is leased"):
        cache.drop("a")
    cache.release(lease)
    with pytest.raises(Conflict, match="lease 1 is not held"):
        cache.release(lease)
    cache.drop("a")
    assert (cache.used_bytes, "a" in cache) == (0, False)
    with pytest.raises(Conflict, match="a: is not resident"):
        cache.drop("a")


def test_a_model_larger_than_memory_is_refused() -> None:
    refusal = ModelCache(bytes=50, retention=Lru()).acquire(LARGE, 0.0)
    assert refusal == Refusal(model="large", reason="needs 90 bytes, the memory has 50")


@pytest.mark.parametrize(
    ("retention", "refusals"),
    [(Lfu(), 4), (LeastContext(leak=0.01), 3)],  # 2 + 2 requests; the examples of the two have faded more
)
def test_admission_wants_more_than_it_costs(retention: Retention, refusals: int) -> None:
    cache = ModelCache(bytes=100, retention=retention)
    for now_s, model in enumerate((A, B, A, B)):
        use(cache, model, float(now_s))
    for n in range(refusals):
        assert isinstance(use(cache, LARGE, 4.0 + n), Refusal)
    assert sorted(evicted(use(cache, LARGE, 4.0 + refusals))) == ["a", "b"]


def test_only_as_many_as_needed_go() -> None:
    cache = ModelCache(bytes=100, retention=Lru())
    for now_s, size in enumerate((10, 80, 10)):
        use(cache, ModelSize(id=f"m{now_s}", bytes=size), float(now_s))
    assert evicted(use(cache, ModelSize(id="new", bytes=70), 9.0)) == ["m1"], "m0 is older, but too small to matter"


def test_an_old_count_fades() -> None:
    lfu = Lfu(half_life_s=10.0)
    for _ in range(4):
        lfu.note("a", 0.0)
    assert lfu.score("a", 20.0) == pytest.approx(1.0)


def test_a_context_is_lost_with_its_model() -> None:
    retention = LeastContext(leak=0.0)
    cache = ModelCache(bytes=40, retention=retention, admission=False)
    for now_s in range(3):
        use(cache, A, float(now_s))
    assert retention.score("a", 3.0) == 3
    use(cache, B, 3.0)
    assert retention.claim("a", 3.0) == 0
    use(cache, A, 4.0)
    assert retention.score("a", 4.0) == 1


def test_sizes_must_be_sizes() -> None:
    with pytest.raises(RequestInvalid, match="bytes"):
        ModelCache(bytes=0, retention=Lru())
    with pytest.raises(RequestInvalid, match="bytes"):
        ModelCache(bytes=1, retention=Lru()).acquire(ModelSize(id="a", bytes=0), 0.0)


# Accuracies and number of examples: the survey's table; alpha: as derived from it.
@pytest.mark.parametrize(
    ("zero", "one", "few", "most", "alpha"),
    [
        (15.45, 26.12, 30.83, 64, 0.1298),
        (3.79, 15.98, 14.34, 50, -0.0501),
        (54.4, 64.3, 66.9, 32, 0.0969),
        (22.03, 29.63, 33.77, 64, 0.1565),
        (25.99, 40.71, 49.55, 50, 0.1813),
        (58.2, 68.9, 73.2, 32, 0.1432),
    ],
)
def test_few_shot_curve(zero: float, one: float, few: float, most: int, alpha: float) -> None:
    curve = FewShot(zero=zero, one=one, few=few, most=most)
    assert curve.alpha == pytest.approx(alpha, abs=1e-3)
    assert [curve.at(k) for k in (0, 1, most, 10 * most)] == pytest.approx([zero, one, few, few])
    assert curve.at(most - 1e-9) == pytest.approx(few)
    assert curve.at(0.5) == pytest.approx((zero + one) / 2)


@pytest.mark.parametrize("values", [(1.0, 1.0, 2.0, 9), (1.0, 2.0, 0.5, 9), (1.0, 2.0, 3.0, 1)])
def test_few_shot_that_no_curve_fits(values: tuple[float, float, float, int]) -> None:
    zero, one, few, most = values
    with pytest.raises(RequestInvalid):
        FewShot(zero=zero, one=one, few=few, most=most)


def test_contexts_leak_and_fade() -> None:
    leaky = LeakyContext(most=3, leak=0.5)
    for now_s in (0.0, 1.0, 2.0):
        leaky.add(now_s)
    assert [leaky.at(t) for t in (2.0, 3.0, 9.0)] == [2.0, 1.5, 0.0]
    fading = FadingContext(most=2, rate=0.1)
    assert (fading.at(5.0), fading.age_s(5.0)) == (0, 0)
    for now_s, relevance in ((0.0, 1.0), (10.0, 0.5), (20.0, 1.0)):
        fading.add(now_s, relevance)
    assert fading.at(20.0) == pytest.approx(1 + 0.5 * 2.718281828**-1)
    assert fading.age_s(20.0) == pytest.approx(10 * 0.18394 / 1.18394, rel=1e-4)
