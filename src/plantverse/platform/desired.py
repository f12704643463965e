"""Desired properties: what should be, beside what is reported, until the device says that it is so.

`<desired topic>` carries one JSON object of path to value. The wish stands in the document's `desired` section; it goes
when the device reports the same value, when its time is over, or when somebody takes it back with null.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from plantverse._clock import Clock
from plantverse.errors import Conflict, PlantverseError, RequestInvalid
from plantverse.platform.access import User, require
from plantverse.platform.requests import OnChange, Requests
from plantverse.platform.users import Role
from plantverse.twins.commands import RequestState, agrees, answered, checked_value
from plantverse.twins.documents import StatePlane
from plantverse.twins.registry import Registry, TwinEntry
from plantverse.twins.specs import TwinSpec

TIMEOUT_S = 30.0
"""A device that reports every ten seconds has three chances to confirm."""


class DesiredService:
    """Sets desired properties."""

    def __init__(self, registry: Registry, state: StatePlane, requests: Requests, clock: Clock) -> None:
        self._registry = registry
        self._state = state
        self._clock = clock
        self.requests = requests

    async def set(
        self,
        user: User,
        twin: str,
        patch: Mapping[str, Any],
        *,
        reason: str = "",
        asked_as: str = "",
        on_change: OnChange | None = None,
    ) -> RequestState:
        """Ask for property values; None as a value takes a wish back.

        Args:
            user: Who asks.
            twin: Of which twin.
            patch: Value by path.
            reason: Why, for the audit log.
            asked_as: The asker's own id for it, which its events repeat.
            on_change: Called once, at the request's end.

        Raises:
            NotFound: No such twin.
            RequestInvalid: No such property, not writable, or a wrong value.
            NotAllowed: The user's role is too low.
            Conflict: The twin is stale or offline, or has no topic.
            AuditUnavailable: It could not be written down, so it was not sent.
        """
        entry = self._registry.get(twin)
        try:
            wishes = self._check(user, entry, patch)
            topic = desired_topic(entry.spec)
            if not topic:
                raise Conflict(f"{twin} has no topic for properties", hint="set topic or desired_topic of the twin")
            self.requests.reachable(entry)
        except PlantverseError as exc:
            await self.requests.note_refusal(user, twin, "desired", {"patch": dict(patch), "reason": reason}, exc)
            raise
        state = await self.requests.begin(
            user, entry, "desired", wishes, reason=reason, timeout_s=TIMEOUT_S, asked_as=asked_as
        )
        self._state.patch(twin, {"desired": wishes})
        state = await self.requests.send(state, topic, msgspec.json.encode(wishes), on_change)
        if state.status in {"failed", "refused"}:
            self._withdraw(state)
        else:
            self.tick(self._clock.time_ns())
        return self.requests.get(state.request)

    def tick(self, now_ns: int) -> None:
        """End the wishes that are fulfilled or too old."""
        for state in list(self.requests.pending.values()):
            if state.twin not in self._registry:
                continue
            reported = self._state.get(state.twin).get("reported", {})
            if all(value is None or agrees(value, reported.get(path)) for path, value in state.args.items()):
                end = answered(state, "succeeded", "the device reports it", None, now_ns)
                if end is not None:
                    self._withdraw(state)
                    self.requests.end(end)
        for state in self.requests.expire(now_ns):
            self._withdraw(state)

    def stop(self) -> None:
        """The server goes down: what waits ends, and its wishes with it."""
        waiting = list(self.requests.pending.values())
        self.requests.stop()
        for state in waiting:
            self._withdraw(state)

    def restore(self) -> None:
        """Take out wishes that a killed server left in the documents: nobody waits for them any more."""
        for twin, document in list(self._state):
            if "desired" in document:
                self._state.patch(twin, {"desired": None})

    def own_topics(self) -> list[str]:
        """Return the topics that desired properties are published to."""
        writable = (e.spec for e in self._registry if any(p.writable for p in e.spec.type.properties))
        return [topic for spec in writable if (topic := desired_topic(spec))]

    def _withdraw(self, state: RequestState) -> None:
        """Take a wish out of the document, unless another one has replaced it."""
        desired = self._state.get(state.twin).get("desired", {})
        gone = {path: None for path, value in state.args.items() if desired.get(path) == value}
        if gone:
            self._state.patch(state.twin, {"desired": gone})

    def _check(self, user: User, entry: TwinEntry, patch: Mapping[str, Any]) -> dict[str, Any]:
        if not patch:
            raise RequestInvalid("patch", expected="at least one property", got=dict(patch))
        known = {p.path: p for p in entry.spec.type.properties}
        wishes: dict[str, Any] = {}
        for path, value in patch.items():
            spec = known.get(path)
            if spec is None or not spec.writable:
                names = ", ".join(p.path for p in known.values() if p.writable) or "none"
                raise RequestInvalid(path, expected="a writable property", got=value, hint=f"writable are {names}")
            require(user, Role.of(spec.role), f"setting {entry.spec.id}:{path}")
            wishes[path] = None if value is None else checked_value(path, spec, value)
        return wishes


def desired_topic(spec: TwinSpec) -> str:
    """Return where a twin's desired properties go, "" where it has no topic."""
    return spec.desired_topic or (f"{spec.topic}/desired" if spec.topic else "")
