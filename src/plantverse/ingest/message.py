"""One message read the general way: unpacked, decoded, every target looked up, every value with its reason."""

import math
from collections.abc import Sequence
from typing import Any

from plantverse._clock import Clock
from plantverse.errors import PayloadInvalid
from plantverse.ingest import paths, payloads
from plantverse.ingest.counters import step
from plantverse.ingest.dead_letters import DeadLetters
from plantverse.ingest.fast_path import fast_decoder
from plantverse.ingest.marks import says_synthetic
from plantverse.ingest.rows import Rows
from plantverse.ingest.scalars import OUT_OF_RANGE, Value
from plantverse.ingest.sources import Sources
from plantverse.ingest.stamps import NO_STAMP, Stamp
from plantverse.ingest.stats import IngestStats
from plantverse.ingest.topic_map import Route, Table, Target
from plantverse.twins import quality as q
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.samples import EXACT_LIMIT, Flag
from plantverse.twins.synthetic import ROOT, bears_mark

PRECISION_LOST = q.pack(q.Severity.UNCERTAIN, q.Cause.PRECISION_LOST)
_OLD = Flag.RETAINED | Flag.REDELIVERED
MOST_ELEMENTS = 100_000
"""Messages in an array, at most: more than any gateway buffers, and a second of work."""
MOST_NOTED = 100
"""Unknown members and ids that are told apart per topic."""
_INT64 = 2**63
_HUGE = float("inf")


