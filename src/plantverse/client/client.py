"""`connect` and the `Client` that it returns."""

import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote

import httpx
import numpy as np
from numpy.typing import NDArray

from plantverse.client import live
from plantverse.client.feed import Feed, Mode
from plantverse.client.rest import Address, Rest
from plantverse.client.results import Buckets, Change, Outcome, Reading, Series, Snapshot

DEFAULT_URL = "http://127.0.0.1:8420"
TOKEN_VARIABLE = "PLANTVERSE_TOKEN"  # noqa: S105  the name of a variable
Moment = str | float | datetime
"""ISO 8601, seconds since 1970, a datetime, `now`, or `-10m` before now by the server's clock."""
ANSWER_MARGIN_S = 5.0
"""How long beyond a command's own time the client waits for the server to say what became of it."""


def connect(
    url: str = DEFAULT_URL,
    token: str | None = None,
    *,
    ca: str | Path | None = None,
    transport: httpx.BaseTransport | None = None,
) -> "Client":
    """Return a client of a running server, having asked it who we are.

    Args:
        url: `http://HOST:PORT` or `https://HOST:PORT`.
        token: Of a named user; by default the variable `PLANTVERSE_TOKEN`. A server on this machine without users
            needs none.
        ca: PEM file of the authority behind the server's certificate, where the system does not know it.
        transport: Stands in for the network in tests.

    Raises:
        ServerUnavailable: Nobody answers there.
        Unauthenticated: The token is missing or wrong.
        ConfigInvalid: The address or the certificate file is wrong.

    Example:
        with plantverse.connect() as plant:
            flow = plant.latest("hall/pump-1:flow")["hall/pump-1:flow"]
            print(flow.value, flow.unit, flow.quality)
    """
    token = os.environ.get(TOKEN_VARIABLE, "") if token is None else token
    client = Client(Rest(Address(url, ca=ca), token, transport=transport), token)
    try:
        me = client.me()
    except BaseException:
        client.close()
        raise
    client.user, client.role = str(me["user"]), str(me["role"])
    return client


