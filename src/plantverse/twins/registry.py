"""Which twins exist and which slot each signal has.

Slots are dense and append-only within an epoch: a removed signal leaves a tombstone and its slot is never used
again, so that a frame on its way can't be taken for another signal.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from plantverse.errors import Conflict, NotFound
from plantverse.twins.identity import signal_id, split_signal_id
from plantverse.twins.revision import Revision
from plantverse.twins.specs import SignalSpec, TwinSpec

_T = TypeVar("_T", bound=np.generic)

DEFAULT_MAX_AGE_S = 60.0
"""Stale after a minute unless told otherwise: slower than nearly every polled tag, quicker than an operator's walk."""


@dataclass(slots=True)
class TwinEntry:
    """A registered twin.

    Attributes:
        index: Dense number of the twin in this epoch, never reused.
        slots: Slot by signal path.
        revision: When its structure last changed.
    """

    spec: TwinSpec
    index: int
    revision: int
    slots: dict[str, int] = field(default_factory=dict)
    discovered: bool = False


class Registry:
    """Twins by id and signals by slot.

    Attributes:
        low, high: float64 per slot, engineering range (infinite where none is declared).
        max_age_ns: int64 per slot, staleness limit (2^62 for never).
        twin_index: int32 per slot, `TwinEntry.index`.
        alive: bool per slot, false once its signal was removed.
    """

    def __init__(self, revision: Revision, *, default_max_age_s: float = DEFAULT_MAX_AGE_S) -> None:
        self._revision = revision
        self._default_max_age_s = default_max_age_s
        self._twins: dict[str, TwinEntry] = {}
        self._by_index: list[TwinEntry] = []
        self._tombstones: list[tuple[int, str]] = []
        self._synthetic: set[str] = set()
        self.structure_revision = 0
        self.specs: list[SignalSpec] = []
        self.names: list[str] = []
        self.low: NDArray[np.float64] = np.full(64, -np.inf)
        self.high: NDArray[np.float64] = np.full(64, np.inf)
        self.max_age_ns: NDArray[np.int64] = np.full(64, 1 << 62, np.int64)
        self.twin_index: NDArray[np.int32] = np.full(64, -1, np.int32)
        self.alive: NDArray[np.bool_] = np.zeros(64, np.bool_)

    def __len__(self) -> int:
        return len(self._twins)

    def __iter__(self) -> Iterator[TwinEntry]:
        return iter(self._twins.values())

    def __contains__(self, twin_id: str) -> bool:
        return twin_id in self._twins

    @property
    def slot_count(self) -> int:
        """How many slots were ever given in this epoch."""
        return len(self.specs)

    @property
    def signal_count(self) -> int:
        """How many signals exist now."""
        return int(np.count_nonzero(self.alive))

    def add(self, spec: TwinSpec, *, discovered: bool = False) -> TwinEntry:
        """Register a twin and give its signals slots.

        Raises:
            Conflict: The id is taken.
        """
        if spec.id in self._twins:
            raise Conflict(
                f"twin {spec.id} exists already",
                hint=f"declared in {self._twins[spec.id].spec.source or 'code'}",
            )
        entry = TwinEntry(spec, len(self._by_index), self._revision.take(), discovered=discovered)
        self._twins[spec.id] = entry
        self._note_origin(spec)
        self._by_index.append(entry)
        for signal in spec.signals():
            entry.slots[signal.path] = self._new_slot(entry, signal)
        self.structure_revision = entry.revision
        return entry

    def replace(self, spec: TwinSpec) -> TwinEntry:
        """Take a changed spec; signals whose path and kind stay keep their slots.

        A twin that becomes synthetic, or real, keeps none: its signals are other ones.

        Raises:
            NotFound: No such twin.
        """
        entry = self.get(spec.id)
        kept: dict[str, int] = {}
        same = (entry.spec.synthetic is None) == (spec.synthetic is None)
        for signal in spec.signals():
            slot = entry.slots.get(signal.path) if same else None
            if slot is not None and self.specs[slot].kind == signal.kind:
                kept[signal.path] = slot
                self._describe(slot, entry, signal)
            else:
                kept[signal.path] = self._new_slot(entry, signal)
        for path, slot in entry.slots.items():
            if kept.get(path) != slot:
                self.alive[slot] = False
        entry.spec, entry.slots, entry.discovered = spec, kept, False
        self._note_origin(spec)
        entry.revision = self.structure_revision = self._revision.take()
        return entry

    def renew(self, twin_id: str) -> None:
        """Have a twin's structure sent again, because something that is told with it changed.

        Raises:
            NotFound: No such twin.
        """
        self.get(twin_id).revision = self.structure_revision = self._revision.take()

    def remove(self, twin_id: str) -> TwinEntry:
        """Forget a twin; its slots stay unused for ever.

        Raises:
            NotFound: No such twin.
        """
        entry = self.get(twin_id)
        del self._twins[twin_id]
        for slot in entry.slots.values():
            self.alive[slot] = False
        self.structure_revision = self._revision.take()
        self._tombstones.append((self.structure_revision, twin_id))
        return entry

    def get(self, twin_id: str) -> TwinEntry:
        """Return a twin.

        Raises:
            NotFound: No such twin.
        """
        try:
            return self._twins[twin_id]
        except KeyError:
            raise NotFound(f"no twin {twin_id}") from None

    def at(self, index: int) -> TwinEntry:
        """Return the twin with this dense number, also when it has been removed since."""
        return self._by_index[index]

    def is_synthetic(self, twin_id: str) -> bool:
        """Return whether a twin is synthetic, or was when it went."""
        return twin_id in self._synthetic

    def slot(self, signal: str) -> int:
        """Return the slot of `twin_id:path`.

        Raises:
            NotFound: No such twin or signal.
        """
        twin_id, path = split_signal_id(signal)
        try:
            return self.get(twin_id).slots[path]
        except KeyError:
            raise NotFound(f"twin {twin_id} has no signal {path or '(none given)'}") from None

    def changed_since(self, revision: int) -> tuple[list[TwinEntry], list[str]]:
        """Return (twins that came or changed, ids that went) after a revision."""
        if revision >= self.structure_revision:
            return [], []
        removed = [t for r, t in self._tombstones if r > revision and t not in self._twins]
        return [e for e in self._twins.values() if e.revision > revision], removed

    def _note_origin(self, spec: TwinSpec) -> None:
        if spec.synthetic is not None:
            self._synthetic.add(spec.id)
        else:
            self._synthetic.discard(spec.id)

    def _new_slot(self, entry: TwinEntry, signal: SignalSpec) -> int:
        slot = len(self.specs)
        self.specs.append(signal)
        self.names.append("")
        if slot >= len(self.low):
            self._grow(2 * len(self.low))
        self.alive[slot] = True
        self._describe(slot, entry, signal)
        return slot

    def _describe(self, slot: int, entry: TwinEntry, signal: SignalSpec) -> None:
        self.specs[slot] = signal
        self.names[slot] = signal_id(entry.spec.id, signal.path)
        self.low[slot], self.high[slot] = signal.range or (-np.inf, np.inf)
        self.max_age_ns[slot] = min(self._max_age_s(entry.spec, signal) * 1e9, 1 << 62)
        self.twin_index[slot] = entry.index

    def _max_age_s(self, spec: TwinSpec, signal: SignalSpec) -> float:
        """Return the staleness limit of a signal; a derived one without its own has the shortest of its inputs'."""
        if signal.max_age_s is not None:
            return signal.max_age_s
        inputs = next((d.inputs for d in spec.type.derived if d.signal.path == signal.path), ())
        ages = [self._max_age_s(spec, source) for source in spec.signals() if source.path in inputs]
        return min(ages, default=self._default_max_age_s)

    def _grow(self, size: int) -> None:
        self.low = grown(self.low, size, -np.inf)
        self.high = grown(self.high, size, np.inf)
        self.max_age_ns = grown(self.max_age_ns, size, 1 << 62)
        self.twin_index = grown(self.twin_index, size, -1)
        self.alive = grown(self.alive, size, fill=False)


def grown(column: NDArray[_T], size: int, fill: object) -> NDArray[_T]:
    """Return a longer copy of a column, the new rows filled."""
    out = np.full(size, fill, column.dtype)
    out[: len(column)] = column
    return out
