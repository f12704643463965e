"""Commands: checked, written down, published to the device, answered or expired.

On the wire (docs/how-to/commands.md): `<command topic>/<name>` carries `{"id", "args", "expires_us", "user"}`, the
answer topic `{"id", "status", "message", "result"}`. Never retained; with MQTT 5 the broker drops what is too old.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from plantverse.errors import Conflict, NotFound, PlantverseError, RequestInvalid
from plantverse.platform.access import User, require
from plantverse.platform.requests import OnChange, Requests
from plantverse.platform.users import Role
from plantverse.twins.commands import RequestState, answered, checked_arguments
from plantverse.twins.registry import Registry, TwinEntry
from plantverse.twins.specs import CommandSpec, TwinSpec

MAX_TIMEOUT_S = 3_600.0
MAX_ANSWER = 65_536
"""Bytes of an answer; a device that sends more is broken."""


class CommandService:
    """Gives commands.

    Args:
        registry: Finds twins.
        requests: Keeps and ends them.
    """

    def __init__(self, registry: Registry, requests: Requests) -> None:
        self._registry = registry
        self.requests = requests

    async def invoke(
        self,
        user: User,
        twin: str,
        command: str,
        args: Mapping[str, Any],
        *,
        reason: str = "",
        timeout_s: float | None = None,
        asked_as: str = "",
        on_change: OnChange | None = None,
    ) -> RequestState:
        """Give a command; it comes back pending, or failed where the broker did not take it.

        Args:
            user: Who gives it.
            twin: To which twin.
            command: Its name.
            args: Its arguments.
            reason: Why, for the audit log.
            timeout_s: How long it is worth something; None takes the command's own time.
            asked_as: The asker's own id for it, which its events repeat.
            on_change: Called once, at its end.

        Raises:
            NotFound: No such twin or command.
            NotAllowed: The user's role is too low.
            RequestInvalid: An argument is wrong.
            Conflict: The twin is stale or offline, or it has no command topic.
            AuditUnavailable: It could not be written down, so it was not sent.
        """
        entry = self._registry.get(twin)
        spec = next((c for c in entry.spec.type.commands if c.name == command), None)
        if spec is None:
            names = ", ".join(c.name for c in entry.spec.type.commands) or "none"
            raise NotFound(f"{twin} has no command {command}", hint=f"it takes {names}")
        try:
            checked, limit_s, topic = self._check(user, entry, spec, args, timeout_s)
        except PlantverseError as exc:
            await self.requests.note_refusal(user, twin, command, {"args": dict(args), "reason": reason}, exc)
            raise
        state = await self.requests.begin(
            user, entry, command, checked, reason=reason, timeout_s=limit_s, asked_as=asked_as
        )
        payload = {"id": state.request, "args": checked, "expires_us": state.expires_ns // 1000, "user": user.name}
        return await self.requests.send(state, f"{topic}/{command}", msgspec.json.encode(payload), on_change)

    def answer(self, topic: str, payload: bytes, now_ns: int) -> None:
        """Take what came on an answer topic; what answers nothing, or answers for another twin, is counted."""
        try:
            told = msgspec.json.decode(payload) if len(payload) <= MAX_ANSWER else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            told = None
        request = told.get("id") if isinstance(told, dict) else None
        state = self.requests.pending.get(request) if isinstance(request, str) else None
        if state is None or not isinstance(told, dict) or not self._speaks_for(topic, state.twin):
            self.requests.strangers += 1
            return
        end = answered(
            state, str(told.get("status", "")), str(told.get("message", ""))[:500], told.get("result"), now_ns
        )
        if end is not None:
            self.requests.end(end)

    def answer_topics(self) -> list[str]:
        """Return the topics on which devices answer."""
        return sorted({answer_topic(e.spec) for e in self._registry if e.spec.type.commands} - {""})

    def own_topics(self) -> list[str]:
        """Return the topics that commands are published to."""
        return [
            f"{topic}/{c.name}"
            for e in self._registry
            if (topic := command_topic(e.spec))
            for c in e.spec.type.commands
        ]

    def _speaks_for(self, topic: str, twin: str) -> bool:
        """Return whether a topic is where the device of that twin answers; for one that is gone, any is."""
        return twin not in self._registry or answer_topic(self._registry.get(twin).spec) == topic

    def _check(
        self, user: User, entry: TwinEntry, spec: CommandSpec, args: Mapping[str, Any], timeout_s: float | None
    ) -> tuple[dict[str, Any], float, str]:
        require(user, Role.of(spec.role), f"command {entry.spec.id}:{spec.name}")
        topic = command_topic(entry.spec)
        if not topic:
            raise Conflict(f"{entry.spec.id} has no topic for commands", hint="set topic or command_topic of the twin")
        limit_s = spec.timeout_s if timeout_s is None else timeout_s
        if not 0 < limit_s <= MAX_TIMEOUT_S:
            raise RequestInvalid("timeout_s", expected=f"seconds up to {MAX_TIMEOUT_S:g}", got=timeout_s)
        checked = checked_arguments(spec, args)
        self.requests.reachable(entry, spec.max_age_s)
        return checked, limit_s, topic


def command_topic(spec: TwinSpec) -> str:
    """Return where a twin's commands go, "" where it has no topic."""
    return spec.command_topic or (f"{spec.topic}/cmd" if spec.topic else "")


def answer_topic(spec: TwinSpec) -> str:
    """Return where a twin's device answers, "" where it has no topic."""
    if spec.answer_topic:
        return spec.answer_topic
    topic = command_topic(spec)
    return f"{topic}/answer" if topic else ""
