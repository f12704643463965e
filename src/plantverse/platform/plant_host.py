"""The plant as it stands now: twins of the plant file, of its topic patterns and of unknown topics.

Everything that changes the set of twins goes through here, so that planes, ingestion, alarms and history learn of it
in one order. Changes are hot: a reload touches only the twins that differ.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from plantverse._clock import Clock
from plantverse.errors import Conflict, NotFound, PlantInvalid
from plantverse.platform.geometry import GeometryShelf
from plantverse.platform.surroundings import files_of
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.interop.plant_editor import PlantEditor
from plantverse.twins.interop.plant_toml import LoadedPlant, read_plant
from plantverse.twins.plant import PlantChanges, plant_changes
from plantverse.twins.registry import Registry
from plantverse.twins.specs import DetectorSpec, Placement, PlantSpec, TwinSpec
from plantverse.twins.telemetry import TelemetryPlane

_log = logging.getLogger(__name__)


class Rename(Protocol):
    """Carries what is kept under a twin id over to another one."""

    def __call__(self, old: str, spec: TwinSpec) -> None:
        """Twin `old` is `spec.id` from now on."""


class Equipment(Protocol):
    """Gives twins further signals before they are registered, those of their detectors."""

    def declare(self, detectors: Iterable[DetectorSpec], twins: Iterable[TwinSpec]) -> None:
        """Take what a plant declares, before its twins are equipped."""

    def equip(self, twin: TwinSpec) -> TwinSpec:
        """Return the twin with its further signals."""


class PlantHost:
    """Owner of the registry.

    Attributes:
        plant: The file's plant as it was read last, its twins equipped.
        problem: Why the file on disk is not what runs, "" where it is.
        equipment: Gives twins further signals, None for none.
        on_change: Called after the set of twins or signals changed, in order.
        on_rename: Called for a twin that goes on under another id, before `on_change`.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        telemetry: TelemetryPlane,
        state: StatePlane,
        events: EventLog,
        clock: Clock,
        path: Path | None,
        shelf: GeometryShelf,
    ) -> None:
        self._registry = registry
        self._telemetry = telemetry
        self._state = state
        self._events = events
        self._clock = clock
        self.path = path
        self.shelf = shelf
        self.plant = LoadedPlant(spec=PlantSpec(name="plant"))
        self.problem = ""
        self.on_change: list[Callable[[], None]] = []
        self.on_rename: list[Rename] = []
        self.equipment: Equipment | None = None
        self._read = self.plant
        self._appeared: dict[str, str] = {}
        self._marks: dict[Path, int] = {}

    @property
    def editable(self) -> bool:
        """Whether the viewer may change the plant: it is a TOML file."""
        return self.path is not None and self.path.suffix == ".toml"

    def load(self, loaded: LoadedPlant) -> PlantChanges:
        """Make the registry what a plant file says, touching only what differs."""
        self._read = loaded
        loaded = self._equipped(loaded)
        before = self.plant.spec
        changes = plant_changes(before, loaded.spec)
        first = not self.plant.files and not len(self._registry)
        self.plant = loaded
        self.problem = ""
        self._marks = {file: _mark(file) for file in loaded.files}
        for old, twin in changes.renamed:
            if self._registry.is_synthetic(old) == (twin.synthetic is not None):
                self._rename(old, twin)
            else:
                self._remove(old)
                self._registry.add(twin)
        for twin in changes.changed:
            self._replace(twin)
        for twin_id in changes.removed:
            self._remove(twin_id)
        for twin in changes.added:
            if twin.id in self._registry:
                self._appeared.pop(twin.id, None)
                self._replace(twin)
            else:
                self._registry.add(twin)
        again = self._match_again()
        if changes or first or again:
            self._changed(changes, first=first)
        self.shelf.want(self.path.parent if self.path else None, files_of(loaded.spec))
        if not first and (before.hall, before.floor) != (loaded.spec.hall, loaded.spec.floor):
            self._tell_scene()
        return changes

    def look_at_geometry(self) -> None:
        """Take meshes and drawings that are ready, and have twins and viewers learn of them."""
        news = self.shelf.tick()
        if not news:
            return
        for entry in self._registry:
            if entry.spec.looks().mesh in news:
                self._registry.renew(entry.spec.id)
        for name in sorted(news):
            if problem := self.shelf.offer(name).problem:
                self._events.append("system", "", self._clock.time_ns(), {"level": "warning", "message": problem})
        spec = self.plant.spec
        if (spec.hall and spec.hall.mesh in news) or (spec.floor and spec.floor.image in news):
            self._tell_scene()

    def _tell_scene(self) -> None:
        self._events.append("structure", "", self._clock.time_ns(), {"change": "scene"})

    def refresh(self) -> None:
        """Equip the plant's twins again; what changed on disk meanwhile is left to `reload_if_changed`."""
        marks = self._marks
        self.load(self._read)
        self._marks = marks

    def reload_if_changed(self) -> PlantChanges | None:
        """Read the file again if it changed on disk; a faulty one leaves the plant as it is and says so once."""
        self.look_at_geometry()
        if all(_mark(file) == mark for file, mark in self._marks.items()):
            return None
        self._marks = {file: _mark(file) for file in self._marks}
        if self.path is None:
            return None
        try:
            return self.load(read_plant(self.path))
        except PlantInvalid as exc:
            self.problem = str(exc)
            _log.error("the plant file is not taken, the plant goes on as it was: %s", exc)
            self._events.append(
                "system", "", self._clock.time_ns(), {"level": "error", "message": f"plant file not taken: {exc}"}
            )
            return None

    def bind(self, twin: TwinSpec) -> None:
        """Write a twin, or more signals and bindings of it, into the plant file."""
        editor = self._editor()
        editor.bind(twin)
        self.load(editor.save(merge=True))

    def place(self, twin_id: str, placement: Placement | None) -> None:
        """Write where a twin stands into the plant file."""
        editor = self._editor()
        editor.place(twin_id, placement)
        self.load(editor.save(merge=True))

    def rename(self, old: str, new: str) -> None:
        """Give a twin of the plant file another id; history, document and place go with it."""
        editor = self._editor()
        editor.rename(old, new)
        self.load(editor.save(merge=True))

    def watch(self, detector: DetectorSpec) -> None:
        """Write a detector into the plant file, in place of the one of that twin and name."""
        editor = self._editor()
        editor.watch(detector)
        self.load(editor.save(merge=True))

    def unwatch(self, twin_id: str, name: str) -> None:
        """Take a detector out of the plant file."""
        editor = self._editor()
        editor.unwatch(twin_id, name)
        self.load(editor.save(merge=True))

    def appear(self, topics: Iterable[str]) -> set[str]:
        """Make twins for topics that a pattern knows, and return those topics."""
        fresh: list[TwinSpec] = []
        known: set[str] = set()
        for topic in topics:
            twin = self._match(topic)
            if twin is None:
                continue
            known.add(topic)
            if twin.id not in self._registry:
                self._registry.add(twin)
                self._appeared[twin.id] = topic
                fresh.append(twin)
        if fresh:
            self._changed(PlantChanges(added=tuple(fresh)), first=False)
        return known

    def add_own(self, twin: TwinSpec) -> None:
        """Add a twin that stands for a part of the platform itself; one that is there already stays.

        Raises:
            Conflict: The plant has a twin of that id.
        """
        if twin.id in self._registry:
            if self._registry.get(twin.id).spec.source != twin.source:
                raise Conflict(f"twin {twin.id} is declared in {self._registry.get(twin.id).spec.source or 'code'}")
            return
        self._registry.add(twin)
        self._changed(PlantChanges(added=(twin,)), first=False)

    def stand(self, twin: TwinSpec) -> None:
        """Put up a twin that stands in no file, or change it."""
        if twin.id not in self._registry:
            self._registry.add(twin)
            self._changed(PlantChanges(added=(twin,)), first=False)
        elif self._registry.get(twin.id).spec != twin:
            self._replace(twin)
            self._changed(PlantChanges(changed=(twin,)), first=False)

    def unstand(self, twin_id: str) -> None:
        """Take such a twin away."""
        self._remove(twin_id)
        self._changed(PlantChanges(removed=(twin_id,)), first=False)

    def discover(self, twins: list[TwinSpec]) -> None:
        """Show topics that nothing reads as twins without signals."""
        for twin in twins:
            if twin.id not in self._registry:
                self._registry.add(twin, discovered=True)

    def undiscover(self, twin_ids: list[str]) -> None:
        """Take discovered twins away again."""
        for twin_id in twin_ids:
            if twin_id in self._registry and self._registry.get(twin_id).discovered:
                self._remove(twin_id)

    def _equipped(self, loaded: LoadedPlant) -> LoadedPlant:
        if self.equipment is None:
            return loaded
        spec = loaded.spec
        self.equipment.declare(spec.detectors, spec.twins)
        return replace(loaded, spec=replace(spec, twins=tuple(map(self.equipment.equip, spec.twins))))

    def _match(self, topic: str) -> TwinSpec | None:
        twin = self.plant.match(topic)
        return twin if twin is None or self.equipment is None else self.equipment.equip(twin)

    def _editor(self) -> PlantEditor:
        if self.path is None or not self.editable:
            raise Conflict(
                "this plant is Python code, which the platform does not edit",
                hint="keep the types in Python and the twins in plant.toml",
            )
        return PlantEditor(self.path)

    def _rename(self, old: str, twin: TwinSpec) -> None:
        """The twin goes on under another id and other slots: values and document move along."""
        before = self._registry.get(old)
        entry = self._registry.add(twin)
        self._telemetry.ensure()
        pairs = [(before.slots[p], entry.slots[p]) for p in entry.slots if p in before.slots]
        for was, now in pairs:
            if self._telemetry.revision[was]:
                self._telemetry.restore(
                    np.array([now]),
                    self._telemetry.value[[was]],
                    self._telemetry.observed_ns[[was]],
                    exact=self._telemetry.exact[[was]],
                    has_exact=self._telemetry.exact_set[[was]],
                )
        self._state.rename(old, twin.id)
        self._registry.remove(old)
        for move in self.on_rename:
            move(old, twin)

    def _replace(self, twin: TwinSpec) -> None:
        was_synthetic = self._registry.is_synthetic(twin.id)
        self._registry.replace(twin)
        if was_synthetic != (twin.synthetic is not None):
            # What was reported and wished for belongs to the other kind of data.
            self._state.patch(twin.id, dict.fromkeys(self._state.get(twin.id)))

    def _remove(self, twin_id: str) -> None:
        self._registry.remove(twin_id)
        self._state.remove(twin_id)
        self._appeared.pop(twin_id, None)

    def _match_again(self) -> bool:
        """Twins of patterns follow their pattern: changed where it changed, gone where it is gone."""
        differ = False
        for twin_id, topic in list(self._appeared.items()):
            twin = self._match(topic)
            if twin is None or twin.id != twin_id:
                self._remove(twin_id)
                differ = True
            elif twin != self._registry.get(twin_id).spec:
                self._replace(twin)
                differ = True
        return differ

    def _changed(self, changes: PlantChanges, *, first: bool) -> None:
        self._telemetry.ensure()
        if not first:
            now_ns = self._clock.time_ns()
            for what, ids in (
                ("added", [t.id for t in changes.added]),
                ("changed", [t.id for t in changes.changed]),
                ("removed", list(changes.removed)),
            ):
                for twin_id in ids:
                    self._events.append("structure", twin_id, now_ns, {"change": what})
            for old, twin in changes.renamed:
                self._events.append("structure", twin.id, now_ns, {"change": "renamed", "from": old})
        for tell in self.on_change:
            tell()


def _mark(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return -1


def require_twin(registry: Registry, twin_id: str) -> None:
    """Pass if the twin exists.

    Raises:
        NotFound: With the nearest id that does.
    """
    if twin_id in registry:
        return
    tail = twin_id.rsplit("/", 1)[-1]
    near = next((e.spec.id for e in registry if e.spec.id.rsplit("/", 1)[-1] == tail), None)
    raise NotFound(f"no twin {twin_id}", hint=f"did you mean {near}?" if near else "`plantverse plant ls` lists them")
