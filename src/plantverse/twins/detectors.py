"""Detectors of anomalies as a plant declares them, and the signals that they give to their twins."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from plantverse.twins.identity import is_signal_path, is_twin_id, slug
from plantverse.twins.problems import Problems
from plantverse.twins.specs import DetectorSpec, Limits, SignalSpec, TwinSpec

MODEL_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}\Z")
NOTHING = 0
"""Code of `blamed` while the score is within its limit."""


def check_detectors(detectors: Iterable[DetectorSpec], problems: Problems) -> None:
    """Check detectors; whether twin and model exist shows while the plant runs, since both come and go."""
    known: dict[str, DetectorSpec] = {}
    for spec in detectors:
        where = f"{spec.source}: detector {spec.id}" if spec.source else f"detector {spec.id}"
        if not is_twin_id(spec.twin):
            problems.add(f"{where}: twin", expected="a twin id", got=spec.twin, hint=f"{slug(spec.twin)} would do")
        if not MODEL_NAME.match(spec.model):
            problems.add(f"{where}: model", expected="letters, digits, `_`, `-` and `.`, not `.` first", got=spec.model)
        if not is_signal_path(spec.name) or not spec.name.isidentifier():
            problems.add(f"{where}: name", expected="a word of letters, digits and `_`", got=spec.name)
        if spec.version < 0:
            problems.add(f"{where}: version", expected="a version, or 0 for the newest", got=spec.version)
        if not (0 < spec.limit < math.inf):
            problems.add(f"{where}: limit", expected="a number above 0", got=spec.limit)
        for key in ("on_delay_s", "off_delay_s"):
            if not 0 <= getattr(spec, key) < math.inf:
                problems.add(f"{where}: {key}", expected="seconds, 0 or more", got=getattr(spec, key))
        if spec.id in known:
            first = known[spec.id].source or "another place"
            problems.add(
                f"{where}: name", expected="a name of its own at this twin", got=spec.name, hint=f"first at {first}"
            )
        known.setdefault(spec.id, spec)


def score_path(name: str) -> str:
    """Return the path of a detector's score, in units of the calibrated limit."""
    return f"{name}.score"


def blamed_path(name: str) -> str:
    """Return the path of a detector's verdict on which signal is most to blame."""
    return f"{name}.blamed"


def outputs(spec: DetectorSpec, columns: Sequence[str], max_age_s: float) -> tuple[SignalSpec, SignalSpec]:
    """Return the signals that a detector writes.

    Args:
        spec: The detector.
        columns: Ids of the signals that its model reads, in order; their numbers from 1 on are the codes of `blamed`.
        max_age_s: From when on they are stale.
    """
    limits = Limits(h=spec.limit, on_delay_s=spec.on_delay_s, off_delay_s=spec.off_delay_s)
    title = "" if spec.name == "anomaly" else f" ({spec.name.replace('_', ' ')})"
    score = SignalSpec(
        path=score_path(spec.name),
        name=f"Anomaly score{title}",
        description=f"How unlike normal operation, by the model {spec.model}; above {spec.limit:g} is an alarm",
        limits=limits,
        max_age_s=max_age_s,
        decimals=2,
        derived=True,
    )
    blamed = SignalSpec(
        path=blamed_path(spec.name),
        kind="enum",
        name=f"Most to blame{title}",
        description="The signal with the largest share in the score, while that is beyond its limit",
        codes={NOTHING: "nothing", **dict(enumerate(columns, NOTHING + 1))},
        max_age_s=max_age_s,
        derived=True,
    )
    return score, blamed


def equipped(twin: TwinSpec, found: Iterable[SignalSpec]) -> TwinSpec:
    """Return the twin with further signals; one whose path it has already is left out."""
    known = {signal.path for signal in twin.signals()}
    fresh = tuple(signal for signal in found if signal.path not in known)
    return replace(twin, extra=twin.extra + fresh) if fresh else twin
