"""Detectors of a running plant: rows from the log, verdicts as telemetry, and a clear state for whatever goes wrong."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from doubles.watched_plant import BOUND, NORMAL, PLANT, SIGNALS, STRANGE, WatchedPlant, save_model
from plantverse.ai.models import ModelRegistry
from plantverse.twins import quality as q
from plantverse.twins.samples import Flag, SampleBatch


@pytest.fixture
def watched(tmp_path: Path) -> WatchedPlant:
    save_model(tmp_path / "models")
    return WatchedPlant(tmp_path)


def test_a_normal_plant_has_a_low_score_and_a_quiet_document(watched: WatchedPlant) -> None:
    watched.go(10, **NORMAL)
    assert watched.state == "watching"
    assert 0 <= watched.score() < 1
    assert watched.document()["shares"] == []
    revision = watched.plant.state.last_change
    watched.go(10, **NORMAL)
    assert watched.plant.state.last_change == revision, "nothing is told while nothing changes"
    assert watched.listed["judged"] >= 18


def test_an_anomaly_is_an_alarm_with_blame_and_two_events(watched: WatchedPlant) -> None:
    watched.go(5, **NORMAL)
    watched.go(6, **STRANGE)
    assert watched.score() > 1
    shown = watched.document()
    assert (shown["beyond"], shown["shares"][0]["signal"]) == (True, SIGNALS[0])
    slot = watched.plant.registry.slot("hall/pump-1:anomaly.blamed")
    assert watched.plant.registry.specs[slot].codes[int(watched.plant.telemetry.value[slot])] == SIGNALS[0]
    (alarm,) = watched.alarms.listed()
    assert (alarm["alarm"], alarm["state"]) == ("hall/pump-1:anomaly.score:h", "unacknowledged")
    watched.go(60, **NORMAL)
    assert watched.document()["beyond"] is False
    events, _, _ = watched.plant.events.read(0, 100)
    told = [e.body for e in events if e.kind == "anomaly"]
    assert [body["action"] for body in told] == ["began", "ended"]
    assert told[0]["blamed"][0]["signal"] == SIGNALS[0]
    assert told[1]["peak"] > 1


def test_a_standing_anomaly_is_not_told_again_and_again(watched: WatchedPlant) -> None:
    watched.go(60, **STRANGE)
    before, judged = watched.plant.state.last_change, watched.listed["judged"]
    watched.go(20, **STRANGE)
    assert watched.plant.state.last_change == before
    assert watched.listed["judged"] >= judged + 20


def test_one_strange_row_is_neither_an_alarm_nor_an_event(watched: WatchedPlant) -> None:
    watched.go(5, **NORMAL)
    watched.go(1, flow=9.0, speed=1000.0)
    watched.go(30, **NORMAL)
    events, _, _ = watched.plant.events.read(0, 100)
    assert [e.kind for e in events if e.kind in {"anomaly", "alarm"}] == []


def test_a_row_without_values_is_told_and_not_judged(watched: WatchedPlant) -> None:
    watched.go(5, **NORMAL)
    watched.go(20)
    assert watched.state == "waiting"
    slot = watched.plant.registry.slot("hall/pump-1:anomaly.score")
    assert watched.plant.telemetry.quality[slot] == q.NO_READING
    watched.go(3, **NORMAL)
    assert watched.state == "watching"


@pytest.mark.parametrize("column", ["missing", "constant", "bad", "not a number"])
def test_a_column_that_fails_leaves_the_others_judged(watched: WatchedPlant, column: str) -> None:
    watched.go(5, **NORMAL)
    for _ in range(40):
        watched.clock.advance(0.5)
        speed = watched.plant.registry.slot(SIGNALS[1])
        now = watched.clock.time_ns()
        if column == "bad":
            watched.commit(SampleBatch.of(speed, 1e6, now, quality=q.pack(q.Severity.BAD, q.Cause.DEVICE)))
        elif column == "not a number":
            watched.commit(SampleBatch.of(speed, np.nan, now, quality=q.NOT_A_NUMBER, flags=Flag.VALUELESS))
        elif column == "constant":
            watched.feed(speed=1000.0)
        watched.feed(flow=10.0)
        watched.detection.tick()
        watched.work()
    assert watched.state == "watching"
    assert watched.score() < 1


def test_what_a_broker_kept_without_a_time_is_no_news(watched: WatchedPlant) -> None:
    watched.go(5, **NORMAL)
    watched.clock.advance(11)
    slots = [watched.plant.registry.slot(name) for name in SIGNALS]
    watched.commit(SampleBatch.of(slots, [10.0, 1000.0], watched.clock.time_ns(), flags=Flag.RETAINED))
    watched.go(2)
    assert watched.state == "waiting"


def test_a_log_that_ran_over_costs_values_and_is_counted(watched: WatchedPlant) -> None:
    watched.go(3, **NORMAL)
    spare = watched.plant.registry.slot("hall/pump-1:spare")
    for _ in range(3):
        watched.commit(SampleBatch.of([spare] * 2_000, 1.0, watched.clock.time_ns()))
    watched.go(3, **NORMAL)
    assert watched.detection.worker()["missed_samples"] > 0
    assert watched.state == "watching"


def test_models_come_change_and_go_without_a_restart(tmp_path: Path) -> None:
    watched = WatchedPlant(tmp_path)
    watched.go(3, **NORMAL)
    assert (watched.state, watched.listed["hint"]) == ("no_model", "versions there: none")
    assert watched.detection.supervisor.phase == "idle"
    save_model(watched.models)
    watched.go(5, **NORMAL)
    assert (watched.state, watched.listed["version"]) == ("watching", 1)
    save_model(watched.models)
    watched.go(5, **NORMAL)
    assert (watched.state, watched.listed["version"]) == ("watching", 2), "version 0 follows the newest"
    shutil.rmtree(watched.models)
    watched.go(5, **NORMAL)
    assert watched.state == "no_model"
    assert watched.document()["state"] == "no_model"
    assert watched.plant.registry.slot("hall/pump-1:anomaly.score") >= 0, "its history stays in reach"


def test_a_model_that_was_tampered_with_is_refused(watched: WatchedPlant) -> None:
    watched.go(3, **NORMAL)
    folder = watched.models / "pump" / "1"
    arrays = (folder / "arrays.npz").read_bytes()
    (folder / "arrays.npz").write_bytes(arrays[:-1] + b"\1")
    watched.go(5, **NORMAL)
    assert (watched.state, "changed since" in watched.listed["message"]) == ("invalid", True)
    (folder / "arrays.npz").write_bytes(arrays)
    watched.go(5, **NORMAL)
    assert watched.state == "watching"
    facts = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(facts | {"version": 7}))
    watched.go(5, **NORMAL)
    assert (watched.state, "format version 7" in watched.listed["message"]) == ("invalid", True)


def test_another_model_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path / "models")
    watched = WatchedPlant(tmp_path, PLANT + BOUND + 'hash = "0123456789abcdef"\n')
    watched.go(3, **NORMAL)
    assert watched.state == "invalid"
    assert "expected the one with hash 0123456789ab" in watched.listed["message"]


def test_a_model_that_is_no_detector_is_refused(tmp_path: Path) -> None:
    from plantverse.ai.models import Model

    ModelRegistry(tmp_path / "models").save("pump", Model(kind="generator.demo", facts={}, arrays={"a": np.zeros(1)}))
    watched = WatchedPlant(tmp_path)
    watched.go(3, **NORMAL)
    assert watched.state == "invalid"
    assert watched.detection.models()[0]["problem"]


def test_twins_and_signals_that_vanish_are_told_of(watched: WatchedPlant) -> None:
    watched.go(3, **NORMAL)
    watched.rewrite((PLANT + BOUND).replace('id = "hall/pump-1"', 'id = "hall/pump-9"'))
    watched.go(1)
    assert (watched.state, watched.listed["message"]) == ("no_twin", "no twin hall/pump-1")
    assert watched.detection.supervisor.jobs() == {}
    moved = PLANT.replace('id = "hall/pump-1"', 'id = "hall/pump-9"') + BOUND.replace("pump-1", "pump-2")
    watched.rewrite(moved)
    watched.go(1)
    assert watched.state == "no_signals"
    watched.rewrite(PLANT.replace('speed = { unit = "rpm" }', "") + BOUND)
    watched.go(5, flow=10.0)
    assert watched.state == "watching"
    assert watched.listed["missing"] == [SIGNALS[1]]
    assert "1 of its 2 signals are not in the plant" in watched.document()["message"]


def test_a_real_twin_is_not_judged_by_synthetic_signals(tmp_path: Path) -> None:
    save_model(tmp_path / "models", (SIGNALS[0], "hall/pump-2:flow"))
    synthetic = PLANT.replace('id = "hall/pump-2"', 'id = "hall/pump-2"\nsynthetic = "a generator"')
    watched = WatchedPlant(tmp_path, synthetic + BOUND)
    watched.go(2, **NORMAL)
    assert (watched.state, "synthetic" in watched.listed["message"]) == ("invalid", True)
    watched.rewrite(synthetic + BOUND.replace("pump-1", "pump-2"))
    watched.go(2, **NORMAL)
    assert watched.state == "watching", "a synthetic twin may be judged by anything"


def test_a_twin_with_signals_of_that_name_keeps_them(tmp_path: Path) -> None:
    save_model(tmp_path / "models")
    taken = PLANT.replace("[twin.signals]", '[twin.signals]\n"anomaly.score" = { unit = "%" }', 1)
    watched = WatchedPlant(tmp_path, taken + BOUND)
    watched.go(2, **NORMAL)
    assert (watched.state, "of its own" in watched.listed["message"]) == ("invalid", True)


def test_a_renamed_twin_is_still_the_one_that_the_model_knows(watched: WatchedPlant) -> None:
    watched.go(3, **NORMAL)
    watched.host.rename("hall/pump-1", "hall/main-pump")
    assert 'twin = "hall/main-pump"' in watched.path.read_text()
    for _ in range(6):
        watched.clock.advance(0.5)
        watched.feed("hall/main-pump", **STRANGE)
        watched.detection.tick()
        watched.work()
    assert watched.state == "watching"
    assert watched.document("hall/main-pump")["shares"][0]["signal"] == "hall/main-pump:flow"


def test_a_detector_that_is_taken_away_leaves_nothing_behind(watched: WatchedPlant) -> None:
    watched.go(5, **STRANGE)
    watched.host.unwatch("hall/pump-1", "anomaly")
    watched.go(5, **STRANGE)
    assert watched.detection.listed() == []
    assert watched.document() == {}
    assert "anomaly.score" not in watched.plant.registry.get("hall/pump-1").slots
    assert watched.alarms.listed() == []
    assert watched.detection.supervisor.phase == "idle"


def test_what_a_restart_brought_back_of_detectors_that_are_no_more_is_tidied(tmp_path: Path) -> None:
    watched = WatchedPlant(tmp_path, PLANT)
    watched.plant.state.restore("hall/pump-1", {"detectors": {"old": {"state": "watching"}}})
    watched.go(1)
    assert watched.plant.state.get("hall/pump-1") == {}


def test_a_worker_that_does_not_answer_is_a_state_and_the_score_grows_old(watched: WatchedPlant) -> None:
    watched.go(3, **NORMAL)
    slot = watched.plant.registry.slot("hall/pump-1:anomaly.score")
    watched.alive = False
    watched.go(1, **NORMAL)
    before = int(watched.plant.telemetry.observed_ns[slot])
    watched.go(30, **NORMAL)
    assert watched.detection.worker()["hangs"] >= 1
    assert watched.state in {"starting", "failing"}
    assert watched.listed["message"].startswith("hung for")
    assert watched.plant.telemetry.observed_ns[slot] == before
    watched.alive = True
    watched.go(120, **NORMAL)
    assert watched.state == "watching"
    assert watched.listed["lost"] + watched.listed["dropped"] + watched.listed["late"] > 0


def test_models_and_detectors_of_one_twin_stand_side_by_side(tmp_path: Path) -> None:
    save_model(tmp_path / "models")
    save_model(tmp_path / "models", (*SIGNALS, "hall/pump-1:spare"), name="wide")
    second = '\n[[detector]]\ntwin = "hall/pump-1"\nmodel = "wide"\nname = "wide"\n'
    watched = WatchedPlant(tmp_path, PLANT + BOUND + second)
    watched.go(5, **NORMAL, spare=0.0)
    assert [(d["name"], d["state"]) for d in watched.detection.listed()] == [
        ("anomaly", "watching"),
        ("wide", "watching"),
    ]
    assert {m["model"] for m in watched.detection.models()} == {"pump", "wide"}
