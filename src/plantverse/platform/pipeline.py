"""A sample's way after decoding: plane, derived values, alarms, history, and only then the acknowledgement.

Messages are decoded as they come, but columns are committed a few milliseconds later in one go: at 40,000 messages a
second a commit of single rows would cost more than everything else together.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from plantverse._clock import Clock
from plantverse.twins.registry import Registry, grown
from plantverse.twins.samples import SampleBatch
from plantverse.twins.telemetry import TelemetryPlane

_log = logging.getLogger(__name__)

LINGER_S = 0.004
"""How long decoded samples wait for company: a tenth of a sync tick, so that it does not show in the age."""
LINGER_ROWS = 2_048
"""Rows at which a commit no longer waits."""


class Messages(Protocol):
    """Messages of one read from the broker, as parallel lists."""

    @property
    def generation(self) -> int:
        """The connection that they came by."""

    @property
    def topics(self) -> Sequence[bytes]:
        """Topics."""

    @property
    def packets(self) -> Sequence[int]:
        """Packet ids, 0 where there is nothing to acknowledge."""


_M_contra = TypeVar("_M_contra", bound=Messages, contravariant=True)


class Decoder(Protocol[_M_contra]):
    """The decoding half of ingestion."""

    def feed(self, batch: _M_contra, /) -> None:
        """Decode messages into rows; never raises for what is in them."""

    def drain(self) -> SampleBatch | None:
        """Return the rows since the last call, as columns in order of arrival."""


class Source(Protocol):
    """Where the messages come from."""

    def acknowledge(self, generation: int, packets: Sequence[int]) -> None:
        """Their samples are safe."""

    def pause(self) -> None:
        """Read no more: history can't keep up."""

    def resume(self) -> None:
        """Read on."""


class Derivation(Protocol):
    """Computes signals from others."""

    def process(self, batch: SampleBatch) -> SampleBatch | None:
        """Return new rows that follow from a committed batch."""


class Watch(Protocol):
    """Looks at every committed sample: limits, rules."""

    def process(self, batch: SampleBatch, now_ns: int) -> object:
        """Take a committed batch."""


class Recorder(Protocol):
    """Durable history, written behind."""

    @property
    def full(self) -> bool:
        """Whether so much waits that the source should pause."""

    def submit(self, batch: SampleBatch, keys: NDArray[np.int64], on_committed: Callable[[], None]) -> None:
        """Take a batch; the callback comes in the loop once it is durable."""


def _all(batch: SampleBatch) -> SampleBatch:
    return batch


