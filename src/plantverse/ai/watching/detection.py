"""All detectors of a plant: hot bindings, the sample log by cursor, the worker, and what comes of it.

Nothing here is on the way of a sample. A tick takes what the log has, hands due rows to the worker and goes on; answers
become samples of derived signals, which take the usual way to limits, history and viewers.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from plantverse._clock import Clock
from plantverse.ai.watching.bound import Bound, Judged, State, stale_after_s
from plantverse.ai.watching.cells import Cells
from plantverse.ai.watching.models import WatchedModels
from plantverse.ai.worker import Changed, JobReport, JobSpec, Supervisor, WorkerProcess
from plantverse.ai.worker.supervisor import Event
from plantverse.errors import NotFound
from plantverse.twins import quality as q
from plantverse.twins.detectors import blamed_path, equipped, outputs, score_path
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.identity import split_signal_id
from plantverse.twins.registry import Registry
from plantverse.twins.samples import Flag, LogReader, SampleBatch
from plantverse.twins.specs import DetectorSpec, TwinSpec
from plantverse.twins.telemetry import TelemetryPlane

_log = logging.getLogger(__name__)

SECTION = "detectors"
"""Section of a twin's document."""
LOOK_EVERY_NS = 2_000_000_000
"""How often files of models are looked at."""
ROWS_PER_TURN = 20_000
OUTCOMES = ("judged", "skipped", "dropped", "late", "failed", "lost")
_BAD = q.pack(q.Severity.BAD)
_UNJUDGED = q.NO_READING
_STATES: Mapping[str, State] = {
    "waiting": "starting",
    "loading": "starting",
    "refused": "invalid",
    "failing": "failing",
}


class Planes(Protocol):
    """State of a running plant."""

    @property
    def registry(self) -> Registry:
        """Twins and slots."""

    @property
    def telemetry(self) -> TelemetryPlane:
        """Newest values and the sample log."""

    @property
    def state(self) -> StatePlane:
        """Documents."""

    @property
    def events(self) -> EventLog:
        """What happened."""

    @property
    def clock(self) -> Clock:
        """Time."""


