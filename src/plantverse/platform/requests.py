"""What commands and desired properties have in common: checks before, the audit log around, the end of each request."""

import asyncio
import json
import logging
import reprlib
import secrets
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, Protocol

from plantverse._clock import Clock
from plantverse.errors import Conflict, NotAllowed, NotFound, PlantverseError
from plantverse.platform.access import User
from plantverse.twins.commands import CUT_OFF, RequestState, expired, given_up
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry, TwinEntry
from plantverse.twins.specs import TwinSpec
from plantverse.twins.telemetry import TelemetryPlane

_log = logging.getLogger(__name__)

ENDED_KEPT = 1_000
"""Ended requests that can still be asked for by id; older ones are in the event history."""

MAX_REFUSED = 2_000
"""Characters of refused arguments in the audit log: enough to see what was tried, too few to fill the disk."""

ASKED_AS_CHARS = 64
"""An asker's own id is repeated in events and kept with them; a UUID has 36 characters."""

OnChange = Callable[[RequestState], None]
Publish = Callable[[str, bytes, int], Awaitable[None]]
"""Sends (topic, payload, expiry in seconds) to the broker and returns when the broker has it."""


class Audit(Protocol):
    """Where it is written who did what."""

    def append(
        self, *, user: str, role: str, action: str, target: str = "", detail: Mapping[str, Any] | None = None
    ) -> object:
        """Write durably or raise AuditUnavailable."""


