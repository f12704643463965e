"""The subscription behind `watch`, fed with the very messages of a server."""

import math

import numpy as np
import pytest

from plantverse.client.feed import LONGEST_WAIT_S, Feed
from plantverse.errors import NotAllowed, PlantverseError, SelectorInvalid, ServerUnavailable
from plantverse.twins.quality import GOOD, STALE
from plantverse.twins.sync.frames import LATEST, address, encode_frame
from plantverse.twins.sync.messages import (
    Ack,
    Bye,
    Hello,
    Lag,
    Reply,
    Schema,
    ServerMessage,
    SignalInfo,
    Subscribe,
    TwinInfo,
    Welcome,
    decode_client,
    encode,
)

PUMP = TwinInfo(
    id="p1",
    type="Pump",
    signals=[
        SignalInfo(slot=0, path="flow", kind="float", unit="m3/h"),
        SignalInfo(slot=1, path="on", kind="bool"),
        SignalInfo(slot=2, path="count", kind="int"),
        SignalInfo(slot=3, path="mode", kind="enum", codes={2: "auto"}),
    ],
)


def welcome(*, epoch: int = 1, resumed: bool = False) -> Welcome:
    return Welcome(
        version="plantverse.sync.v1", origin="here", epoch=epoch, revision=9, tick_ms=50.0, time_us=0.0,
        resumed=resumed, plant="demo", user="vera", role="viewer", ack_window=2,
    )  # fmt: skip


def frame(number: int, revision: int, rows: dict[int, float], quality: int = GOOD, exact: int | None = None) -> bytes:
    n = len(rows)
    body = encode_frame(
        kind=LATEST, subscription=1, revision=revision, time_us=12e6,
        slot=np.array(list(rows), np.uint32), value=np.array(list(rows.values())),
        observed_us=np.full(n, 10e6), quality=np.full(n, quality, np.uint8),
        exact=None if exact is None else np.array([exact], np.int64),
        exact_row=None if exact is None else np.array([0], np.uint32),
    )  # fmt: skip
    return address(body, subscription=1, number=number, revision=revision)


def feed() -> Feed:
    return Feed("type:Pump", token="pv_x", jitter=lambda: 1.0)


def say(to: Feed, *messages: ServerMessage) -> None:
    for message in messages:
        assert to.receive(encode(message), 0.0) == []


def test_it_says_hello_then_subscribes() -> None:
    it = feed()
    (first,) = it.opened()
    hello = decode_client(first)
    assert isinstance(hello, Hello)
    assert (hello.token, hello.resume) == ("pv_x", {})
    say(it, welcome())
    (subscribe,) = map(decode_client, it.to_send())
    assert subscribe == Subscribe(id=1, selector="type:Pump", since=0)


def test_changes_have_python_types_units_ages_and_labels() -> None:
    it = feed()
    it.opened()
    say(it, welcome(), Schema(revision=1, twins=[PUMP]))
    changes = it.receive(frame(1, 5, {0: 3.5, 1: 1.0, 2: 7.0, 3: 2.0}), 0.0)
    assert [(c.signal, c.value, c.label) for c in changes] == [
        ("p1:flow", 3.5, ""), ("p1:on", True, ""), ("p1:count", 7, ""), ("p1:mode", 2, "auto"),
    ]  # fmt: skip
    assert [type(c.value) for c in changes] == [float, bool, int, int]
    assert (changes[0].unit, changes[0].age_s, changes[0].revision, changes[0].good) == ("m3/h", 2.0, 5, True)


def test_integers_beyond_two_to_the_53_are_exact() -> None:
    it = feed()
    it.opened()
    say(it, welcome(), Schema(revision=1, twins=[PUMP]))
    big = 2**53 + 1
    assert it.receive(frame(1, 5, {2: float(big)}, exact=big), 0.0)[0].value == big