class MessageReader:
    """Reads messages into rows and properties; belongs to one engine, which owns what it writes to."""

    def __init__(
        self,
        *,
        registry: Registry,
        rows: Rows,
        reported: dict[str, dict[str, Any]],
        stats: IngestStats,
        letters: DeadLetters,
        events: EventLog,
        clock: Clock,
        on_presence: Any,
        unpacked_limit: int,
    ) -> None:
        self._registry = registry
        self._rows = rows
        self._reported = reported
        self._stats = stats
        self._letters = letters
        self._events = events
        self._clock = clock
        self._on_presence = on_presence
        self._unpacked_limit = unpacked_limit
        self._sources = Sources()
        self._counters: dict[int, tuple[float, int]] = {}

    def read(self, route: Route, payload: bytes, packet: int, flags: int, received_ns: int) -> None:
        """Read a message; what cannot be used is counted and shown, never raised."""
        stats = self._stats
        cause, reason, hint = "", "", ""
        if route.availability and route.real and says_synthetic(payload):
            self.refuse(route, payload)
            return
        taken = self._tell_presence(route, payload, received_ns) if route.availability else 0
        if route.targets:
            try:
                unpacked = payloads.unpack(payload, route.compression, self._unpacked_limit)
                document = route.codec(unpacked, route.encoding)
                used, failed = self._take(route, document, packet, flags)
                taken += used
                if used and route.fast is None:
                    route.fast = fast_decoder(route, document)
            except PayloadInvalid as exc:
                cause, reason, hint = exc.cause, exc.message, exc.hint or ""
            else:
                if failed is not None:
                    cause, reason, hint = failed
        if taken:
            stats.accepted += 1
        else:
            if not cause:
                cause, reason, hint = _nothing(route)
            stats.rejected[cause] += 1
        if cause:
            self._letters.add(self._clock.time_ns(), route.name, cause, reason, hint, payload)

    def refuse(self, route: Route, payload: bytes) -> None:
        """Reject a message that bears a mark beside its payload."""
        reason, hint = _refused(route)
        self._stats.rejected["synthetic"] += 1
        self._letters.add(self._clock.time_ns(), route.name, "synthetic", reason, hint, payload)

    def _take(self, route: Route, document: Any, packet: int, flags: int) -> tuple[int, tuple[str, str, str] | None]:
        """Return (values taken, the first failure)."""
        if type(document) is list and all(t.key and isinstance(t.key[0], str) for t in route.targets):
            return self._take_all(route, document, packet, flags)
        if type(document) is dict and (route.whole or not route.members.issuperset(document)):
            if route.real and bears_mark(document):
                reason, hint = _refused(route)
                raise PayloadInvalid("synthetic", reason, hint=hint)
            for member in () if route.whole else document:
                if member not in route.members:
                    self._note(route, str(member), "unknown_member")
        taken, failed = self._take_targets(route.single, document, packet, flags)
        for table in route.tables:
            used, problem = self._take_table(route, table, document, packet, flags)
            taken += used
            failed = failed or problem
        return taken, failed

    def _take_targets(
        self, targets: Sequence[Target], document: Any, packet: int, flags: int
    ) -> tuple[int, tuple[str, str, str] | None]:
        rows, taken = self._rows, 0
        failed: tuple[str, str, str] | None = None
        times: Any = None
        read_time: Any = None
        stamp = NO_STAMP
        for target in targets:
            raw = target.get(document)
            if raw is paths.MISSING:
                continue
            if target.times is not times or target.read_time is not read_time:
                times, read_time = target.times, target.read_time
                stamp = _stamp(target, document)
            if target.simple and type(raw) is float and -_HUGE < (value := raw * target.factor + target.offset) < _HUGE:
                rows.add(target.slot, value, flags, packet, stamp_ns=stamp[0], quality=stamp[1])
                self._stats.values += 1
                taken += 1
                continue
            problem = self._take_one(target, raw, document, packet, flags, stamp)
            if problem is None:
                taken += 1
            elif failed is None:
                failed = problem
        return taken, failed

    def _take_all(
        self, route: Route, documents: Sequence[Any], packet: int, flags: int
    ) -> tuple[int, tuple[str, str, str] | None]:
        """An array of messages: samples that a gateway gathered."""
        _check_length(documents)
        if route.real and any(map(bears_mark, documents)):
            reason, hint = _refused(route)
            raise PayloadInvalid("synthetic", reason, hint=hint)
        total = 0
        first: tuple[str, str, str] | None = None
        for document in documents:
            if type(document) is dict:
                taken, failed = self._take(route, document, packet, flags)
                total += taken
                first = first or failed
        return total, first

    def _take_table(
        self, route: Route, table: Table, document: Any, packet: int, flags: int
    ) -> tuple[int, tuple[str, str, str] | None]:
        """An array of named elements: each goes to the targets of its id, as if it were the only one."""
        elements = table.get(document)
        if type(elements) is not list:
            return 0, None
        _check_length(elements)
        cell: list[Any] = [None]
        view = paths.replaced(document, table.prefix, cell)
        total = 0
        first: tuple[str, str, str] | None = None
        for element in elements:
            name = paths.id_text(element.get(table.member)) if type(element) is dict else None
            targets = table.rows.get(name) if name is not None else None
            if targets is None:
                self._note(route, f"[{table.member}={name}]", "unknown_id")
                continue
            cell[0] = element
            taken, failed = self._take_targets(targets, view, packet, flags)
            total += taken
            first = first or failed
        return total, first

    def _take_one(  # noqa: PLR0917  a value and where it came from
        self, target: Target, raw: Any, document: Any, packet: int, flags: int, stamp: Stamp
    ) -> tuple[str, str, str] | None:
        """Append one value; return (cause, reason, hint) where it is none."""
        if target.slot < 0:
            return self._take_property(target, raw)
        if target.contested and not self._admitted(target, flags):
            self._stats.rejected_values["standby_source"] += 1
            return "standby_source", f"{target.path} is fed by a source with a better priority", ""
        read = target.read(raw)
        value = math.nan if read.number is None else _scaled(target, read.number)
        if read.number is not None and not math.isfinite(value):
            read = OUT_OF_RANGE
        stamp_ns, quality = stamp
        if target.get_quality is not None and target.read_quality is not None:
            told = target.get_quality(document)
            quality = max(quality, target.read_quality(None if told is paths.MISSING else told))
        if read.number is None:
            self._stats.rejected_values[read.cause] += 1
            self._rows.add(
                target.slot, math.nan, flags | Flag.VALUELESS, packet, stamp_ns=stamp_ns, quality=read.quality
            )
            return read.cause, f"{target.path}: {read.cause.replace('_', ' ')}", read.hint
        if read.coerced:
            self._stats.notes["coerced"] += 1
        self._append(target, read.number, value, packet, flags, stamp_ns, quality)
        return None

    def _append(  # noqa: PLR0917  the columns of a row
        self, target: Target, number: float, value: float, packet: int, flags: int, stamp_ns: int, quality: int
    ) -> None:
        exact = None
        if type(number) is int and abs(number) > EXACT_LIMIT:
            if target.kind == "int" and not _scales(target) and -_INT64 <= number < _INT64:
                exact = number
            else:
                quality = max(quality, PRECISION_LOST)
        elif target.kind == "int" and not value.is_integer():
            value, quality = float(round(value)), max(quality, PRECISION_LOST)
        if target.counter:
            self._count(target, value, flags, stamp_ns)
        self._stats.values += 1
        self._rows.add(target.slot, value, flags, packet, stamp_ns=stamp_ns, quality=quality, exact=exact)

    def _take_property(self, target: Target, raw: Any) -> tuple[str, str, str] | None:
        value = target.read(raw)
        if isinstance(value, Value):
            self._stats.rejected_values[value.cause] += 1
            return value.cause, f"{target.path}: {value.cause.replace('_', ' ')}", value.hint
        self._reported.setdefault(target.twin, {})[target.path] = value
        return None

    def _admitted(self, target: Target, flags: int) -> bool:
        silence_ns = int(self._registry.max_age_ns[target.slot])
        now_ns, alive = self._clock.monotonic_ns(), not flags & Flag.RETAINED
        return self._sources.admit(target.slot, target.rank, now_ns, silence_ns, alive=alive)

    def _count(self, target: Target, value: float, flags: int, stamp_ns: int) -> None:
        """Tell of a counter that began again; what comes late or again tells nothing about that."""
        before, at_ns = self._counters.get(target.slot, (value, 0))
        if flags & _OLD or (stamp_ns and stamp_ns < at_ns):
            return
        self._counters[target.slot] = value, stamp_ns or at_ns
        if step(before, value, target.counter)[1]:
            self._stats.notes["counter_reset"] += 1
            body = {"signal": f"{target.twin}:{target.path}", "from": before, "to": value}
            self._events.append("counter_reset", target.twin, self._clock.time_ns(), body)

    def _note(self, route: Route, name: str, what: str) -> None:
        """Count something that nothing reads, once per topic."""
        if len(route.noted) < MOST_NOTED and name not in route.noted:
            route.noted.add(name)
            route.fast = None  # made anew, or it would stumble over that member for ever
            self._stats.notes[what] += 1

    def _tell_presence(self, route: Route, payload: bytes, now_ns: int) -> int:
        told = 0
        for twin, read in route.availability:
            try:
                online = read(payload)
            except PayloadInvalid:
                online = None
            if online is not None:
                self._on_presence(twin, online=online, now_ns=now_ns)
                told += 1
        return told


