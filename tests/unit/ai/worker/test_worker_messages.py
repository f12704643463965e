"""What goes over the pipes, and the worker's half without a process."""

import pytest

from plantverse._clock import ManualClock
from plantverse.ai.worker.messages import (
    LONGEST,
    Answer,
    Ask,
    Beat,
    Failed,
    Load,
    Loaded,
    Unload,
    pack,
    reader_of_parent,
    reader_of_worker,
)
from plantverse.ai.worker.serving import Serving

KINDS = {"echo": "doubles.worker_kinds:open_echo", "policy": "doubles.worker_kinds:open_policy"}


def serving() -> Serving:
    return Serving(ManualClock(), KINDS)


def told(server: Serving, message: Load | Ask | Unload) -> list[object]:
    beat, *rest = server.take(message)
    assert beat == Beat(), "the lease begins anew with every message"
    return rest


def test_messages_survive_any_cut() -> None:
    sent = [Load("a", 1, "detector", "models/a/1"), Ask("a", 2, 7, {"row": b"\x00" * 16}), Unload("a")]
    bytes_ = b"".join(map(pack, sent))
    for size in (1, 3, 7, len(bytes_)):
        reader = reader_of_parent()
        got = [m for at in range(0, len(bytes_), size) for m in reader.feed(bytes_[at : at + size])]
        assert got == sent


def test_what_is_too_long_is_neither_sent_nor_read() -> None:
    with pytest.raises(ValueError, match="at most"):
        pack(Answer("a", 1, {"text": "x" * LONGEST}))
    with pytest.raises(ValueError, match="is announced"):
        reader_of_worker().feed((LONGEST + 1).to_bytes(4, "big"))


def test_rubbish_is_refused() -> None:
    with pytest.raises(ValueError):
        reader_of_worker().feed((3).to_bytes(4, "big") + b"abc")


def test_a_model_is_loaded_asked_and_let_go() -> None:
    server = serving()
    (loaded,) = told(server, Load("a", 1, "echo", "here"))
    assert isinstance(loaded, Loaded)
    assert loaded.facts["folder"] == "here"
    assert told(server, Ask("a", 2, 10**18, {"n": 1})) == [Answer("a", 2, {"echo": {"n": 1}, "asked": 1})]
    assert told(server, Unload("a")) == []
    (gone,) = told(server, Ask("a", 3, 10**18, {}))
    assert isinstance(gone, Failed)
    assert gone.code == "not_loaded"


def test_a_second_kind_is_a_runner_and_a_line() -> None:
    server = serving()
    assert told(server, Load("p", 1, "policy", "")) == [Loaded("p", 1, {"actions": 2})]
    assert told(server, Ask("p", 2, 10**18, {"load": 0.9})) == [Answer("p", 2, {"action": 1})]


def test_failures_are_told_with_their_reason() -> None:
    server = serving()
    assert told(server, Load("b", 1, "echo", "broken")) == [
        Failed("b", 1, "model_invalid", "model broken: changed since it was saved")
    ]
    (unknown,) = told(server, Load("c", 2, "oracle", ""))
    assert isinstance(unknown, Failed)
    assert "'oracle'" in unknown.message
    told(server, Load("a", 3, "echo", ""))
    assert told(server, Ask("a", 4, 10**18, {"raise": True})) == [
        Failed("a", 4, "raised", "RuntimeError: the detector fell over")
    ]
    assert isinstance(told(server, Ask("a", 5, 10**18, {}))[0], Answer), "it goes on"


def test_a_request_whose_time_is_over_is_not_worked_on() -> None:
    clock = ManualClock()
    server = Serving(clock, KINDS)
    told(server, Load("a", 1, "echo", ""))
    clock.advance(1.0)
    (late,) = told(server, Ask("a", 2, clock.monotonic_ns() - 1, {"raise": True}))
    assert isinstance(late, Failed)
    assert late.code == "late"