class Requests:
    """Pending requests and the newest ended ones.

    Args:
        kind: Of the events, `command` or `desired`.
        limit: Requests that may be pending at once.

    Attributes:
        counts: Ended requests by status.
        strangers: Answers to no pending request.
    """

    def __init__(
        self,
        *,
        kind: str,
        registry: Registry,
        telemetry: TelemetryPlane,
        state: StatePlane,
        events: EventLog,
        audit: Audit,
        publish: Publish,
        clock: Clock,
        limit: int,
    ) -> None:
        self._kind = kind
        self._registry = registry
        self._telemetry = telemetry
        self._state = state
        self._events = events
        self._audit = audit
        self._publish = publish
        self._clock = clock
        self._limit = limit
        self._pending: dict[str, RequestState] = {}
        self._ended: OrderedDict[str, RequestState] = OrderedDict()
        self._listeners: dict[str, OnChange] = {}
        self._notes: set[asyncio.Task[None]] = set()
        self._beginning = 0
        self.counts: Counter[str] = Counter()
        self.strangers = 0

    @property
    def pending(self) -> Mapping[str, RequestState]:
        """Requests that have not ended, by id."""
        return self._pending

    def get(self, request: str) -> RequestState:
        """Return a request.

        Raises:
            NotFound: Unknown, or ended long ago.
        """
        found = self._pending.get(request) or self._ended.get(request)
        if found is None:
            raise NotFound(
                f"no {self._kind} request {request}", hint="GET /api/v1/events has those that ended long ago"
            )
        return found

    def reachable(self, entry: TwinEntry, max_age_s: float | None = None) -> None:
        """Pass if the twin's device is there, as far as can be told.

        Raises:
            Conflict: Its last will says offline, or all of its samples are too old.
        """
        spec = entry.spec
        if self._state.get(spec.id).get("connectivity", {}).get("online") is False:
            raise Conflict(f"{spec.id} is offline", hint="its last-will topic says so")
        bound = spec.bound()
        slots = [entry.slots[s.path] for s in spec.signals() if not s.derived and s.path in bound]
        if not slots:
            return
        self._telemetry.ensure()
        now_ns = self._clock.time_ns()
        ages = [now_ns - int(self._telemetry.observed_ns[slot]) for slot in slots]
        limits = [
            round(max_age_s * 1e9) if max_age_s is not None else int(self._registry.max_age_ns[slot]) for slot in slots
        ]
        if all(age > limit for age, limit in zip(ages, limits, strict=True)):
            age_s = min(ages) / 1e9
            told = f"its newest sample is {age_s:.0f} s old" if age_s < 1e8 else "it never sent a sample"
            raise Conflict(f"{spec.id} is stale: {told}", hint="a command to a device that may be gone is not sent")

    async def note_refusal(
        self, user: User, twin: str, what: str, detail: Mapping[str, Any], why: PlantverseError
    ) -> None:
        """Write down that something was asked for and refused; arguments that were not checked are cut."""
        self.counts["refused"] += 1
        note = {name: _recordable(value) for name, value in {**detail, "why": why.message}.items()}
        await self._note(user.name, user.role.label, f"{self._kind}.refused", f"{twin}:{what}", note)

    async def begin(
        self,
        user: User,
        entry: TwinEntry,
        what: str,
        args: Mapping[str, Any],
        *,
        reason: str,
        timeout_s: float,
        asked_as: str = "",
    ) -> RequestState:
        """Make a request and write it down; only then may it be sent.

        Raises:
            Conflict: Too many are pending.
            AuditUnavailable: It could not be written down.
        """
        if len(self._pending) + self._beginning >= self._limit:
            raise Conflict(f"{self._limit} requests wait for their answer", hint="the devices may be gone")
        now_ns = self._clock.time_ns()
        state = RequestState(
            request=secrets.token_hex(8),
            twin=entry.spec.id,
            what=what,
            args=args,
            user=user.name,
            role=user.role.label,
            reason=reason,
            asked_as=asked_as[:ASKED_AS_CHARS],
            asked_ns=now_ns,
            expires_ns=now_ns + round(timeout_s * 1e9),
        )
        detail = {"request": state.request, "args": dict(args), "reason": reason, "timeout_s": timeout_s}
        self._beginning += 1
        try:
            await self._note(user.name, user.role.label, f"{self._kind}.asked", f"{state.twin}:{what}", detail)
        finally:
            self._beginning -= 1
        return state

    async def send(self, state: RequestState, topic: str, payload: bytes, on_change: OnChange | None) -> RequestState:
        """Publish a request and return it: pending, failed, or refused where this broker is only watched."""
        self._pending[state.request] = state
        if on_change is not None:
            self._listeners[state.request] = on_change
        self._tell(state)
        left_s = max(1, (state.expires_ns - self._clock.time_ns() + 999_999_999) // 1_000_000_000)
        try:
            await self._publish(topic, payload, left_s)
        except PlantverseError as exc:
            if state.request in self._pending:
                status: Literal["failed", "refused"] = "refused" if isinstance(exc, NotAllowed) else "failed"
                self.end(given_up(self._pending[state.request], status, str(exc), self._clock.time_ns()))
        return self.get(state.request)

    def end(self, state: RequestState) -> None:
        """Take the end of a request: remembered, told, written down."""
        if self._pending.pop(state.request, None) is None:
            self.strangers += 1
            return
        self._ended[state.request] = state
        if len(self._ended) > ENDED_KEPT:
            self._ended.popitem(last=False)
        self.counts[state.status] += 1
        self._tell(state)
        listener = self._listeners.pop(state.request, None)
        if listener is not None:
            listener(state)
        detail = {"request": state.request, "message": state.message}
        note = self._note(state.user, state.role, f"{self._kind}.{state.status}", f"{state.twin}:{state.what}", detail)
        task = asyncio.ensure_future(self._note_safely(note))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    def expire(self, now_ns: int) -> list[RequestState]:
        """End what had no answer in time, and return those."""
        over = [e for s in list(self._pending.values()) if (e := expired(s, now_ns)) is not None]
        for state in over:
            self.end(state)
        return over

    def rename(self, old: str, spec: TwinSpec) -> None:
        """Requests to a renamed twin go on under its new id."""
        for state in list(self._pending.values()):
            if state.twin == old:
                self._pending[state.request] = replace(state, twin=spec.id)

    def stop(self) -> None:
        """The server goes down: end what still waits, so that nothing stays pending in history for ever."""
        for state in list(self._pending.values()):
            self.end(given_up(state, "failed", CUT_OFF, self._clock.time_ns()))

    async def close(self) -> None:
        """Wait until everything is written down."""
        if self._notes:
            await asyncio.wait(self._notes)

    def _tell(self, state: RequestState) -> None:
        what = (
            {"command": state.what, "args": dict(state.args)}
            if self._kind == "command"
            else {"patch": dict(state.args)}
        )
        body = {"request": state.request, **what, "status": state.status, "user": state.user, "message": state.message}
        if state.asked_as:
            body["asked_as"] = state.asked_as
        self._events.append(self._kind, state.twin, self._clock.time_ns(), body)

    async def _note(self, user: str, role: str, action: str, target: str, detail: Mapping[str, Any]) -> None:
        await asyncio.to_thread(self._audit.append, user=user, role=role, action=action, target=target, detail=detail)

    async def _note_safely(self, note: Awaitable[None]) -> None:
        try:
            await note
        except PlantverseError as exc:
            _log.error("the end of a request is not in the audit log: %s", exc)


def _recordable(value: Any) -> Any:
    """Return what the audit log takes: JSON, and not too much of it."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return reprlib.repr(value)
    return value if len(text) <= MAX_REFUSED else text[:MAX_REFUSED]