def _check_length(elements: Sequence[Any]) -> None:
    if len(elements) > MOST_ELEMENTS:
        raise PayloadInvalid("too_large", f"an array of {len(elements)} elements", hint=f"at most {MOST_ELEMENTS}")


def _stamp(target: Target, document: Any) -> Stamp:
    for get in target.times:
        raw = get(document)
        if raw is not paths.MISSING and raw is not None:
            return target.read_time(raw)
    return NO_STAMP


def _scales(target: Target) -> bool:
    return target.factor != 1.0 or target.offset != 0.0


def _scaled(target: Target, number: float) -> float:
    return number * target.factor + target.offset if _scales(target) else float(number)


def _refused(route: Route) -> tuple[str, str]:
    twins = sorted({t.twin for t in route.targets} | {twin for twin, _ in route.availability})
    return (
        f"synthetic data for {', '.join(twins[:3])}, which a real machine feeds",
        f"publish it below {ROOT}/, to a twin that is declared synthetic",
    )


def _nothing(route: Route) -> tuple[str, str, str]:
    if route.availability and not route.targets:
        return "unknown_word", "neither online nor offline", "declare the words in the twin's availability"
    paths_known = ", ".join(sorted({t.path for t in route.targets})[:5])
    return "no_value", f"none of the members that this topic feeds: {paths_known}", "see plantverse plant explain"
