"""Logs: what is written is read, what is wrong names its line, and a replay gives the log again."""

from pathlib import Path

import numpy as np
import pytest

from plantverse.errors import RequestInvalid
from plantverse.sim.traffic import Replay, Traffic, make_traffic, read_traffic, write_traffic
from plantverse.sim.traffic.measures import waits
from plantverse.sim.traffic.publish import Encoder, due_rows

HEAD = '{"format": "plantverse.traffic.v1", "seconds": 5, "origin": "hall", "topics": ["a", "b/ü"]}\n'


def log(*, payloads: bool = False) -> Traffic:
    return Traffic(
        at_s=np.array([0.5, 1.0, 1.25, 4.5]),
        topic=np.array([0, 1, 0, 1], np.int32),
        size=np.array([2, 3, 2, 0], np.int32),
        topics=("a", "b/ü"),
        seconds=5.0,
        origin="hall",
        payloads=(b"21", b"\x00\xff,", b"22", b"") if payloads else None,
    )


@pytest.mark.parametrize("payloads", [False, True])
def test_json_lines_come_back_whole(payloads: bool, tmp_path: Path) -> None:
    write_traffic(log(payloads=payloads), tmp_path / "log.jsonl")
    again, wanted = read_traffic(tmp_path / "log.jsonl"), log(payloads=payloads)
    assert (again.at_s == wanted.at_s).all()
    assert (again.topic == wanted.topic).all()
    assert (again.size == wanted.size).all()
    assert (again.topics, again.seconds, again.origin, again.payloads) == (
        wanted.topics, 5.0, "hall", wanted.payloads,
    )  # fmt: skip


def test_csv_has_times_topics_and_sizes_in_any_order(tmp_path: Path) -> None:
    write_traffic(log(), tmp_path / "log.csv")
    assert (tmp_path / "log.csv").read_text().splitlines()[:2] == ["at_s,topic,bytes", "0.500000,a,2"]
    (tmp_path / "mixed.csv").write_text("at_s,topic,bytes\n2.0,x,1\n1.0,y,7\n")
    mixed = read_traffic(tmp_path / "mixed.csv")
    assert (mixed.at_s.tolist(), [mixed.topics[n] for n in mixed.topic], mixed.size.tolist()) == (
        [1.0, 2.0], ["y", "x"], [7, 1],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("a.jsonl", "", ":1"),
        ("a.jsonl", "{}\n", ":1"),
        ("a.jsonl", "[1, 2, 3]\n", ":1"),
        ("a.jsonl", HEAD + "[0.5, 2, 1]\n", ":2"),
        ("a.jsonl", HEAD + "[0.5, -1, 1]\n", ":2"),
        ("a.jsonl", HEAD + "[0.5, 0]\n", ":2"),
        ("a.jsonl", HEAD + "[-1, 0, 1]\n", ":2"),
        ("a.jsonl", HEAD + "[NaN, 0, 1]\n", ":2"),
        ("a.jsonl", HEAD + '[0.5, 0, 1, "%%"]\n', ":2"),
        ("a.jsonl", HEAD + '[0.5, 0, 1, "MQ=="]\n[0.6, 0, 1]\n', "in every message"),
        ("a.jsonl", HEAD + "[" * 100_000, ":2"),
        ("a.csv", "time,topic\n", ":1"),
        ("a.csv", "at_s,topic,bytes\n1.0,x\n", ":2"),
        ("a.csv", "at_s,topic,bytes\nsoon,x,1\n", ":2"),
        ("a.txt", "", "jsonl or .csv"),
    ],
)
def test_a_broken_log_names_its_line(name: str, text: str, place: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(RequestInvalid) as refused:
        read_traffic(tmp_path / name)
    assert place in str(refused.value)


def test_files_that_are_not_there_or_not_text(tmp_path: Path) -> None:
    (tmp_path / "raw.csv").write_bytes(b"\xff\xfe\x00")
    for name in ("raw.csv", "none.csv"):
        with pytest.raises(RequestInvalid):
            read_traffic(tmp_path / name)
    with pytest.raises(RequestInvalid):
        write_traffic(log(), tmp_path / "no" / "log.csv")


def test_a_replay_is_the_log_with_its_delays_and_a_loop_has_its_rate() -> None:
    recorded = make_traffic("mmpp", seconds=200, seed=2, given={"rate_per_s": 50})
    replay = Replay(log=recorded)
    once = replay.play()
    assert np.allclose(once.at_s, recorded.at_s - recorded.at_s[0])
    assert (once.topic == recorded.topic).all()
    assert (once.size == recorded.size).all()
    for load in (0.5, 0.7, 0.9):
        service_s = np.full(len(recorded), load * 200 / len(recorded))
        wanted, found = waits(recorded.at_s, service_s), waits(once.at_s, service_s)
        assert np.percentile(found, 99) == pytest.approx(np.percentile(wanted, 99))
    thrice = Replay(log=recorded, factor=2.0).play(300, "again")
    assert len(thrice) / 300 == pytest.approx(2 * replay.rate_per_s, rel=0.02)
    assert thrice.topics[0] == f"again/{recorded.topics[0]}"


def test_a_log_needs_two_moments_and_takes_no_parameters(tmp_path: Path) -> None:
    write_traffic(log(), tmp_path / "log.jsonl")
    (tmp_path / "one.csv").write_text("at_s,topic,bytes\n1.0,x,1\n")
    (tmp_path / "same.csv").write_text("at_s,topic,bytes\n1.0,x,1\n1.0,x,1\n")
    for name in ("one.csv", "same.csv"):
        with pytest.raises(RequestInvalid, match="two messages"):
            make_traffic(str(tmp_path / name), seconds=None)
    with pytest.raises(RequestInvalid, match="captured log"):
        make_traffic(str(tmp_path / "log.jsonl"), seconds=None, given={"burst": 2})
    with pytest.raises(RequestInvalid, match="length of the run"):
        make_traffic("poisson", seconds=None)


def test_generated_messages_have_their_size_and_say_that_they_are_synthetic() -> None:
    import json

    traffic = make_traffic("poisson", seconds=5, seed=1)
    encoder = Encoder(traffic)
    for row in range(200):
        payload = encoder.payload(row, 1_764_064_800_123_000_000)
        told = json.loads(payload)
        assert told["synthetic"] == "poisson rate_per_s=100 topic_count=100 seed=1"
        assert told["ts"] == 1_764_064_800_123
        assert len(payload) == traffic.size[row] or "pad" not in told
    assert encoder.version == 4


def test_captured_payloads_leave_unchanged_with_a_mark_beside_them() -> None:
    encoder = Encoder(log(payloads=True))
    packet = encoder.packet(1, encoder.payload(1, 0))
    assert encoder.version == 5
    assert b"\x26\x00\x09synthetic\x00\x04hall" in packet
    assert packet.endswith(b"\x00\xff,")


def test_rows_fall_due_in_scaled_time_and_lateness_is_told() -> None:
    traffic = log()
    times = iter([0.0, 0.25, 0.6, 2.0, 2.25])
    assert list(due_rows(traffic, 2.0, lambda: next(times))) == [
        (0, 0, 0.0), (0, 1, 0.0), (1, 2, pytest.approx(0.1)), (2, 3, pytest.approx(1.375)), (3, 4, 0.0),
    ]  # fmt: skip
