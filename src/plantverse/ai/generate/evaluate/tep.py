"""The Tennessee Eastman runs as a case for generators; the layout is the one of the detectors' harness."""

from pathlib import Path

from plantverse.ai.errors import RowsUnfit
from plantverse.ai.evaluate.sets import TEP_COLUMNS, TEP_FAULT_FROM, read_npz
from plantverse.ai.generate.files import Recorded
from plantverse.ai.generate.recordings import Recording

EVERY_S = 180.0


def tep_runs(folder: Path) -> Recorded:
    """Return normal runs, and those of each fault: one that is faulty from its first row on, one from row 160.

    Args:
        folder: Holds `tep/tep_*.npz`, any part of them.

    Raises:
        RowsUnfit: No file there, or one that cannot be read.
    """
    at = folder / "tep"
    runs = [Recording(name=name, rows=rows) for name, rows in read_npz(at / "tep_train_d00.npz").items()]
    runs += [Recording(name=name, rows=rows) for name, rows in read_npz(at / "tep_normal_extra.npz").items()]
    for name, rows in sorted(read_npz(at / "tep_fault_train_runs.npz").items()):
        runs.append(Recording(name=name, rows=rows, fault=name, severity=1.0))
    for name, rows in sorted(read_npz(at / "tep_test_runs.npz").items()):
        fault = name.removesuffix("_te")
        run = Recording(name=name, rows=rows)
        if fault != "d00":
            run = Recording(name=name, rows=rows, fault=fault, severity=1.0, onset=TEP_FAULT_FROM)
        runs.append(run)
    if not runs:
        raise RowsUnfit(f"{folder}: no files of tep/ there", hint="see docs/explanation/generated-data.md")
    return Recorded(runs=tuple(runs), columns=TEP_COLUMNS, every_s=EVERY_S)
