from plantverse.ingest.mqtt.subscriptions import Subscriptions


def test_filters_are_asked_for_once_per_session_of_the_broker() -> None:
    wanted = Subscriptions(qos=1)
    wanted.add(["a", "b", "a"])
    assert wanted.missing() == ["a", "b"]
    wanted.answered(["a", "b"], [1, 1])
    assert wanted.missing() == []
    wanted.connected(session_present=True)
    assert wanted.missing() == []
    wanted.connected(session_present=False)
    assert wanted.missing() == ["a", "b"]


def test_refused_filters_are_asked_for_again_after_a_reconnect() -> None:
    wanted = Subscriptions(qos=1)
    wanted.add(["a", "b"])
    wanted.answered(["a", "b"], [0x87, 1])
    assert wanted.refused == {"a": "not authorised"}
    assert wanted.missing() == []
    wanted.connected(session_present=True)
    assert wanted.missing() == ["a"]
    wanted.answered(["a"], [1])
    assert wanted.refused == {}


def test_a_lesser_qos_is_told_and_kept() -> None:
    wanted = Subscriptions(qos=1)
    wanted.add(["a"])
    wanted.answered(["a"], [0])
    assert wanted.refused == {"a": "given with QoS 0 only, so its messages are not confirmed"}
    wanted.connected(session_present=True)
    assert wanted.missing() == []
    assert wanted.refused != {}


def test_an_answer_that_is_too_short_refuses_the_rest() -> None:
    wanted = Subscriptions(qos=0)
    wanted.add(["a", "b"])
    wanted.answered(["a", "b"], [0])
    assert list(wanted.refused) == ["b"]


def test_what_is_wanted_no_more_is_forgotten() -> None:
    wanted = Subscriptions(qos=1)
    wanted.add(["a", "b"])
    wanted.answered(["a", "b"], [1, 0x80])
    wanted.remove(["a", "b"])
    wanted.connected(session_present=False)
    assert (wanted.missing(), wanted.refused) == ([], {})
