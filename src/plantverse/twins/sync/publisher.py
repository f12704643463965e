"""The server half of sync that all sessions share: groups of equal selectors and frames encoded once.

A group is one selector's view of the registry. Its frame for "everything after revision r" is made on the first
request of a tick and handed to every session that stands at r.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from plantverse._clock import Clock
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry, TwinEntry
from plantverse.twins.revision import Revision
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.selectors import Selector, parse
from plantverse.twins.sync.frames import BATCH, LATEST, encode_frame
from plantverse.twins.sync.messages import Presence, TwinInfo
from plantverse.twins.sync.structure import MeshOffer, no_meshes, twin_info
from plantverse.twins.telemetry import TelemetryPlane

MAX_ROWS = 65_536
"""Rows of a frame (rule F6): 1.4 MB, some 30 ms of a gigabit link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOptions:
    """Limits of the protocol's server side.

    Attributes:
        tick_ms: Frames of a session are at least so far apart; the mean wait of a sample is half of it.
        ack_window: Unacknowledged frames per session (rule F3).
        ack_timeout_s: Without an acknowledgement for so long a session ends (rule F4).
        heartbeat_s: An empty frame when nothing changed (rule C2).
        max_subscriptions: Per session.
        events_per_message: Events packed into one message.
    """

    tick_ms: float = 33.0
    ack_window: int = 2
    ack_timeout_s: float = 30.0
    heartbeat_s: float = 1.0
    max_subscriptions: int = 64
    events_per_message: int = 256


@dataclass(slots=True)
class Group:
    """What one selector names, kept up to date with the registry.

    Attributes:
        slots: intp, ascending.
        twins: Twin ids.
        member: bool per slot, for filtering the sample log.
    """

    selector: Selector
    structure: int = -1
    slots: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    twins: frozenset[str] = frozenset()
    member: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    frames: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    frames_at: int = -1


class SyncPublisher:
    """Frames, structure and documents for any number of sessions.

    Args:
        origin: Lasting identity of this server.
        epoch: Which run of it this is.
        plant: Name shown to clients.
        meshes: What there is of the mesh files that twins name.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        telemetry: TelemetryPlane,
        state: StatePlane,
        events: EventLog,
        revision: Revision,
        clock: Clock,
        origin: str,
        epoch: int,
        plant: str,
        options: SyncOptions | None = None,
        meshes: Callable[[str], MeshOffer] = no_meshes,
    ) -> None:
        self.registry = registry
        self.telemetry = telemetry
        self.state = state
        self.events = events
        self.revision = revision
        self.clock = clock
        self.origin = origin
        self.epoch = epoch
        self.plant = plant
        self.options = options or SyncOptions()
        self._meshes = meshes
        self.people: dict[int, tuple[str, Presence]] = {}
        self.people_version = 0
        self.frames_encoded = 0
        self._groups: dict[str, Group] = {}
        self._infos: dict[str, tuple[int, TwinInfo]] = {}
        self._next_client = 0

    def new_client(self) -> int:
        """Return the number of a new session."""
        self._next_client += 1
        return self._next_client

    def group(self, selector: str) -> Group:
        """Return the group of a selector, brought up to date.

        Raises:
            SelectorInvalid: It does not parse.
        """
        group = self._groups.get(selector)
        if group is None:
            group = self._groups[selector] = Group(parse(selector))
        if group.structure != self.registry.structure_revision:
            self._refresh(group)
        return group

    def drop_unused(self, used: Iterable[str]) -> None:
        """Forget the groups that no session needs any more."""
        keep = set(used)
        for selector in [s for s in self._groups if s not in keep]:
            del self._groups[selector]

    def info(self, entry: TwinEntry) -> TwinInfo:
        """Return a twin's structure, made once per change."""
        known = self._infos.get(entry.spec.id)
        if known is not None and known[0] == entry.revision:
            return known[1]
        ages = self.registry.max_age_ns
        limits = {slot: 0.0 if ages[slot] >= 1 << 62 else float(ages[slot]) / 1e9 for slot in entry.slots.values()}
        info = twin_info(entry, limits, self._meshes)
        self._infos[entry.spec.id] = (entry.revision, info)
        return info

    def forget(self, twin_id: str) -> None:
        """Let go of what was kept for a removed twin."""
        self._infos.pop(twin_id, None)

    def latest(self, group: Group, since: int) -> tuple[bytes, int]:
        """Return (frame with the newest values changed after `since`, revision that it brings the reader to)."""
        telemetry = self.telemetry
        if group.frames_at != telemetry.last_change:
            group.frames.clear()
            group.frames_at = telemetry.last_change
        made = group.frames.get(since)
        if made is None:
            made = group.frames[since] = self._encode_latest(group, since)
        return made

    def batch(self, group: Group, rows: SampleBatch) -> bytes:
        """Return a frame with every row of the log batch that belongs to the group, in order of arrival."""
        mine = rows.take(group.member[rows.slot] if len(group.member) else np.zeros(len(rows), np.bool_))
        exact_rows = np.flatnonzero((mine.flags & Flag.EXACT) != 0)
        exact = None if mine.exact is None else mine.exact[exact_rows]
        self.frames_encoded += 1
        return encode_frame(
            kind=BATCH,
            subscription=0,
            revision=0,
            time_us=self.clock.time_ns() / 1e3,
            slot=mine.slot.astype(np.uint32),
            value=mine.value,
            observed_us=mine.observed_ns / 1e3,
            quality=mine.quality,
            exact=exact,
            exact_row=exact_rows.astype(np.uint32),
        )

    def empty(self) -> bytes:
        """Return a frame without rows, the heartbeat."""
        nothing = np.zeros(0)
        return encode_frame(
            kind=LATEST,
            subscription=0,
            revision=0,
            time_us=self.clock.time_ns() / 1e3,
            slot=nothing.astype(np.uint32),
            value=nothing,
            observed_us=nothing,
            quality=nothing.astype(np.uint8),
        )

    def _encode_latest(self, group: Group, since: int) -> tuple[bytes, int]:
        t = self.telemetry
        revisions = t.revision[group.slots]
        changed = np.flatnonzero(revisions > since)
        upto = t.last_change
        if len(changed) > MAX_ROWS:
            changed = changed[np.argsort(revisions[changed], kind="stable")[:MAX_ROWS]]
            upto = int(revisions[changed[-1]])
        rows = group.slots[changed]
        exact_row = np.flatnonzero(t.exact_set[rows])
        self.frames_encoded += 1
        frame = encode_frame(
            kind=LATEST,
            subscription=0,
            revision=upto,
            time_us=self.clock.time_ns() / 1e3,
            slot=rows.astype(np.uint32),
            value=t.value[rows],
            observed_us=t.observed_ns[rows] / 1e3,
            quality=t.quality[rows],
            exact=t.exact[rows[exact_row]] if len(exact_row) else None,
            exact_row=exact_row.astype(np.uint32),
        )
        return frame, upto

    def _refresh(self, group: Group) -> None:
        slots: list[int] = []
        twins: list[str] = []
        for entry in self.registry:
            if group.selector.matches(entry.spec):
                twins.append(entry.spec.id)
                slots.extend(entry.slots[path] for path in group.selector.signals(entry.spec) if path in entry.slots)
        self.telemetry.ensure()
        group.slots = np.array(sorted(slots), np.intp)
        group.twins = frozenset(twins)
        group.member = np.zeros(len(self.telemetry.value), np.bool_)
        group.member[group.slots] = True
        group.structure = self.registry.structure_revision
        group.frames.clear()
