"""Whatever the load: policies that look at room never break a capacity, and batches equal single decisions."""

from hypothesis import given, settings
from hypothesis import strategies as st

from plantverse.offload import (
    REJECT,
    Link,
    Outcome,
    Request,
    Route,
    Target,
    completion_s,
    decide_all,
    fits,
    make_policy,
)

CAREFUL = st.sampled_from(["least-loaded", "crash-avoid", "jsec", "monotone-ucb"])
TARGETS = st.lists(
    st.tuples(st.floats(1, 50), st.floats(0.1, 10), st.integers(1, 4), st.booleans(), st.booleans(), st.floats(0, 1)),
    min_size=1,
    max_size=6,
)
JOBS = st.lists(st.tuples(st.floats(0.1, 20), st.floats(0.1, 10), st.floats(0, 2)), min_size=1, max_size=30)


def routes(drawn: list[tuple[float, float, int, bool, bool, float]]) -> list[Route]:
    return [
        Route(
            Target(name=str(n), capacity=capacity, speed=speed, servers=servers, sharing=sharing, alive=alive),
            Link(delay_s=delay_s),
        )
        for n, (capacity, speed, servers, sharing, alive, delay_s) in enumerate(drawn)
    ]


def jobs(drawn: list[tuple[float, float, float]]) -> list[tuple[float, Request]]:
    now_s, found = 0.0, []
    for demand, work, wait_s in drawn:
        now_s += wait_s
        found.append((now_s, Request(kind="job", twin="a", generated_s=now_s, work=work, demand=demand)))
    return found


@settings(max_examples=80, deadline=None)
@given(name=CAREFUL, targets=TARGETS, stream=JOBS)
def test_capacity_holds_and_nothing_that_fits_is_refused(
    name: str,
    targets: list[tuple[float, float, int, bool, bool, float]],
    stream: list[tuple[float, float, float]],
) -> None:
    policy, all_routes = make_policy(name), routes(targets)
    for now_s, request in jobs(stream):
        action = policy.decide(request, all_routes, now_s)
        if action == REJECT:
            assert not any(fits(request, route) for route in all_routes)
            continue
        target = all_routes[action].target
        assert target.alive
        target.commit(request, now_s)
        assert target.used <= target.capacity * (1 + 1e-9)
        policy.learn(request, Outcome(target=target.name, latency_s=1.0, utility=request.demand % 1))


@settings(max_examples=80, deadline=None)
@given(targets=TARGETS, stream=JOBS)
def test_jsec_is_never_later_than_any_other_route(
    targets: list[tuple[float, float, int, bool, bool, float]], stream: list[tuple[float, float, float]]
) -> None:
    policy, all_routes = make_policy("jsec"), routes(targets)
    for now_s, request in jobs(stream):
        action = policy.decide(request, all_routes, now_s)
        if action == REJECT:
            continue
        chosen = completion_s(request, all_routes[action], now_s)
        for route in all_routes:
            if fits(request, route):
                assert chosen <= completion_s(request, route, now_s)
        link = all_routes[action].link
        done_s = all_routes[action].target.commit(request, now_s + link.up_s(request)) + link.down_s(request)
        assert done_s == chosen, "what was predicted is what is committed"


@settings(max_examples=50, deadline=None)
@given(name=CAREFUL, targets=TARGETS, stream=JOBS)
def test_a_batch_is_its_requests_in_turn(
    name: str,
    targets: list[tuple[float, float, int, bool, bool, float]],
    stream: list[tuple[float, float, float]],
) -> None:
    requests = [request for _, request in jobs(stream)]
    policy, one_by_one = make_policy(name), routes(targets)
    single = []
    for request in requests:
        single += decide_all(policy, [request], one_by_one, 0.0)
    assert decide_all(make_policy(name), requests, routes(targets), 0.0) == single
