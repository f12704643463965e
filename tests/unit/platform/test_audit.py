import errno
import json
import os
import threading
from pathlib import Path

import pytest

from plantverse._clock import ManualClock
from plantverse.errors import AuditUnavailable, RequestInvalid
from plantverse.platform import audit
from plantverse.platform.audit import AuditLog, newest, verify


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit.jsonl"


def filled(path: Path, count: int = 5) -> AuditLog:
    log = AuditLog(path, ManualClock())
    for number in range(count):
        log.append(
            user="ana",
            role="operator",
            action="command.invoke",
            target="hall/p-1:start",
            detail={"n": number, "ü": 0.1},
        )
    return log


def test_a_record_says_who_did_what_when_and_continues_the_one_before(path: Path) -> None:
    log = AuditLog(path, ManualClock(start_ns=1_700_000_000_123_456_789))
    first = log.append(user="ana", role="operator", action="alarm.acknowledge", target="hall/p-1:flow:hh")
    second = log.append(user="plantverse", role="", action="users.changed", detail={"changes": ["ana: removed"]})
    assert first.time == "2023-11-14T22:13:20.123456Z"
    assert (first.seq, first.prev) == (1, "0" * 64)
    assert (second.seq, second.prev) == (2, first.hash)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines[1]["detail"] == {"changes": ["ana: removed"]}
    assert (lines[0]["user"], lines[0]["role"], lines[0]["action"]) == ("ana", "operator", "alarm.acknowledge")
    assert log.head == (2, second.hash)
    log.close()


def test_only_the_owner_may_read_it(path: Path) -> None:
    filled(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_it_is_durable_before_append_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = AuditLog(path, ManualClock())
    synced: list[bytes] = []
    monkeypatch.setattr(audit.os, "fsync", lambda file: synced.append(os.pread(file, 1 << 16, 0)))
    record = log.append(user="ana", role="admin", action="x")
    assert record.hash.encode() in synced[-1]
    log.close()


def test_the_chain_goes_on_after_a_restart(path: Path) -> None:
    filled(path, 3).close()
    log = filled(path, 2)
    assert log.head[0] == 5
    found = verify(path)
    assert found.holds
    assert (found.records, found.head) == log.head
    assert str(found) == f"5 records hold, the newest has hash {log.head[1]}"
    log.close()


def test_an_empty_and_a_missing_log(path: Path) -> None:
    with pytest.raises(AuditUnavailable, match="No such file"):
        verify(path)
    assert newest(path, 10) == []
    AuditLog(path, ManualClock()).close()
    assert verify(path).records == 0


@pytest.mark.parametrize(
    ("change", "line", "reason"),
    [
        (lambda lines: [*lines[:2], lines[2].replace(b'"n":2', b'"n":7'), *lines[3:]], 3, "does not fit its hash"),
        (lambda lines: [lines[0], *lines[2:]], 2, "it is record 3, so lines before it were removed or inserted"),
        (lambda lines: [lines[0], lines[0], *lines[1:]], 2, "it is record 1"),
        (lambda lines: lines[1:], 1, "it is record 2"),
        (lambda lines: [lines[0], b"\n", *lines[1:]], 2, "does not fit its hash"),
        (lambda lines: [*lines[:4], lines[4].rstrip(b"\n") + b" \n"], 5, "does not fit its hash"),
        (lambda lines: [b"x" * 70_000 + b"\n", *lines], 1, "does not fit its hash"),
    ],
)
def test_the_first_broken_line_is_named(path: Path, change: object, line: int, reason: str) -> None:
    filled(path).close()
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))  # type: ignore[operator]
    found = verify(path)
    assert not found.holds
    assert found.broken_line == line
    assert found.records == line - 1
    assert reason in str(found)


def test_every_changed_byte_is_noticed(path: Path) -> None:
    filled(path, 2).close()
    whole = path.read_bytes()
    for at in range(0, len(whole) - 1, 7):
        path.write_bytes(whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])
        assert not verify(path).holds, f"byte {at}"