def test_a_value_that_is_none_and_one_that_is_stale() -> None:
    it = feed()
    it.opened()
    say(it, welcome(), Schema(revision=1, twins=[PUMP]))
    (change,) = it.receive(frame(1, 5, {0: math.nan}, quality=STALE), 0.0)
    assert (change.value, change.quality) == (None, "uncertain: stale")


def test_each_frame_is_acknowledged() -> None:
    it = feed()
    it.opened()
    say(it, welcome(), Schema(revision=1, twins=[PUMP]))
    it.to_send()
    it.receive(frame(1, 5, {0: 1.0}), 0.0)
    assert [decode_client(m) for m in it.to_send()] == [Ack(frame=1)]


def test_a_removed_twin_falls_silent_and_a_renamed_one_has_its_new_name() -> None:
    it = feed()
    it.opened()
    say(it, welcome(), Schema(revision=1, twins=[PUMP]))
    it.receive(frame(1, 5, {0: 1.0}), 0.0)
    say(it, Schema(revision=6, removed=["p1"]))
    assert it.receive(frame(2, 6, {0: 2.0}), 0.0) == []
    renamed = TwinInfo(id="hall/p1", type="Pump", signals=PUMP.signals)
    say(it, Schema(revision=7, twins=[renamed]))
    assert [c.signal for c in it.receive(frame(3, 7, {0: 3.0}), 0.0)] == ["hall/p1:flow"]


def test_r2_it_resumes_with_what_it_holds() -> None:
    it = feed()
    it.opened()
    say(it, welcome(), Schema(revision=1, twins=[PUMP]))
    it.receive(frame(1, 5, {0: 1.0}), 0.0)
    assert it.lost("http://h") == pytest.approx(0.1)
    hello = decode_client(it.opened()[0])
    assert isinstance(hello, Hello)
    assert hello.resume == {"here": (1, 5)}
    say(it, welcome(resumed=True))
    assert [decode_client(m) for m in it.to_send()] == [Subscribe(id=1, selector="type:Pump", since=-1)]
    assert [c.value for c in it.receive(frame(1, 8, {0: 2.0}), 0.0)] == [2.0]


def test_waits_grow_up_to_a_limit_and_start_again_after_a_welcome() -> None:
    it = feed()
    it.opened()
    say(it, welcome())
    waits = [it.lost("http://h", OSError("cut")) for _ in range(8)]
    assert waits[:4] == pytest.approx([0.1, 0.2, 0.4, 0.8])
    assert waits[-1] == LONGEST_WAIT_S
    it.opened()
    say(it, welcome(resumed=True))
    assert it.lost("http://h") == pytest.approx(0.1)


def test_a_first_attempt_that_fails_is_an_error() -> None:
    with pytest.raises(ServerUnavailable, match="no plantverse server at http://h: refused"):
        feed().lost("http://h", OSError("refused"))


@pytest.mark.parametrize(("code", "error"), [("not_allowed", NotAllowed), ("version_unsupported", PlantverseError)])
def test_s6_a_bye_for_good_is_an_error(code: str, error: type[PlantverseError]) -> None:
    it = feed()
    it.opened()
    say(it, Bye(code=code, message="go away", hint="sign in"))
    with pytest.raises(error, match="go away") as caught:
        it.lost("http://h")
    assert (caught.value.code, caught.value.hint) == (code, "sign in")


def test_a_selector_that_does_not_parse_is_an_error() -> None:
    it = feed()
    it.opened()
    say(it, welcome())
    refused = Reply(request="subscribe:1", status="refused", code="selector_invalid", message="position 3: x")
    with pytest.raises(SelectorInvalid, match="position 3"):
        it.receive(encode(refused), 0.0)


def test_f5_samples_that_passed_by_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    it = feed()
    it.opened()
    say(it, welcome(), Lag(id=1, dropped=17))
    assert "17 samples passed by" in caplog.text


@pytest.mark.parametrize("code", ["restart", "slow_client", "overloaded"])
def test_s6_a_bye_for_now_is_a_wait(code: str) -> None:
    it = feed()
    it.opened()
    say(it, Bye(code=code, message="later"))
    assert it.lost("http://h") > 0
