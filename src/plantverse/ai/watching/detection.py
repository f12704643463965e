"""All detectors of a plant: hot bindings, the sample log by cursor, the worker, and what comes of it.

Nothing here is on the way of a sample. A tick takes what the log has, hands due rows to the worker and goes on; answers
become samples of derived signals, which take the usual way to limits, history and viewers.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from plantverse.ai.models.file import ARRAYS_FILE, FACTS_FILE
from plantverse.ai.watching.bound import STATES, Bound, Judged, State, stale_after_s
from plantverse.ai.watching.cells import Cells
from plantverse.ai.watching.models import WatchedModels
from plantverse.ai.watching.planes import Planes
from plantverse.ai.watching.telling import counts_of, missing_text, samples_of
from plantverse.ai.worker import Changed, JobReport, JobSpec, Supervisor, WorkerProcess
from plantverse.ai.worker.supervisor import Event
from plantverse.errors import NotFound
from plantverse.twins import quality as q
from plantverse.twins.detectors import blamed_path, equipped, outputs, score_path
from plantverse.twins.identity import split_signal_id
from plantverse.twins.samples import Flag, LogReader, SampleBatch
from plantverse.twins.specs import DetectorSpec, TwinSpec

_log = logging.getLogger(__name__)

SECTION = "detectors"
"""Section of a twin's document."""
LOOK_EVERY_NS = 2_000_000_000
"""How often files of models are looked at."""
ROWS_PER_TURN = 20_000
OUTCOMES = ("judged", "skipped", "dropped", "late", "failed", "lost")
_BAD = q.pack(q.Severity.BAD)
_STATES: Mapping[str, State] = {
    "waiting": "starting",
    "loading": "starting",
    "refused": "invalid",
    "failing": "failing",
}


class Detection:
    """The detectors of one running plant.

    Args:
        planes: What it reads and writes.
        commit: Takes samples the rest of their way.
        refresh: Called when signals of twins change because a model did.
        models: Folder of saved models.
        supervisor: Of the worker.
        kinds: Further kinds of models for the worker.
        wake: Wakes a worker that is shared with others, who hand on what it did by `take`; None has one of its own.
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
        wake: Callable[[], None] | None = None,
    ) -> None:
        self._registry, self._telemetry = planes.registry, planes.telemetry
        self._state, self._events = planes.state, planes.events
        self._clock, self._commit, self._refresh = planes.clock, commit, refresh
        self._models = WatchedModels(models)
        self.supervisor = supervisor or Supervisor()
        self._worker = WorkerProcess(self.supervisor, planes.clock, self.take, kinds=kinds)
        self._wake = wake or self._worker.wake
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

    def close(self) -> None:
        """Let go of what a shared worker does for it."""
        for name in self._bound:
            self.supervisor.remove(name, self._clock.monotonic_ns())
        self._bound.clear()
        self._reader = None

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
            if name in self.supervisor and not bound.runs_on:
                self._ask(name, bound, now_us, now_ns)
        self._wake()

    def take(self, events: Iterable[Event]) -> None:
        """Take what the worker did; verdicts wait for the next tick, because each commit has its price."""
        for event in events:
            bound = self._bound.get(event.job)
            if bound is None or bound.runs_on:
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
            self._commit(samples_of(judged, self._clock.time_ns()))
        for bound, verdict in judged:
            self._tell(bound, verdict)

    def portable(self, twins: Collection[str]) -> list[tuple[DetectorSpec, tuple[Path, Path]]]:
        """Return the detectors that can run wherever these twins are decoded, pinned to their model, and its files.

        They need nothing but signals of these twins, under the names that the model knows.
        """
        return [
            (bound.pinned(), (bound.found.folder / FACTS_FILE, bound.found.folder / ARRAYS_FILE))
            for name, bound in self._bound.items()
            if name in self.supervisor
            and not bound.missing
            and tuple(bound.names) == bound.found.columns
            and all(split_signal_id(signal)[0] in twins for signal in (f"{bound.spec.twin}:", *bound.names))
        ]

    def outputs(self, detector: str) -> tuple[int, ...]:
        """Return the slots that a detector writes."""
        bound = self._bound.get(detector)
        return bound.outputs or () if bound is not None else ()

    def leave_to(self, places: Mapping[str, str]) -> None:
        """Leave detectors to whoever runs them now, by id, and take up all others again."""
        for name, bound in self._bound.items():
            place = places.get(name, "")
            if place == bound.runs_on:
                continue
            # Steps that somebody else took are none that were missed.
            bound.runs_on, bound.shares, bound.episode, bound.steps = place, [], None, None
            self._set(bound, "starting", "")
            self._show(bound)

    def hear(self, detector: str, place: str, heard: Mapping[str, Any]) -> None:
        """Take what a place says of a detector that was left to it; of another one it is ignored.

        Args:
            detector: Its id.
            place: Who says so.
            heard: Members of a detector's document: state, message, hint, since_us, shares, first.
        """
        bound = self._bound.get(detector)
        if bound is not None and place and bound.runs_on == place and heard.get("state") in STATES:
            bound.hear(heard)
            self._show(bound)

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
                **counts_of(jobs.get(name)),
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
            bound.message = missing_text(bound)
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
            self._set(bound, _STATES[report.state], report.message or missing_text(bound), report.hint)
            return
        state: State = bound.state if bound.state in {"watching", "waiting"} else "starting"
        if judged is not None:
            state = "watching" if judged else "waiting"
        text = "no value of its signals is fresh" if state == "waiting" else ""
        self._set(bound, state, report.message or text or missing_text(bound), report.hint)

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
