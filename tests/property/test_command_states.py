"""A request ends exactly once, whatever answers come in which order and whatever the clock does between."""

import hypothesis.strategies as st
from hypothesis import given

from plantverse.twins.commands import ENDS, RequestState, answered, expired

steps = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), st.sampled_from([*ENDS, "pending", "", "nonsense"])),
        st.tuples(st.just("wait"), st.integers(0, 8)),
    ),
    max_size=12,
)


@given(steps)
def test_one_end_in_time_order(steps: list[tuple[str, object]]) -> None:
    state = RequestState(request="r", twin="t", what="c", user="u", role="operator", asked_ns=0, expires_ns=10)
    now_ns, ends = 0, []
    for kind, what in steps:
        if kind == "wait":
            now_ns += int(what)  # type: ignore[call-overload]
            after = expired(state, now_ns)
        else:
            after = answered(state, str(what), "", None, now_ns)
        if after is not None:
            assert state.status == "pending"
            assert after.status in ENDS
            assert after.ended_ns == now_ns
            # A device may say `expired` before; the clock may not.
            assert kind == "answer" or now_ns >= 10
            ends.append(after)
            state = after
    assert len(ends) <= 1
    if now_ns >= 10 and steps[-1][0] == "wait":
        assert ends
