"""A detector as a saved model and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from plantverse.ai.detectors.columns import Columns
from plantverse.ai.detectors.core import Core
from plantverse.ai.detectors.detector import Detector
from plantverse.ai.detectors.methods import CORES
from plantverse.ai.detectors.regimes import Regimes
from plantverse.ai.errors import ModelInvalid
from plantverse.ai.models import Model

PREFIX = "detector."
CORE_ARRAY = "core."
REGIME_ARRAY = "regime."
REGIME_ARRAYS = ("columns", "codes", "mean", "scale")


def save_detector(detector: Detector, extra: Mapping[str, Any] | None = None) -> Model:
    """Return a detector as a model, for `write_model` or a registry.

    Args:
        detector: What was learned; the rows seen since are not part of it (see `Detector.memory`).
        extra: What else belongs to it, for example the spacing of the rows; plain JSON.
    """
    columns, regimes = detector.columns, detector.regimes
    parts = {} if regimes is None else {name: getattr(regimes, name) for name in REGIME_ARRAYS}
    return Model(
        kind=PREFIX + detector.kind,
        facts={
            "columns": list(columns.names),
            "ignored": columns.ignored,
            "report": detector.report,
            "extra": dict(extra or {}),
            **({} if regimes is None else {"settle": regimes.settle}),
        },
        arrays={
            "watched": columns.watched,
            "mean": columns.mean,
            "scale": columns.scale,
            "limits": detector.limits,
            **{REGIME_ARRAY + name: array for name, array in parts.items()},
            **{CORE_ARRAY + name: array for name, array in detector.core.arrays().items()},
        },
    )


def columns_of(model: Model) -> tuple[str, ...]:
    """Return the names of the columns that a saved detector reads, in order.

    Raises:
        ModelInvalid: It is no detector.
    """
    found = model.facts.get("columns")
    texts = isinstance(found, list) and all(isinstance(name, str) for name in found)
    if not model.kind.startswith(PREFIX) or not texts:
        raise ModelInvalid(f"model of kind {model.kind}: expected a detector")
    return tuple(found)  # type: ignore[arg-type]


def spacing_of(model: Model) -> tuple[float, float]:
    """Return seconds from row to row, and seconds that a value is good for, as saved with a detector.

    Raises:
        ModelInvalid: It was saved without them.
    """
    extra = model.facts.get("extra")
    found = (extra.get("every_s"), extra.get("hold_s")) if isinstance(extra, dict) else (None, None)
    if not all(isinstance(value, int | float) and value > 0 for value in found):
        raise ModelInvalid(
            f"model of kind {model.kind}: saved without the spacing of its rows",
            hint='save_detector(detector, {"every_s": 1.0, "hold_s": 10.0})',
        )
    return float(found[0]), float(found[1])  # type: ignore[arg-type]


def load_detector(model: Model, cores: Mapping[str, type[Core]] = CORES) -> Detector:
    """Return the detector that was saved; its scores are those of the one that was.

    Args:
        model: As read.
        cores: Methods by name.

    Raises:
        ModelInvalid: Not a detector, of an unknown method, or with parts that do not fit together.
    """
    kind = model.kind.removeprefix(PREFIX)
    if kind == model.kind or kind not in cores:
        raise ModelInvalid(f"model of kind {model.kind}: expected a detector of {', '.join(cores)}")
    try:
        columns = Columns(
            names=tuple(model.facts["columns"]),
            watched=model.arrays["watched"].astype(np.int64),
            mean=model.arrays["mean"],
            scale=model.arrays["scale"],
            ignored=model.facts["ignored"],
        )
        core = cores[kind].of(
            {name.removeprefix(CORE_ARRAY): a for name, a in model.arrays.items() if name.startswith(CORE_ARRAY)}
        )
        regimes = _regimes(model, columns)
        detector = Detector(core, columns, model.arrays["limits"], model.facts["report"], regimes)
        detector.update(np.full(len(columns.names), np.nan))
    except (KeyError, ValueError, IndexError, TypeError) as exc:
        raise ModelInvalid(f"model of kind {model.kind}: its parts do not fit together ({exc})") from exc
    detector.reset()
    return detector


def _regimes(model: Model, columns: Columns) -> Regimes | None:
    if "settle" not in model.facts:
        return None
    where, codes, mean, scale = (model.arrays[REGIME_ARRAY + name] for name in REGIME_ARRAYS)
    width = len(columns.watched)
    if codes.shape != (len(mean), len(where)) or mean.shape[1:] != (width,) or scale.shape != mean.shape:
        raise ValueError(
            f"regimes of {len(where)} columns: codes {codes.shape}, mean {mean.shape}, scale {scale.shape}"
        )
    if len(where) and not 0 <= where.min() <= where.max() < len(columns.names):
        raise ValueError("regimes of columns that are not there")
    settle = int(model.facts["settle"])
    return Regimes(columns=where.astype(np.int64), codes=codes, mean=mean, scale=scale, settle=settle)
