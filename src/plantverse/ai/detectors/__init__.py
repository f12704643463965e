"""Detectors of anomalies: learn from normal rows, then judge every row as it comes and say which columns are to blame.

A method is a `Core`; scaling, missing values, limits and verdicts are the same for all of them (`Detector`).
"""

from plantverse.ai.detectors.columns import Columns, Rows
from plantverse.ai.detectors.core import Arrays, Core
from plantverse.ai.detectors.detector import Detector, Verdict, fit_core
from plantverse.ai.detectors.methods import CORES, DEFAULT_KIND, DEFAULT_RATE, fit
from plantverse.ai.detectors.saved import columns_of, load_detector, save_detector, spacing_of

__all__ = [
    "CORES",
    "DEFAULT_KIND",
    "DEFAULT_RATE",
    "Arrays",
    "Columns",
    "Core",
    "Detector",
    "Rows",
    "Verdict",
    "columns_of",
    "fit",
    "fit_core",
    "load_detector",
    "save_detector",
    "spacing_of",
]
