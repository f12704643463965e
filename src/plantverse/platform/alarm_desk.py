"""What people do with alarms: allowed or not, written down, done."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from plantverse.errors import RequestInvalid
from plantverse.platform.access import User, require
from plantverse.platform.audit import AuditLog
from plantverse.platform.users import Role

Action = Literal["acknowledge", "shelve", "unshelve", "suppress", "unsuppress"]
ROLES: Mapping[str, Role] = {
    "acknowledge": Role.OPERATOR,
    "shelve": Role.OPERATOR,
    "unshelve": Role.OPERATOR,
    "suppress": Role.ENGINEER,
    "unsuppress": Role.ENGINEER,
}
"""An operator silences for a shift; taking an alarm out of service is an engineer's decision (ISA-18.2, 11)."""
DEFAULT_SHELVE_S = 3_600.0


class Alarms(Protocol):
    """The alarm engine's half."""

    def check(self, alarm: str, action: str) -> None:
        """Pass if it can be done now."""

    def acknowledge(self, alarm: str, user: str, comment: str) -> None:
        """Somebody has seen it."""

    def shelve(self, alarm: str, user: str, comment: str, duration_s: float) -> None:
        """Keep it quiet for a time."""

    def unshelve(self, alarm: str, user: str, comment: str) -> None:
        """Let it be heard again."""

    def suppress(self, alarm: str, user: str, comment: str) -> None:
        """Take it out of service."""

    def unsuppress(self, alarm: str, user: str, comment: str) -> None:
        """Put it back into service."""


class AlarmDesk:
    """Carries out alarm actions of named users."""

    def __init__(self, alarms: Alarms, audit: AuditLog, *, max_shelve_s: float) -> None:
        self._alarms = alarms
        self._audit = audit
        self._max_shelve_s = max_shelve_s
        self._plain: Mapping[str, Callable[[str, str, str], None]] = {
            "acknowledge": alarms.acknowledge,
            "unshelve": alarms.unshelve,
            "suppress": alarms.suppress,
            "unsuppress": alarms.unsuppress,
        }

    async def act(
        self, user: User, alarm: str, action: str, *, comment: str = "", duration_s: float | None = None
    ) -> None:
        """Write it down and do it.

        Raises:
            NotAllowed: The user's role is too low.
            NotFound: No such alarm.
            Conflict: The alarm's state does not allow it.
            RequestInvalid: No such action, or shelved for too long.
            AuditUnavailable: It could not be written down, so it was not done.
        """
        role = ROLES.get(action)
        if role is None:
            raise RequestInvalid("action", expected=f"one of {', '.join(ROLES)}", got=action)
        require(user, role, f"{action} {alarm}")
        span_s = DEFAULT_SHELVE_S if duration_s is None else duration_s
        if action == "shelve" and not 0 < span_s <= self._max_shelve_s:
            raise RequestInvalid("duration_s", expected=f"seconds up to {self._max_shelve_s:g}", got=duration_s)
        self._alarms.check(alarm, action)
        detail = {"comment": comment} | ({"duration_s": span_s} if action == "shelve" else {})
        await asyncio.to_thread(
            self._audit.append,
            user=user.name,
            role=user.role.label,
            action=f"alarm.{action}",
            target=alarm,
            detail=detail,
        )
        # Somebody else may have been faster meanwhile: then it raises, and the record says what was asked for.
        if action == "shelve":
            self._alarms.shelve(alarm, user.name, comment, span_s)
        else:
            self._plain[action](alarm, user.name, comment)
