"""Requests whose end a killed server could not write down: the audit log gets it at the next start.

A command that was asked for and has no outcome would leave open, for ever, whether the device may have done it.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from plantverse._clock import Clock
from plantverse.errors import AuditUnavailable
from plantverse.platform.requests import Audit
from plantverse.twins.commands import CUT_OFF, ENDS
from plantverse.twins.events import EventLog

_log = logging.getLogger(__name__)

LOOK_BACK = 10_000
"""Audit records that are looked through; a request lives an hour at most, that is three records a second."""


def unfinished(records: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the records of commands and desired properties that were asked for and have no end, oldest first."""
    asked: dict[str, Mapping[str, Any]] = {}
    for record in records:
        kind, _, what = record["action"].partition(".")
        request = record["detail"].get("request")
        if kind not in {"command", "desired"} or not request:
            continue
        if what == "asked":
            asked[request] = record
        elif what in ENDS:
            asked.pop(request, None)
    return list(asked.values())


def end_unfinished(records: Iterable[Mapping[str, Any]], *, audit: Audit, events: EventLog, clock: Clock) -> int:
    """Write down the end of what a killed server left open, as records and events, and return their number.

    Args:
        records: The newest of the audit log, oldest first.
        audit: Takes the ends.
        events: Takes them for history.
        clock: Wall time of the events.
    """
    ended = 0
    for record in unfinished(records):
        kind = record["action"].partition(".")[0]
        twin, _, what = record["target"].partition(":")
        detail = record["detail"]
        try:
            audit.append(
                user=record["user"],
                role=record["role"],
                action=f"{kind}.failed",
                target=record["target"],
                detail={"request": detail["request"], "message": CUT_OFF},
            )
        except AuditUnavailable as exc:
            _log.error("requests of the last run stay without an end: %s", exc)
            break
        asked = detail.get("args", {})
        body = {"command": what, "args": asked} if kind == "command" else {"patch": asked}
        events.append(
            kind,
            twin,
            clock.time_ns(),
            {**body, "request": detail["request"], "status": "failed", "user": record["user"], "message": CUT_OFF},
        )
        ended += 1
    return ended
