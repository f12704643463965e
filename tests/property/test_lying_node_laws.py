"""Whatever a node says of its detectors, what is told of it is readable, of its own signals and of no other time."""

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from plantverse.platform.edge import messages as m
from plantverse.platform.edge.hearsay import LONGEST_US, MOST_EVENTS, Hearsay

NOW_NS = 1_700_000_000_000_000_000
KNOWN = ("a:x", "a:y", "a:z")
NUMBERS = st.floats() | st.sampled_from([0.0, 0.5, 1.0, NOW_NS / 1e3])
SIGNALS = st.sampled_from([*KNOWN, "b:x", ""])
SHARES = st.lists(st.builds(m.Share, signal=SIGNALS, share=NUMBERS), max_size=m.MOST_SHARES)
DETECTING = st.builds(m.Detecting, state=st.just("watching"), since_us=NUMBERS, shares=SHARES, first=SHARES)
ANOMALIES = st.builds(
    m.Anomaly, action=st.sampled_from(["began", "ended"]), peak=NUMBERS, since_us=NUMBERS, blamed=SHARES
)


@given(
    DETECTING,
    st.lists(st.tuples(NUMBERS, ANOMALIES), max_size=80),
    st.integers(-(2**62), 2**62),
)
def test_what_is_told_can_be(detecting: m.Detecting, anomalies: list[tuple[float, m.Anomaly]], offset_ns: int) -> None:
    heard = Hearsay(KNOWN.__contains__, offset_ns=offset_ns, now_ns=NOW_NS)
    standing = heard.standing(detecting)
    kept = heard.newest(anomalies)
    told = [(heard.at_ns(at_us), body) for at_us, said in kept if (body := heard.anomaly(said)) is not None]
    assert len(told) <= len(kept) <= MOST_EVENTS
    json.dumps([standing, told], allow_nan=False)
    for shares in (standing["shares"], standing["first"], *(body["blamed"] for _, body in told)):
        assert len({share["signal"] for share in shares}) == len(shares)
        assert all(share["signal"] in KNOWN and 0 <= share["share"] <= 1 for share in shares)
    since = [body["since_us"] for _, body in told] + ([standing["since_us"]] if standing["shares"] else [])
    assert all(NOW_NS / 1e3 - LONGEST_US <= at_us <= NOW_NS / 1e3 for at_us in since)
    assert all(0 <= at_ns <= NOW_NS and math.isfinite(body["peak"]) for at_ns, body in told)
    left_out = sum(len(said) for said in (detecting.shares, detecting.first)) - len(standing["shares"])
    assert heard.odd >= left_out - len(standing["first"]) + len(anomalies) - len(told)
