"""What detection says of itself: verdicts as samples, what is missing in words, counts."""

from collections.abc import Sequence

import numpy as np

from plantverse.ai.watching.bound import Bound, Judged
from plantverse.ai.worker import JobReport
from plantverse.twins import quality as q
from plantverse.twins.samples import Flag, SampleBatch

UNJUDGED = q.NO_READING


def samples_of(judged: Sequence[tuple[Bound, Judged]], now_ns: int) -> SampleBatch:
    """Return score and blame of each verdict; of a row that could not be judged only that."""
    slot: list[int] = []
    value: list[float] = []
    at_ns: list[int] = []
    known: list[bool] = []
    for bound, verdict in judged:
        assert bound.outputs is not None, "a detector without outputs is not asked"
        slot += bound.outputs
        value += [verdict.score, verdict.blamed]
        at_ns += [round(verdict.at_us * 1e3)] * 2
        known += [not np.isnan(verdict.score)] * 2
    there = np.array(known)
    batch = SampleBatch.of(slot, value, at_ns, now_ns, quality=np.where(there, q.GOOD, UNJUDGED))
    batch.value[~there] = np.nan
    batch.flags[~there] |= np.uint8(Flag.VALUELESS)
    return batch


def missing_text(bound: Bound) -> str:
    """Return which signals of its model a plant does not have, "" for none."""
    missing = bound.missing
    if not missing:
        return ""
    first = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
    return f"{len(missing)} of its {len(bound.names)} signals are not in the plant: {first}"


def counts_of(report: JobReport | None) -> dict[str, int]:
    """Return the counts of a job, zeros where there is none."""
    if report is None:
        return {"asked": 0, "dropped": 0, "late": 0, "failed": 0, "lost": 0, "crashes": 0}
    counts = report.counts
    return {
        "asked": counts.asked,
        "dropped": counts.dropped,
        "late": counts.late,
        "failed": counts.failed,
        "lost": counts.lost,
        "crashes": report.crashes,
    }