class Detection:
    """The detectors of one running plant.

    Args:
        planes: What it reads and writes.
        commit: Takes samples the rest of their way.
        refresh: Called when signals of twins change because a model did.
        models: Folder of saved models.
        supervisor: Of the worker.
        kinds: Further kinds of models for the worker.
    """

    def __init__(
        self,
        planes: Planes,
        *,
        commit: Callable[[SampleBatch], None],
        refresh: Callable[[], None],
        models: Path,
        supervisor: Supervisor | None = None,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        self._registry, self._telemetry = planes.registry, planes.telemetry
        self._state, self._events = planes.state, planes.events
        self._clock, self._commit, self._refresh = planes.clock, commit, refresh
        self._models = WatchedModels(models)
        self.supervisor = supervisor or Supervisor()
        self._worker = WorkerProcess(self.supervisor, planes.clock, self.take, kinds=kinds)
        self._specs: tuple[DetectorSpec, ...] = ()
        self._former: dict[str, str] = {}
        self._bound: dict[str, Bound] = {}
        self._cells = Cells(())
        self._judged: list[tuple[Bound, Judged]] = []
        self._reader: LogReader | None = None
        self._structure = -1
        self._looked_ns = 0

    def declare(self, detectors: Iterable[DetectorSpec], twins: Iterable[TwinSpec]) -> None:
        """Take the detectors of a plant that is being loaded."""
        self._specs = tuple(detectors)
        self._former = {former: twin.id for twin in twins for former in twin.formerly}
        self._structure = -1

    def equip(self, twin: TwinSpec) -> TwinSpec:
        """Return a twin with the signals of its detectors."""
        mine = [spec for spec in self._specs if spec.twin == twin.id]
        for spec in mine:
            found = self._models.find(spec)
            twin = equipped(twin, outputs(spec, self._names(found.columns), stale_after_s(found.every_s)))
        return twin

    async def run(self) -> None:
        """Run the worker until cancelled."""
        await self._worker.run()

    def tick(self) -> None:
        """Go on: follow the plant and the models, read the log, hand out what is due."""
        now_ns = self._clock.monotonic_ns()
        if self._structure != self._registry.structure_revision:
            self._rebuild(now_ns)
        elif now_ns - self._looked_ns > LOOK_EVERY_NS:
            self._looked_ns = now_ns
            if self._models.changed(self._specs):
                self._structure = -1
                self._refresh()
        self._publish()
        if self._reader is None:
            return
        self._read(self._reader)
        now_us = self._clock.time_ns() / 1e3
        for name, bound in self._bound.items():
            if name in self.supervisor:
                self._ask(name, bound, now_us, now_ns)
        self._worker.wake()

    def take(self, events: Iterable[Event]) -> None:
        """Take what the worker did; verdicts wait for the next tick, because each commit has its price."""
        for event in events:
            bound = self._bound.get(event.job)
            if bound is None:
                continue
            if isinstance(event, Changed):
                self._stand(bound, self.supervisor.report(event.job))
                continue
            asked, at_us = event.tag
            if asked is bound:  # an answer to one that has been replaced since says nothing
                shares = np.frombuffer(event.body["shares"], np.float64)
                self._judged.append((bound, bound.verdict(at_us, event.body["score"], shares)))

    def _publish(self) -> None:
        """Let verdicts become telemetry, and tell of what changed with them."""
        judged = [(bound, verdict) for bound, verdict in self._judged if self._bound.get(bound.spec.id) is bound]
        self._judged.clear()
        if judged:
            self._commit(_samples(judged, self._clock.time_ns()))
        for bound, verdict in judged:
            self._tell(bound, verdict)

    def listed(self) -> list[dict[str, Any]]:
        """Return every detector with its state and counts."""
        jobs = self.supervisor.jobs()
        return [
            {
                "detector": name,
                "twin": bound.spec.twin,
                "name": bound.spec.name,
                **bound.document(),
                "score": f"{bound.spec.twin}:{score_path(bound.spec.name)}",
                "every_s": bound.found.every_s,
                "hash": bound.found.hash,
                "judged": bound.judged,
                "last_us": bound.last_us or None,
                "skipped": bound.steps.skipped if bound.steps is not None else 0,
                **_counts(jobs.get(name)),
            }
            for name, bound in self._bound.items()
        ]

    def models(self) -> list[dict[str, Any]]:
        """Return the saved detectors."""
        return list(self._models.listed())

    def counts(self) -> dict[str, int]:
        """Return rows by what became of them, of all detectors that are bound now."""
        found = self.listed()
        return {name: sum(entry[name] for entry in found) for name in OUTCOMES}

    def worker(self) -> dict[str, Any]:
        """Return how the worker is."""
        return {
            "state": self.supervisor.phase,
            "crashes": self.supervisor.crashes,
            "hangs": self.supervisor.hangs,
            "missed_samples": self._reader.missed if self._reader is not None else 0,
        }

    def _rebuild(self, now_ns: int) -> None:
        """Follow a changed plant; detectors of which nothing changed go on as they are."""
        self._structure = self._registry.structure_revision
        self._telemetry.ensure()
        wanted = {spec.id: self._bind(spec) for spec in self._specs}
        for name in [n for n, b in self._bound.items() if n not in wanted or not b.same_as(wanted[n])]:
            self.supervisor.remove(name, now_ns)
            del self._bound[name]
        self._tidy(wanted.values())
        fresh = [name for name in wanted if name not in self._bound]
        self._bound = {name: self._bound.get(name, bound) for name, bound in wanted.items()}
        self._cells = Cells(self._bound.values())
        for name in fresh:
            self._begin(name, self._bound[name], now_ns)
        if self._bound and self._reader is None:
            self._reader = self._telemetry.log.reader()
        elif not self._bound:
            self._reader = None

    def _bind(self, spec: DetectorSpec) -> Bound:
        found = self._models.find(spec)
        names = self._names(found.columns)
        return Bound(
            spec=spec,
            found=found,
            names=names,
            slots=np.array([self._slot(name) for name in names], np.int32),
            outputs=self._outputs(spec),
        )

    def _begin(self, name: str, bound: Bound, now_ns: int) -> None:
        there = bound.slots[bound.slots >= 0]
        if bound.outputs is None:
            taken = bound.spec.twin in self._registry
            text = "the twin has signals of that name of its own" if taken else f"no twin {bound.spec.twin}"
            self._set(bound, "invalid" if taken else "no_twin", text)
        elif bound.found.problem:
            self._set(bound, "no_model" if bound.found.missing else "invalid", bound.found.problem, bound.found.hint)
        elif self._mixes(bound):
            self._set(
                bound, "invalid", "it would judge a real twin by signals of synthetic ones", "bind it to one of those"
            )
        elif not len(there):
            self._set(bound, "no_signals", f"none of its {len(bound.names)} signals is in the plant", "fit a new model")
        else:
            plane = self._telemetry
            known = there[plane.revision[there] > 0]
            value = np.where(plane.quality[known] >= _BAD, np.nan, plane.value[known])
            self._cells.take(known, value, plane.observed_ns[known] / 1e3)
            bound.message = _missing(bound)
            self._set(bound, "starting", bound.message)
            job = JobSpec(kind="detector", folder=str(bound.found.folder), expected_hash=bound.found.hash)
            self.supervisor.add(name, job, now_ns)

    def _mixes(self, bound: Bound) -> bool:
        """Return whether what is found in synthetic signals would be told of a real twin, and kept in its history."""
        synthetic = self._registry.is_synthetic
        return not synthetic(bound.spec.twin) and any(synthetic(split_signal_id(name)[0]) for name in bound.names)

    def _names(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the present names of signals: a renamed twin is still the one that the model knows."""
        parts = ((split_signal_id(name), name) for name in columns)
        return tuple(f"{self._former[twin]}:{path}" if twin in self._former else name for (twin, path), name in parts)

    def _slot(self, name: str) -> int:
        try:
            return self._registry.slot(name)
        except NotFound:
            return -1

    def _outputs(self, spec: DetectorSpec) -> tuple[int, int] | None:
        slots = tuple(self._slot(f"{spec.twin}:{path(spec.name)}") for path in (score_path, blamed_path))
        ours = all(slot >= 0 and self._registry.specs[slot].derived for slot in slots)
        return (slots[0], slots[1]) if ours else None

    def _read(self, reader: LogReader) -> None:
        while (batch := self._telemetry.log.read(reader, ROWS_PER_TURN)) is not None:
            retained = batch.flags & (Flag.RETAINED | Flag.STAMPED) == Flag.RETAINED
            nothing = (batch.flags & Flag.VALUELESS != 0) | (batch.quality >= _BAD)
            value = np.where(nothing, np.nan, batch.value)
            # What the broker kept without a time says nothing about now.
            at_us = np.where(retained, -np.inf, batch.observed_ns / 1e3)
            self._cells.take(batch.slot, value, at_us)

    def _ask(self, name: str, bound: Bound, now_us: float, now_ns: int) -> None:
        due = bound.due(now_us)
        if due is None:
            return
        at_us, row = due
        deadline_ns = now_ns + round(bound.deadline_s * 1e9)
        self.supervisor.ask(name, {"row": row.tobytes()}, deadline_ns=deadline_ns, now_ns=now_ns, tag=(bound, at_us))

    def _tell(self, bound: Bound, judged: Judged) -> None:
        """Tell of what changed with a verdict, beside its signals."""
        was = self._state.get(bound.spec.twin).get(SECTION, {}).get(bound.spec.name, {})
        self._stand(bound, self.supervisor.report(bound.spec.id), judged=not np.isnan(judged.score))
        body = bound.news(judged.at_us)
        if body is not None:
            self._events.append("anomaly", bound.spec.twin, self._clock.time_ns(), body)
        if bound.telling(judged.at_us, changed=bool(was.get("beyond")) != bool(bound.shares)):
            self._show(bound)

    def _stand(self, bound: Bound, report: JobReport, *, judged: bool | None = None) -> None:
        """Say how a detector stands, after its worker or its rows changed."""
        if report.state != "ready":
            bound.shares = []
            self._set(bound, _STATES[report.state], report.message or _missing(bound), report.hint)
            return
        state: State = bound.state if bound.state in {"watching", "waiting"} else "starting"
        if judged is not None:
            state = "watching" if judged else "waiting"
        text = "no value of its signals is fresh" if state == "waiting" else ""
        self._set(bound, state, report.message or text or _missing(bound), report.hint)

    def _set(self, bound: Bound, state: State, message: str, hint: str = "") -> None:
        told = (bound.state, bound.message, bound.hint) == (state, message, hint)
        moved = bound.state != state
        bound.state, bound.message, bound.hint = state, message, hint
        if told and self._shown(bound):
            return
        if moved:
            level = logging.INFO if state in {"starting", "watching"} else logging.WARNING
            _log.log(level, "detector %s is %s: %s", bound.spec.id, state, message or "well")
        self._show(bound)

    def _shown(self, bound: Bound) -> bool:
        return bound.spec.name in self._state.get(bound.spec.twin).get(SECTION, {})

    def _show(self, bound: Bound) -> None:
        if bound.spec.twin in self._registry:
            self._state.patch(bound.spec.twin, {SECTION: {bound.spec.name: bound.document()}})

    def _tidy(self, wanted: Iterable[Bound]) -> None:
        """Take what was said of detectors that are no more out of the documents."""
        there = {bound.spec.id for bound in wanted}
        for twin_id, name in list(self._documented()):
            if f"{twin_id}:{name}" not in there:
                self._state.patch(twin_id, {SECTION: {name: None}})

    def _documented(self) -> Iterator[tuple[str, str]]:
        for twin_id, document in self._state:
            for name in document.get(SECTION, {}):
                yield twin_id, name


def _samples(judged: Sequence[tuple[Bound, Judged]], now_ns: int) -> SampleBatch:
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
    batch = SampleBatch.of(slot, value, at_ns, now_ns, quality=np.where(there, q.GOOD, _UNJUDGED))
    batch.value[~there] = np.nan
    batch.flags[~there] |= np.uint8(Flag.VALUELESS)
    return batch


def _missing(bound: Bound) -> str:
    missing = bound.missing
    if not missing:
        return ""
    first = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
    return f"{len(missing)} of its {len(bound.names)} signals are not in the plant: {first}"


def _counts(report: JobReport | None) -> dict[str, int]:
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