class Client:
    """One server, seen by one user; made by `connect`.

    Selectors are those of the whole product: `*`, `hall/*`, `type:Pump and area:hall`, `hall/pump-1:flow`.

    Attributes:
        user, role: Who we are to the server.
    """

    def __init__(self, rest: Rest, token: str) -> None:
        self._rest = rest
        self._token = token
        self.user = ""
        self.role = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back; iterators of `watch` end on their own when they are closed."""
        self._rest.close()

    # state

    def health(self) -> dict[str, Any]:
        """Return how the server is; the fields stand in docs/reference/rest.md."""
        return self._rest.get("/health")

    def me(self) -> dict[str, Any]:
        """Return who we are: `user`, `role`, `local`."""
        return self._rest.get("/me")

    def twins(self, selector: str = "*") -> list[dict[str, Any]]:
        """Return the structure of the twins that a selector names: id, type, signals, commands, placement."""
        return list(self._rest.get("/twins", selector=selector)["twins"])

    def twin(self, twin_id: str) -> dict[str, Any]:
        """Return `twin` (structure), `document` (state) and `values` of one twin.

        Raises:
            NotFound: There is no such twin.
        """
        return self._rest.get(f"/twins/{quote(twin_id)}")

    def latest(self, selector: str = "*") -> dict[str, Reading]:
        """Return the newest value of every signal that a selector names."""
        rows = self._rest.get("/signals", selector=selector)["signals"]
        return {row["signal"]: _reading(row) for row in rows}

    # live

    def watch(self, selector: str = "*", *, max_hz: float = 0.0, mode: Mode = "latest") -> Iterator[Change]:
        """Yield all present values, then every change, without end; goes on after cuts and restarts of the server.

        Args:
            selector: Which signals.
            max_hz: Frames per second at most; 0 takes the server's 20.
            mode: `latest` skips what was overtaken before we looked. `batch` yields every sample from now on and no
                present values; those of a cut are in history only.
        """
        return live.watch(self._rest.address, Feed(selector, token=self._token, max_hz=max_hz, mode=mode))

    def watch_async(self, selector: str = "*", *, max_hz: float = 0.0, mode: Mode = "latest") -> AsyncIterator[Change]:
        """Yield as `watch` does, for `async for`."""
        return live.watch_async(self._rest.address, Feed(selector, token=self._token, max_hz=max_hz, mode=mode))

    # history

    def history(self, signal: str, start: Moment = "-10m", end: Moment = "now", *, limit: int = 100_000) -> Series:
        """Return the stored samples of a signal with start <= observed < end, the first `limit` of them.

        Raises:
            NotFound: There is no such signal.
            HistoryUnavailable: The store does not answer.
        """
        answer = self._rest.get("/history/series", signal=signal, start=_time(start), end=_time(end), limit=limit)
        return Series(
            signal=answer["signal"],
            unit=answer["unit"],
            observed_us=_floats(answer["observed_us"]),
            value=_floats(answer["value"]),
            quality=np.asarray(answer["quality"], np.uint8),
            synthetic=bool(answer.get("synthetic")),
        )

    def buckets(self, signal: str, start: Moment = "-10m", end: Moment = "now", *, width: str = "1s") -> Buckets:
        """Return a signal condensed to spans of `width` (`10s`, `1m`, `1h`).

        Raises:
            NotFound: There is no such signal.
            HistoryUnavailable: The store does not answer.
        """
        answer = self._rest.get("/history/buckets", signal=signal, start=_time(start), end=_time(end), width=width)
        return Buckets(
            signal=answer["signal"],
            unit=answer["unit"],
            start_us=_floats(answer["start_us"]),
            minimum=_floats(answer["min"]),
            maximum=_floats(answer["max"]),
            mean=_floats(answer["mean"]),
            count=np.asarray(answer["count"], np.int64),
            worst=np.asarray(answer["worst"], np.uint8),
            synthetic=bool(answer.get("synthetic")),
        )

    def as_of(self, at: Moment, selector: str = "*") -> Snapshot:
        """Return what every signal of a selector was at a moment."""
        answer = self._rest.get("/history/as-of", at=_time(at), selector=selector)
        at_us = float(answer["at_us"])
        readings = {row["signal"]: _reading(row, at_us) for row in answer["signals"]}
        return Snapshot(at_us=at_us, readings=readings)

    def events(
        self, start: Moment = "-24h", end: Moment = "now", *, kind: str = "", twin: str = "", limit: int = 1_000
    ) -> list[dict[str, Any]]:
        """Return what happened, oldest first, the newest `limit`; docs/reference/events.md has kinds and bodies."""
        answer = self._rest.get("/events", start=_time(start), end=_time(end), kind=kind, twin=twin, limit=limit)
        return list(answer["events"])

    # detectors

    def detectors(self) -> list[dict[str, Any]]:
        """Return the detectors of the plant: model, state, what they blame, counts."""
        return list(self._rest.get("/detectors")["detectors"])

    def models(self) -> list[dict[str, Any]]:
        """Return the saved models that can be bound: `model`, `versions`, `signals`, and `problem`, "" for none."""
        return list(self._rest.get("/models")["models"])

    def bind_detector(self, twin: str, model: str, **options: Any) -> dict[str, Any]:
        """Let a saved model watch the running plant and return the detector; its score is a signal of the twin.

        Args:
            twin: Its id.
            model: Name of the model.
            options: `name`, `version`, `hash`, `limit`, `on_delay_s`, `off_delay_s` of `DetectorSpec`.

        Raises:
            NotFound: No such twin or model.
            NotAllowed: We are no engineer.
            Conflict: The plant is Python code, which the server does not edit.
        """
        answer = self._rest.post("/detectors/bind", {"twin": twin, "model": model, **options})
        name = options.get("name", "anomaly")
        return next(d for d in answer["detectors"] if (d["twin"], d["name"]) == (twin, name))

    def unbind_detector(self, twin: str, name: str = "anomaly") -> None:
        """Take a detector away; what it found stays in history.

        Raises:
            NotFound: There is none of that name.
            NotAllowed: We are no engineer.
        """
        self._rest.post("/detectors/unbind", {"twin": twin, "name": name})

    # acting

    def invoke(
        self,
        twin: str,
        command: str,
        args: Mapping[str, Any] | None = None,
        *,
        reason: str = "",
        timeout_s: float | None = None,
        wait: bool = True,
    ) -> Outcome:
        """Send a command and return what became of it.

        Args:
            twin: Its id.
            command: Name of the command.
            args: By parameter name.
            reason: For the audit log.
            timeout_s: After how long the command is void; the command's own time by default.
            wait: False returns at once with status `pending`; `outcome` asks later.

        Raises:
            NotFound: No such twin or command.
            NotAllowed: Our role is too low, or the broker is a foreign one and writing was not allowed.
            Conflict: The twin is stale.
            PlantverseError: An argument is wrong (code `request_invalid`).
        """
        body = {"twin": twin, "command": command, "args": dict(args or {}), "reason": reason, "timeout_s": timeout_s}
        outcome = _outcome(self._rest.post("/commands", body))
        return self._end_of(outcome, "commands") if wait else outcome

    def set_desired(self, twin: str, patch: Mapping[str, Any], *, reason: str = "", wait: bool = False) -> Outcome:
        """Ask for properties of a twin: path to value, None takes a wish back.

        With `wait` the answer is that of the device; without, the wish is stored and sent.

        Raises:
            NotFound, NotAllowed, Conflict, PlantverseError: As `invoke`.
        """
        outcome = _outcome(self._rest.post("/desired", {"twin": twin, "patch": dict(patch), "reason": reason}))
        return self._end_of(outcome, "desired") if wait else outcome

    def outcome(self, request: str, of: Literal["commands", "desired"] = "commands") -> Outcome:
        """Return where a command, or a wish for desired properties, stands now.

        Raises:
            NotFound: The server knows no such request.
        """
        return _outcome(self._rest.get(f"/{of}/{quote(request)}"))

    def alarms(
        self,
        state: Literal["", "unacknowledged", "acknowledged", "returned", "normal", "shelved", "suppressed"] = "",
    ) -> list[dict[str, Any]]:
        """Return the alarms that are not normal, or those in one state."""
        return list(self._rest.get("/alarms", state=state or None)["alarms"])

    def acknowledge(self, alarm: str, comment: str = "") -> None:
        """Acknowledge an alarm.

        Raises:
            NotFound: There is no such alarm.
            NotAllowed: Our role is too low.
        """
        self._rest.post("/alarms/acknowledge", {"alarm": alarm, "comment": comment})

    def shelve(self, alarm: str, duration_s: float, comment: str = "") -> None:
        """Put an alarm aside for some time.

        Raises:
            NotFound, NotAllowed: As `acknowledge`.
        """
        self._rest.post("/alarms/shelve", {"alarm": alarm, "comment": comment, "duration_s": duration_s})

    # ghosts

    def add_ghost(
        self,
        twin: str,
        generator: str,
        *,
        version: str = "",
        condition: Mapping[str, str | float | bool] | None = None,
        seed: int | None = None,
    ) -> dict[str, Any]:
        """Put a synthetic twin beside a real one and return it as `twin` does; it reads JSON on its `topic`.

        Args:
            twin: The real one; the ghost is `<twin>.ghost`, and its topic `plantverse/synthetic/ghost/<twin>`.
            generator: What makes its data.
            version: Of the generator.
            condition: What was asked of it.
            seed: Of its random numbers.

        Raises:
            NotFound: There is no such twin.
            NotAllowed: Our role is too low.
            Conflict: The twin is synthetic itself.
        """
        body = {"generator": generator, "version": version, "condition": dict(condition or {}), "seed": seed}
        return self._rest.post(f"/twins/{quote(twin)}/ghost", body)

    def remove_ghost(self, twin: str) -> None:
        """Take the ghost of a twin away; its history stays.

        Raises:
            NotFound: It has none.
            NotAllowed: Our role is too low.
        """
        self._rest.delete(f"/twins/{quote(twin)}/ghost")

    # mapping

    def dead_letters(self, limit: int = 100) -> list[dict[str, Any]]:
        """Return the newest messages that could not be used, each with cause, reason and hint."""
        return list(self._rest.get("/dead-letters", limit=limit)["dead_letters"])

    def explain(self, topic: str, payload: str = "") -> dict[str, Any]:
        """Return what a message on a topic would do, without doing it."""
        return self._rest.get("/mapping/explain", topic=topic, payload=payload)

    def _end_of(self, outcome: Outcome, of: Literal["commands", "desired"]) -> Outcome:
        span_us = outcome.detail.get("expires_us", 0.0) - outcome.detail.get("asked_us", 0.0)
        end = time.monotonic() + span_us / 1e6 + ANSWER_MARGIN_S
        pause = 0.02
        while outcome.status == "pending" and time.monotonic() < end:
            time.sleep(pause)
            pause = min(0.5, pause * 1.5)
            outcome = self.outcome(outcome.request, of)
        return outcome


def _time(moment: Moment) -> str:
    if isinstance(moment, datetime):
        # A datetime without a zone is local time in Python, everywhere else in the product a text without one is UTC.
        return f"{moment.timestamp():.6f}"
    return moment if isinstance(moment, str) else f"{moment:.6f}"


def _floats(values: list[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if v is None else v for v in values], np.float64)


def _reading(row: dict[str, Any], at_us: float | None = None) -> Reading:
    observed_us = row.get("observed_us")
    age_s = row.get("age_s")
    if age_s is None and at_us is not None and observed_us is not None:
        age_s = (at_us - observed_us) / 1e6
    return Reading(
        signal=row["signal"],
        value=row["value"],
        unit=row.get("unit") or "",
        observed_us=observed_us,
        age_s=age_s,
        quality=row["quality"],
        label=row.get("label") or "",
        synthetic=bool(row.get("synthetic")),
    )


def _outcome(answer: dict[str, Any]) -> Outcome:
    rest = {k: v for k, v in answer.items() if k not in {"request", "status", "message"}}
    return Outcome(request=answer["request"], status=answer["status"], message=answer.get("message") or "", detail=rest)
