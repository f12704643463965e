"""One detector of the plant at work: its rows, its verdicts, and how it stands."""

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.detectors.core import Row
from plantverse.ai.live import LiveRows, Steps
from plantverse.ai.watching.models import Found
from plantverse.twins.detectors import NOTHING
from plantverse.twins.specs import DetectorSpec

State = Literal["no_model", "invalid", "no_twin", "no_signals", "starting", "waiting", "watching", "failing"]
"""`waiting`: no value of its signals is fresh enough to judge."""
STATES = frozenset(get_args(State))
SHOWN = 8
"""Signals whose share is told."""
LEAST_SHARE = 0.01
TOLD_EVERY_US = 1e6
TOLD_CHANGE = 0.05
"""Shares change a little with every row; documents are stored and sent to everybody, they get what an eye would see."""
LEAST_DEADLINE_S = 1.0
STALE_ROWS = 5
LEAST_STALE_S = 5.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict in the plant's terms.

    Attributes:
        at_us: Of the row.
        score: NaN where the row could not be judged.
        blamed: Code of the signal that is most to blame, `NOTHING` while the score is within its limit.
    """

    at_us: float
    score: float
    blamed: int


@dataclass(slots=True)
class Episode:
    """The score is beyond its limit.

    Attributes:
        since_us: Its first row.
        shares: Of that row, before the blame spreads.
        peak: Highest score.
        told: Whether it has lasted for the on-delay, and was told of.
        last_us: Its newest row beyond the limit.
    """

    since_us: float
    shares: list[dict[str, Any]]
    peak: float
    told: bool = False
    last_us: float = 0.0


@dataclass(slots=True, kw_only=True)
class Bound:
    """A detector with the signals that it found.

    Attributes:
        names: Ids of its signals, as they are called now.
        slots: Slot of each, -1 where there is none.
        outputs: Slots of score and blame, None while there is no such twin.
        judged: Rows with a verdict.
        runs_on: Place that it was left to; "" here.
    """

    spec: DetectorSpec
    found: Found
    names: Sequence[str]
    slots: NDArray[np.int32]
    outputs: tuple[int, int] | None
    state: State = "starting"
    message: str = ""
    hint: str = ""
    judged: int = 0
    last_us: float = 0.0
    runs_on: str = ""
    shares: list[dict[str, Any]] = field(default_factory=list)
    episode: Episode | None = None
    rows: LiveRows = field(init=False)
    steps: Steps | None = None
    _told_us: float = 0.0
    _told: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = LiveRows(self.names, self.found.hold_s)

    @property
    def missing(self) -> list[str]:
        """Signals of the model that the plant does not have."""
        return [name for name, slot in zip(self.names, self.slots, strict=True) if slot < 0]

    def same_as(self, other: "Bound") -> bool:
        """Return whether it can go on as it is in the place of another one."""
        same = self.spec == other.spec and self.found == other.found and self.names == other.names
        return same and self.outputs == other.outputs and np.array_equal(self.slots, other.slots)

    def pinned(self) -> DetectorSpec:
        """Return what was declared, with the one model that it means now."""
        return replace(self.spec, version=self.found.version, hash=self.found.hash, source="")

    def due(self, now_us: float) -> tuple[float, Row] | None:
        """Return the moment and the row that are to be judged now, if any are."""
        if self.steps is None:
            self.steps = Steps(self.found.every_s, now_us, _phase(self.spec.id))
        at_us = self.steps.take(now_us)
        return None if at_us is None else (at_us, self.rows.row(at_us))

    @property
    def deadline_s(self) -> float:
        """How long after its moment a verdict is of use."""
        return max(2 * self.found.every_s, LEAST_DEADLINE_S)

    def verdict(self, at_us: float, score: float | None, shares: NDArray[np.float64]) -> Judged:
        """Take what the worker says of a row."""
        self.judged += 1
        self.last_us = at_us
        if score is None or not math.isfinite(score):
            self.shares = []
            return Judged(at_us, math.nan, NOTHING)
        if score <= self.spec.limit:
            self.shares = []
            return Judged(at_us, score, NOTHING)
        self.shares = self._shown(shares)
        if self.episode is None:
            self.episode = Episode(at_us, self.shares, score)
        self.episode.peak, self.episode.last_us = max(self.episode.peak, score), at_us
        return Judged(at_us, score, NOTHING + 1 + int(shares.argmax()) if shares.any() else NOTHING)

    def news(self, at_us: float) -> dict[str, Any] | None:
        """Return the body of an event where an anomaly began or ended, after the delays of the alarm."""
        episode = self.episode
        if episode is None:
            return None
        facts = {"detector": self.spec.id, "model": self.spec.model, "peak": round(episode.peak, 3)}
        if self.shares and not episode.told and at_us - episode.since_us >= self.spec.on_delay_s * 1e6:
            episode.told = True
            return {**facts, "action": "began", "since_us": episode.since_us, "blamed": episode.shares}
        if self.shares:
            return None
        if not episode.told:
            self.episode = None
        elif at_us - episode.last_us >= self.spec.off_delay_s * 1e6:
            self.episode = None
            return {**facts, "action": "ended", "since_us": episode.since_us, "blamed": episode.shares}
        return None

    def hear(self, heard: Mapping[str, Any]) -> None:
        """Take over how it stands where it runs; signals that it does not read are left out."""
        self.state, self.message, self.hint = heard["state"], heard.get("message", ""), heard.get("hint", "")
        self.shares, first = (
            [share for share in heard.get(key, []) if share["signal"] in self.names][:SHOWN]
            for key in ("shares", "first")
        )
        self.episode = Episode(heard.get("since_us", 0.0), first, math.nan) if self.shares else None

    def document(self) -> dict[str, Any]:
        """Return what people should see of it beside its signals."""
        return {
            "state": self.state,
            "runs_on": self.runs_on,
            "message": self.message,
            "hint": self.hint,
            "model": self.spec.model,
            "version": self.found.version,
            "method": self.found.method,
            "limit": self.spec.limit,
            "signals": len(self.names) - len(self.missing),
            "missing": self.missing[:SHOWN],
            "beyond": bool(self.shares),
            "since_us": self.episode.since_us if self.episode is not None and self.shares else 0,
            "shares": self.shares,
            "first": self.episode.shares if self.episode is not None and self.shares else [],
        }

    def telling(self, at_us: float, *, changed: bool) -> bool:
        """Return whether the document is to be written now."""
        if not changed and (abs(at_us - self._told_us) < TOLD_EVERY_US or not self._moved()):
            return False
        self._told_us, self._told = at_us, self.shares
        return True

    def _moved(self) -> bool:
        before = {share["signal"]: share["share"] for share in self._told}
        return any(abs(share["share"] - before.get(share["signal"], 0.0)) >= TOLD_CHANGE for share in self.shares)

    def _shown(self, shares: NDArray[np.float64]) -> list[dict[str, Any]]:
        order = np.argsort(-shares, kind="stable")[:SHOWN]
        return [
            {"signal": self.names[i], "share": round(float(shares[i]), 2)} for i in order if shares[i] >= LEAST_SHARE
        ]


def _phase(name: str) -> float:
    """Return a share of a step that belongs to a name, so that detectors take turns, the same after a restart."""
    return zlib.crc32(name.encode()) / 2**32


def stale_after_s(every_s: float) -> float:
    """Return from when on a score is old."""
    return max(STALE_ROWS * every_s, LEAST_STALE_S)
