import pytest

from plantverse.ingest.mqtt.options import SessionOptions
from plantverse.ingest.session_retry import Ended, Retry

S = 1_000_000_000


def retry(protocol: str = "auto", jitter: float = 1.0) -> Retry:
    options = SessionOptions(
        host="h",
        port=1,
        client_id="c",
        protocol=protocol,
        retry_max_s=5.0,
        retry_refused_s=30.0,  # type: ignore[arg-type]
    )
    return Retry(options, lambda: jitter)


def test_pauses_double_up_to_the_longest_and_are_spread_by_half() -> None:
    made, half = retry(), retry(jitter=0.0)
    pauses = [made.pause_s(Ended("x")) for _ in range(9)]
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    assert [half.pause_s(Ended("x")) for _ in range(9)] == [pause / 2 for pause in pauses]


def test_what_needs_a_person_is_retried_slowly_and_a_changed_attempt_at_once() -> None:
    made = retry()
    assert made.pause_s(Ended.with_code(0x86, "wrong password")) == 30.0
    assert made.pause_s(Ended.with_code(0x88, "server unavailable")) == 0.2
    assert made.pause_s(Ended("x", at_once=True)) == 0.0


def test_a_long_life_starts_the_pauses_anew() -> None:
    made = retry()
    for _ in range(5):
        made.pause_s(Ended("x"))
    assert made.lived(2 * S, Ended("gone")).message == "gone"
    assert made.pause_s(Ended("x")) == 0.1


def test_several_short_lives_name_the_usual_reason_and_the_pauses_grow() -> None:
    made = retry()
    said = [made.lived(S // 100, Ended("the broker closed the connection")).message for _ in range(3)]
    assert said[:2] == ["the broker closed the connection"] * 2
    assert said[2].endswith("does another client use the client id 'c'?")
    assert made.lived(S // 100, Ended("not authorised", slow=True)).message == "not authorised"


def test_auto_takes_3_1_1_when_5_is_refused_and_returns() -> None:
    made = retry()
    ended = made.refused(0x84, "protocol version not supported")
    assert (ended.message, ended.at_once) == ("the broker does not speak MQTT 5", True)
    assert (made.version, made.protocol) == (4, "3.1.1")
    ended = made.refused(0x84, "protocol version not supported")
    assert (ended.message, ended.at_once) == ("the broker does not speak MQTT 3.1.1", False)
    assert made.version == 5


def test_auto_tries_3_1_1_after_three_silent_refusals_and_5_again_after_it() -> None:
    made = retry()
    versions = []
    for _ in range(8):
        versions.append(made.version)
        assert made.hung_up("closed", slow=False).message == "closed before it answered CONNECT"
    assert versions == [5, 5, 5, 4, 5, 5, 5, 4]
    made = retry()
    made.hung_up("closed", slow=False)
    made.accepted()
    made.hung_up("closed", slow=False)
    made.hung_up("closed", slow=False)
    assert made.version == 5


@pytest.mark.parametrize(("protocol", "version"), [("5", 5), ("3.1.1", 4)])
def test_a_named_protocol_stays(protocol: str, version: int) -> None:
    made = retry(protocol)
    for _ in range(5):
        made.hung_up("closed", slow=False)
    made.refused(0x84, "protocol version not supported")
    assert made.version == version