class Pipeline(Generic[_M_contra]):
    """Joins decoder, planes, watchers and history.

    Args:
        source: Told what is safe, and to pause while history can't keep up.
        durable: Acknowledge after the commit to history; otherwise once the plane has the samples.

    Attributes:
        faults: Batches on which a watch or a derivation raised.
    """

    def __init__(
        self,
        *,
        decoder: Decoder[_M_contra],
        registry: Registry,
        telemetry: TelemetryPlane,
        derivation: Derivation,
        watches: Sequence[Watch],
        recorder: Recorder,
        clock: Clock,
        source: Source,
        durable: bool,
    ) -> None:
        self._decoder = decoder
        self._registry = registry
        self._telemetry = telemetry
        self._derivation = derivation
        self._watches = list(watches)
        self._recorder = recorder
        self._clock = clock
        self._source = source
        self._durable = durable
        self._paused = False
        self.faults = 0
        self._told: set[str] = set()
        self._sieve: Callable[[SampleBatch], SampleBatch] = _all
        self._keys: NDArray[np.int64] = np.full(64, -1, np.int64)
        self._waiting: list[tuple[int, list[int]]] = []
        self._messages = 0
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, watch: Watch, *, sieve: Callable[[SampleBatch], SampleBatch] = _all) -> None:
        """Let somebody see every committed sample from now on.

        Args:
            watch: Sees them.
            sieve: Takes what was decoded, and returns what of it counts.
        """
        self._watches.append(watch)
        self._sieve = sieve

    def set_keys(self, slots: Sequence[int], keys: NDArray[np.int64]) -> None:
        """Tie slots to history keys; what comes for a slot without one is neither recorded nor acknowledged."""
        if not len(slots):
            return
        size = len(self._keys)
        while size <= max(slots):
            size *= 2
        if size > len(self._keys):
            self._keys = grown(self._keys, size, -1)
        self._keys[np.asarray(slots, np.intp)] = keys

    def receive(self, messages: _M_contra) -> None:
        """Take messages of one read from the broker."""
        self._decoder.feed(messages)
        ids = [p for p in messages.packets if p]
        if ids:
            self._waiting.append((messages.generation, ids))
        self._messages += len(messages.topics)
        if self._messages >= LINGER_ROWS:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LINGER_S, self.flush)

    def flush(self) -> None:
        """Commit what was decoded since the last call."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._messages = 0
        waiting, self._waiting = self._waiting, []
        batch = self._decoder.drain()
        if batch is None or not len(batch):
            self._confirm(waiting)
            return
        self._telemetry.ensure()
        self.commit(self._sieve(batch), waiting)

    def commit(self, batch: SampleBatch, waiting: Sequence[tuple[int, list[int]]] = (), *, derive: bool = True) -> None:
        """Take rows from ingestion, an edge node or a detector through the rest of the way.

        Args:
            batch: Rows whose slots exist.
            waiting: What to acknowledge once they are safe: (generation, ids).
            derive: False where the sender has computed what follows from them.
        """
        now_ns = self._clock.time_ns()
        batch = self._telemetry.commit(batch, now_ns)
        self._record(batch, waiting)
        self._watch(batch, now_ns)
        derived = self._derive(batch) if derive else None
        if derived is not None and len(derived):
            derived = self._telemetry.commit(derived, now_ns)
            self._record(derived, ())
            self._watch(derived, now_ns)

    def tick(self) -> None:
        """Commit what waits, so that it is in the frames that follow, and let the source go on if history can."""
        self.flush()
        if self._paused and not self._recorder.full:
            self._paused = False
            self._source.resume()

    def _watch(self, batch: SampleBatch, now_ns: int) -> None:
        for watch in self._watches:
            try:
                watch.process(batch, now_ns)
            except Exception:
                self._fault(watch)

    def _derive(self, batch: SampleBatch) -> SampleBatch | None:
        try:
            return self._derivation.process(batch)
        except Exception:
            self._fault(self._derivation)
            return None

    def _fault(self, part: object) -> None:
        """Samples go on whatever happens beside their way; a part that fails every time is told of once."""
        self.faults += 1
        name = type(part).__name__
        if name not in self._told:
            self._told.add(name)
            _log.exception("%s failed on a batch, samples go on without it", name)

    def _record(self, batch: SampleBatch, waiting: Sequence[tuple[int, list[int]]]) -> None:
        if not self._durable:
            self._confirm(waiting)
            waiting = ()
        keys = self._keys[batch.slot]
        if (keys < 0).any():
            # History could not name these signals yet. Without an acknowledgement the broker keeps the messages.
            waiting = ()
            known = keys >= 0
            batch, keys = batch.take(known), keys[known]
        self._recorder.submit(batch, keys, lambda: self._confirm(waiting))
        if self._recorder.full and not self._paused:
            self._paused = True
            _log.warning("history is behind, reading from the broker pauses")
            self._source.pause()

    def _confirm(self, waiting: Sequence[tuple[int, list[int]]]) -> None:
        """One call per connection: each one is a send."""
        by_generation: dict[int, list[int]] = {}
        for generation, ids in waiting:
            by_generation.setdefault(generation, []).extend(ids)
        for generation, ids in by_generation.items():
            self._source.acknowledge(generation, ids)
