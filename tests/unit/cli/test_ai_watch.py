"""What `plantverse ai watch` sends and asks for."""

import json

import numpy as np
import pytest

from plantverse.ai.detectors import Verdict
from plantverse.cli.ai_publish import ScorePublisher, message_of
from plantverse.cli.ai_watch import selectors
from plantverse.errors import BrokerUnavailable
from plantverse.twins.selectors import parse

NAMES = ("p1:flow", "p2:speed")


def test_the_message_is_json_with_time_score_and_shares() -> None:
    verdict = Verdict(score=1.25, alarm=True, contributions=np.array([0.25, 0.75]))
    assert json.loads(json.dumps(message_of(1.5e15, verdict, NAMES))) == {
        "ts": 1_500_000_000_000,
        "score": 1.25,
        "alarm": True,
        "blamed": "p2:speed",
        "contributions": {"p1:flow": 0.25, "p2:speed": 0.75},
    }


def test_nobody_is_blamed_where_nothing_contributed() -> None:
    verdict = Verdict(score=0.0, alarm=False, contributions=np.zeros(2))
    assert message_of(0.0, verdict, NAMES)["blamed"] == ""


def test_many_signals_are_asked_for_in_selectors_that_parse() -> None:
    names = tuple(f"hall/line-{n}/pump-{n:03}:motor.temperature" for n in range(300))
    found = selectors(names)
    assert " or ".join(found) == " or ".join(names)
    for text in found:
        parse(text)
    short = selectors(tuple(f"p:s{n}" for n in range(600)))
    assert len(short) > 1
    for text in short:
        parse(text)


def test_an_absent_broker_is_said(unused_tcp_port: int) -> None:
    with pytest.raises(BrokerUnavailable, match="no broker at mqtt://127"):
        ScorePublisher(f"mqtt://127.0.0.1:{unused_tcp_port}", "t")
