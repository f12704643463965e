"""kill -9 of a process that writes the audit log."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from plantverse._clock import SystemClock
from plantverse.platform.audit import AuditLog, newest, verify

_WRITER = """
import sys
from pathlib import Path
from plantverse._clock import SystemClock
from plantverse.platform.audit import AuditLog

log = AuditLog(Path(sys.argv[1]), SystemClock())
while True:
    print(log.append(user="ana", role="operator", action="x", detail={"fill": "x" * 3000}).hash, flush=True)
"""


def test_what_append_returned_is_there_after_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    said: list[str] = []
    for round_ in range(5):
        arguments = [sys.executable, "-c", _WRITER, str(path)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            said += [writer.stdout.readline().strip() for _ in range(20 + round_)]
            os.kill(writer.pid, signal.SIGKILL)
            said += [line.strip() for line in writer.stdout if len(line) == 65]
        assert verify(path).holds
    written = [record["hash"] for record in newest(path, 1_000_000)]
    assert [digest for digest in written if digest in set(said)] == said
    log = AuditLog(path, SystemClock())
    log.append(user="ana", role="operator", action="after")
    log.close()
    assert verify(path).holds