def test_a_cut_off_end_is_noticed_with_a_hash_kept_elsewhere(path: Path) -> None:
    log = filled(path)
    _, head = log.head
    log.close()
    assert verify(path, head=head).holds
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]))
    assert verify(path).holds
    found = verify(path, head=head)
    assert found.broken_line == 4
    assert "the end was cut off or the log was rewritten" in str(found)


def test_a_log_rewritten_as_a_whole_is_noticed_with_a_hash_kept_elsewhere(path: Path) -> None:
    log = filled(path)
    _, head = log.head
    log.close()
    path.unlink()
    log = AuditLog(path, ManualClock())
    log.append(user="bea", role="operator", action="command.invoke", target="hall/p-1:start")
    log.close()
    assert verify(path).holds
    assert verify(path, head=head).broken_line == 2


@pytest.mark.parametrize("left", [1, 20, 200])
def test_a_line_that_a_crash_left_unfinished_is_taken_out_and_kept_in_the_next_record(path: Path, left: int) -> None:
    filled(path).close()
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(whole[: len(whole) - len(lines[-1]) + left])
    found = verify(path)
    assert found.holds
    assert found.unfinished
    assert str(found).endswith("the last line is unfinished, what it should record was not done")
    log = AuditLog(path, ManualClock())
    [record] = newest(path, 1)
    assert record["action"] == "audit.recovered"
    assert record["detail"]["unfinished"] == lines[-1][:left].decode(errors="replace")
    assert (verify(path).records, verify(path).unfinished) == (5, False)
    log.close()


def test_a_damaged_last_line_stops_the_server(path: Path) -> None:
    filled(path).close()
    path.write_bytes(path.read_bytes()[:-10] + b"xxxxxxxxx\n")
    with pytest.raises(AuditUnavailable, match=r"last line is not as it was written \(run `plantverse audit verify`"):
        AuditLog(path, ManualClock())


def test_a_second_process_is_kept_out(path: Path) -> None:
    log = filled(path)
    with pytest.raises(AuditUnavailable, match="another process writes it"):
        AuditLog(path, ManualClock())
    log.close()
    AuditLog(path, ManualClock()).close()


def test_a_full_disk_refuses_the_deed_and_the_chain_holds(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = filled(path)
    before = path.read_bytes()
    real, calls = os.write, []

    def half(file: int, line: bytes) -> int:
        calls.append(line)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, bytes(line)[:40])

    monkeypatch.setattr(audit.os, "write", half)
    with pytest.raises(AuditUnavailable, match="No space left"):
        log.append(user="ana", role="operator", action="x")
    assert path.read_bytes() == before
    monkeypatch.undo()
    log.append(user="ana", role="operator", action="y")
    assert verify(path).records == 6
    log.close()


def test_a_closed_log_refuses(path: Path) -> None:
    log = filled(path)
    log.close()
    with pytest.raises(AuditUnavailable, match="closed"):
        log.append(user="ana", role="operator", action="x")


@pytest.mark.parametrize("detail", [{"n": float("nan")}, {"n": object()}, {"n": "x" * 70_000}])
def test_a_detail_that_cannot_be_recorded_is_refused(path: Path, detail: dict[str, object]) -> None:
    log = filled(path)
    with pytest.raises(RequestInvalid, match="detail"):
        log.append(user="ana", role="operator", action="x", detail=detail)
    assert verify(path).records == 5
    log.close()


def test_the_largest_record_survives_a_restart(path: Path) -> None:
    log = AuditLog(path, ManualClock())
    log.append(user="ana", role="operator", action="x", detail={"n": "x" * 65_000})
    head = log.head
    log.close()
    log = AuditLog(path, ManualClock())
    assert log.head == head
    assert verify(path).holds
    log.close()


def test_threads_do_not_fork_the_chain(path: Path) -> None:
    log = AuditLog(path, ManualClock())

    def work() -> None:
        for _ in range(20):
            log.append(user="ana", role="operator", action="x")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(path).records == 80
    log.close()


def test_the_newest_records_come_oldest_first(path: Path) -> None:
    filled(path).close()
    assert [record["seq"] for record in newest(path, 2)] == [4, 5]
