"""What a history store must do; `tests/contract/check_history_store.py` is the battery each one passes.

A store keeps samples, events and documents. It knows signals by name; a writer asks once for a key per signal and
writes columns of keys. All methods are blocking and are called from one writer thread and any number of reader
threads: a store makes its own arrangements for that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from plantverse.twins.samples import SampleBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """One row of the event log as it is kept.

    Attributes:
        revision: The server's revision when it happened.
        epoch: Which run of the server counted that revision.
        at_ns: When it happened, ns since the Unix epoch.
        kind: For example `alarm`, `command`, `birth`.
        twin: Twin id, or "" for the plant.
        body: The event as JSON text.
    """

    revision: int
    epoch: int
    at_ns: int
    kind: str
    twin: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Raw samples of one signal in order of observation, then arrival; empty where the signal is unknown.

    Attributes:
        observed_ns: int64, shape (n,).
        value: float64, shape (n,); NaN where a row only changed the quality.
        quality: uint8, shape (n,).
        received_ns: int64, shape (n,).
        exact: int64, shape (n,), the exact integer; None unless a row of the series needs it. Rows that need none
            have `value` rounded, 0 where there is no value.
    """

    observed_ns: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    received_ns: NDArray[np.int64]
    exact: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """A signal condensed to equal spans of time; only buckets with samples are present.

    Attributes:
        start_ns: int64, shape (n,), multiples of the bucket width since the Unix epoch.
        minimum, maximum, mean: float64, shape (n,), over rows whose severity is not bad; NaN where there are none.
        count: int64, shape (n,), rows with a value.
        worst: uint8, shape (n,), the highest quality byte seen.
    """

    start_ns: NDArray[np.int64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    mean: NDArray[np.float64]
    count: NDArray[np.int64]
    worst: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastState:
    """The newest sample with a value of each signal that has one; all columns of shape (n,).

    Attributes:
        keys: int64, in ascending order.
        observed_ns: int64.
        value: float64.
        quality: uint8, as it was stored.
        exact: int64, the exact integer where `has_exact`.
        has_exact: bool.
    """

    keys: NDArray[np.int64]
    observed_ns: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    exact: NDArray[np.int64]
    has_exact: NDArray[np.bool_]


class HistoryStore(Protocol):
    """Durable samples, events and documents of one plant."""

    def origin(self) -> str:
        """Return the name of this store, made at random once: who counts the revisions."""

    def next_epoch(self) -> int:
        """Count a run of the server, durably, and return its number; 1 for the first."""

    def newest(self) -> LastState:
        """Return the last known state of every signal, without a scan of the samples."""

    def keys(self, signals: Sequence[str]) -> NDArray[np.int64]:
        """Return a stable key per signal name, making those that are missing."""

    def signals(self) -> list[str]:
        """Return every signal name that has a key, in order of key."""

    def rename(self, old: str, new: str) -> None:
        """Give the signal `old` the name `new`; its samples stay with it. A name in use is a `Conflict`."""

    def write(self, batch: SampleBatch, keys: NDArray[np.int64]) -> int:
        """Commit a batch durably and return how many rows were new.

        Rows flagged `REDELIVERED` that are in the store already (see `redelivery rule` in docs/explanation/
        durability.md) are left out; everything else is stored, also rows with equal stamps.

        Args:
            batch: Samples; its `slot` column is not used.
            keys: int64, shape (n,), the key of each row.

        Raises:
            HistoryUnavailable: Nothing of the batch was stored; the caller keeps it and tries again.
        """

    def write_events(self, events: Sequence[StoredEvent]) -> None:
        """Commit events durably."""

    def write_documents(self, documents: Sequence[tuple[str, str, int]]) -> None:
        """Keep the newest document per twin: (twin id, JSON text, revision)."""

    def documents(self) -> list[tuple[str, str, int]]:
        """Return the newest document of every twin."""

    def series(self, signal: str, start_ns: int, end_ns: int, limit: int = 1_000_000) -> Series:
        """Return samples with `start_ns <= observed_ns < end_ns`, the first `limit` of them."""

    def buckets(self, signal: str, start_ns: int, end_ns: int, width_ns: int) -> Buckets:
        """Return the range condensed to buckets of `width_ns`."""

    def as_of(
        self, signals: Sequence[str], at_ns: int, look_back_ns: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint8]]:
        """Return (observed_ns, value, quality) of the newest sample with a value at or before `at_ns` per signal.

        Order follows `signals`; observed_ns is 0 and value NaN where there is none within `look_back_ns`.
        """

    def events(
        self,
        start_ns: int,
        end_ns: int,
        *,
        kind: str | None = None,
        twin: str | None = None,
        limit: int = 10_000,
    ) -> list[StoredEvent]:
        """Return events with `start_ns <= at_ns < end_ns`, the newest `limit` of them, oldest first."""

    def count_events(self, start_ns: int, end_ns: int, *, kind: str | None = None, twin: str | None = None) -> int:
        """Return how many events `events` would return without a limit."""

    def raised_ns(self, start_ns: int, end_ns: int) -> NDArray[np.int64]:
        """Return when alarms were raised in the span, int64, shape (n,), ascending; synthetic twins left out."""

    def forget(self, before_ns: int) -> int:
        """Forget samples and events observed before that time and return how many samples vanished.

        They are gone from every answer at once, and so is a sample that arrives later with such an old stamp. Disk
        space comes back in pieces of the store's choice.
        """

    def last_revision(self) -> tuple[int, int]:
        """Return (epoch, revision) up to which events and documents are durable; (0, 0) in an empty store."""

    def size_bytes(self) -> int:
        """Return how much storage the store uses."""

    def notice(self) -> str:
        """Return what a person should know although writing works, such as a server that is away; "" for nothing."""

    def counts(self) -> Mapping[str, int]:
        """Return what the store counts of rows that took another way since the start; {} where there is only one."""

    def close(self) -> None:
        """Flush and let go of every file and connection."""
