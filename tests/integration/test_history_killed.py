"""kill -9 at any moment: what was acknowledged is there, and nothing is there twice."""

import logging
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from doubles import history_load
from doubles.history_load import SIGNALS, T0
from plantverse.platform.history.duckdb_store import DuckDbStore

log = logging.getLogger(__name__)

KILLS = 20
ACKS_BEFORE = 5


def load_until_killed(folder: Path, first: int, pause_s: float) -> tuple[int, int]:
    """Return the last message that was acknowledged and the last that was sent."""
    process = subprocess.Popen(
        [sys.executable, history_load.__file__, str(folder), str(first)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    last = {"acked": first - 1, "sent": first - 1}
    acks = 0
    while acks < ACKS_BEFORE:
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        acks += line.startswith("acked")
        last[line.split()[0]] = int(line.split()[1])
    time.sleep(pause_s)
    process.kill()
    rest, errors = process.communicate()
    assert not errors
    for line in rest.splitlines():
        if len(line.split()) == 2:
            last[line.split()[0]] = int(line.split()[1])
    return last["acked"], last["sent"]


@pytest.mark.timeout(600)
def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    log.warning("seed %d", seed)
    chance = random.Random(seed)
    acked = sent = again = 0
    for _ in range(KILLS):
        again += sent - acked
        acked, sent = load_until_killed(tmp_path, acked + 1, chance.uniform(0, 0.1))
    assert again > 0, "at least once something was in flight"

    store = DuckDbStore(tmp_path)
    series = [store.series(name, 0, 2**62) for name in SIGNALS]
    stored = sum(len(each.value) for each in series)
    assert acked <= stored <= sent
    number = np.arange(1, stored + 1)
    for signal, each in enumerate(series):
        expected = number[number % 4 == signal]
        if signal == 3:
            assert len(each.value) == len(expected)
            continue
        assert np.sort(each.value).tolist() == expected.tolist()
        if signal % 2 == 0:
            assert (each.observed_ns - T0).tolist() == (expected * 1_000_000).tolist()
    newest = store.newest()
    assert newest.value[[0, 2]].tolist() == [number[number % 4 == signal][-1] for signal in (0, 2)]
    store.close()
