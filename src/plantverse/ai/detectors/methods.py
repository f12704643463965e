"""Every method of detection by name. A new one is a core in a file of its own and a line here."""

from collections.abc import Sequence

from plantverse.ai.detectors.bank import BankCore
from plantverse.ai.detectors.core import Core
from plantverse.ai.detectors.detector import Detector, fit_core
from plantverse.ai.detectors.pca import DynamicPcaCore, MewmaCore, PcaCore, PlainPcaCore
from plantverse.ai.detectors.regimes import SETTLE
from plantverse.ai.detectors.var import VarCusumCore
from plantverse.ai.errors import RowsUnfit

CORES: dict[str, type[Core]] = {
    core.kind: core for core in (MewmaCore, BankCore, PcaCore, VarCusumCore, PlainPcaCore, DynamicPcaCore)
}
"""Every method by name."""
DEFAULT_KIND = MewmaCore.kind
DEFAULT_RATE = 0.001


def fit(
    kind: str,
    runs: Sequence[object],
    names: Sequence[str],
    *,
    rate: float = DEFAULT_RATE,
    modes: Sequence[str] = (),
    settle: int = SETTLE,
) -> Detector:
    """Return a detector that has learned from normal runs.

    Args:
        kind: Name of a method, see `CORES`.
        runs: Rows of normal operation, each run in order of time, shape (time, column); NaN is a missing value.
        names: One per column.
        rate: Wanted share of normal rows that raise an alarm, in (0, 0.5].
        modes: Columns whose values tell regimes of operation apart, each with its own normal; not watched themselves.
        settle: Rows after a change of regime that are neither learned from nor judged.

    Raises:
        RowsUnfit: No such method, or rows that cannot be learned from.
    """
    if kind not in CORES:
        raise RowsUnfit(f"method {kind}: expected one of {', '.join(CORES)}")
    return fit_core(CORES[kind], runs, names, rate=rate, modes=modes, settle=settle)
