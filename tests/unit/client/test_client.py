"""`connect` and `Client` against a REST server that answers from a table."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import numpy as np
import pytest

import plantverse
from plantverse.client import Client
from plantverse.client.rest import Address
from plantverse.errors import ConfigInvalid, Conflict, NotFound, PlantverseError, ServerUnavailable, Unauthenticated

ME = {"user": "vera", "role": "operator", "local": False, "loopback": True}
Answer = dict[str, Any] | tuple[int, dict[str, Any]] | Callable[[httpx.Request], Any]


class Server:
    """Answers by method and path, and keeps what it was asked."""

    def __init__(self, **answers: Answer) -> None:
        self.answers: dict[str, Answer] = {"GET /me": ME, **answers}
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers[f"{request.method} {request.url.path.removeprefix('/api/v1')}"]
        if callable(answer):
            answer = answer(request)
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        return httpx.Response(status, json=body)

    def client(self, token: str | None = "pv_x") -> Client:
        return plantverse.connect("http://plant.example:8420/", token, transport=httpx.MockTransport(self))


def test_connect_asks_who_we_are_and_sends_the_token() -> None:
    server = Server()
    with server.client() as client:
        assert (client.user, client.role) == ("vera", "operator")
    assert server.asked[0].headers["authorization"] == "Bearer pv_x"
    assert str(server.asked[0].url) == "http://plant.example:8420/api/v1/me"


def test_the_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTVERSE_TOKEN", "pv_env")
    server = Server()
    server.client(None).close()
    assert server.asked[0].headers["authorization"] == "Bearer pv_env"


def test_a_wrong_token_is_said_so() -> None:
    refused = (401, {"code": "unauthenticated", "message": "unknown token", "hint": "an admin makes one"})
    with pytest.raises(Unauthenticated, match="unknown token") as error:
        Server(**{"GET /me": refused}).client()
    assert (error.value.code, error.value.hint) == ("unauthenticated", "an admin makes one")


@pytest.mark.parametrize("url", ["plant:8420", "mqtt://plant", "http://", ""])
def test_a_wrong_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigInvalid, match="expected http"):
        plantverse.connect(url)


def test_nobody_there() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)

    with pytest.raises(ServerUnavailable, match="no plantverse server at http://h:1: connection refused"):
        plantverse.connect("http://h:1", transport=httpx.MockTransport(refuse))


def test_another_program_on_the_port() -> None:
    page = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>a router</html>"))
    with pytest.raises(ServerUnavailable, match="does not answer as a plantverse server"):
        plantverse.connect("http://h:1", transport=page)


def test_errors_come_back_as_their_class_or_with_their_code() -> None:
    server = Server(
        **{
            "GET /twins/p9": (404, {"code": "not_found", "message": "no twin p9", "hint": ""}),
            "POST /commands": (409, {"code": "conflict", "message": "p1 is stale", "hint": "wait"}),
            "GET /history/series": (422, {"code": "request_invalid", "message": "start: expected", "hint": ""}),
        }
    )
    client = server.client()
    with pytest.raises(NotFound, match="no twin p9"):
        client.twin("p9")
    with pytest.raises(Conflict, match="p1 is stale"):
        client.invoke("p1", "start")
    with pytest.raises(PlantverseError, match="start: expected") as error:
        client.history("p1:flow", start="x")
    assert error.value.code == "request_invalid"
    assert error.value.hint is None


def test_latest_by_signal() -> None:
    row = {
        "signal": "p1:flow", "value": 3.5, "unit": "m3/h", "observed_us": 1e15, "received_us": 1e15,
        "age_s": 0.25, "quality": "uncertain: stale", "label": None,
    }  # fmt: skip
    server = Server(**{"GET /signals": {"signals": [row]}})
    reading = server.client().latest("type:Pump")["p1:flow"]
    assert (reading.value, reading.unit, reading.age_s, reading.good) == (3.5, "m3/h", 0.25, False)
    assert dict(server.asked[-1].url.params) == {"selector": "type:Pump"}


def test_history_as_numpy() -> None:
    answer = {
        "signal": "p1:flow", "unit": "m3/h", "observed_us": [1e15, 1e15 + 1], "value": [1.5, None], "quality": [0, 133],
    }  # fmt: skip
    server = Server(**{"GET /history/series": answer})
    series = server.client().history("p1:flow", datetime(2026, 1, 1, tzinfo=UTC), 1767225660.5, limit=7)
    assert series.value.dtype == np.float64
    assert series.value[0] == 1.5
    assert np.isnan(series.value[1])
    assert series.quality.tolist() == [0, 133]
    assert series.time[1] - series.time[0] == np.timedelta64(1, "us")
    assert dict(server.asked[-1].url.params) == {
        "signal": "p1:flow", "start": "1767225600.000000", "end": "1767225660.500000", "limit": "7",
    }  # fmt: skip


def test_buckets_as_numpy() -> None:
    answer = {
        "signal": "p1:flow", "unit": "", "start_us": [1e15], "min": [1.0], "max": [3.0], "mean": [2.0], "count": [4],
        "worst": [0],
    }  # fmt: skip
    found = Server(**{"GET /history/buckets": answer}).client().buckets("p1:flow", width="1m")
    assert (len(found), found.minimum[0], found.mean[0], found.maximum[0], found.count[0]) == (1, 1.0, 2.0, 3.0, 4)


def test_as_of_counts_ages_from_its_moment() -> None:
    row = {"signal": "p1:flow", "value": 1.0, "observed_us": 7e6, "quality": "good"}
    server = Server(**{"GET /history/as-of": {"at_us": 10e6, "signals": [row]}})
    assert server.client().as_of(10.0).readings["p1:flow"].age_s == 3.0


def test_invoke_waits_for_the_outcome() -> None:
    states = iter(["pending", "pending", "succeeded"])
    server = Server(
        **{
            "POST /commands": (202, {"request": "r1", "status": "pending", "asked_us": 1e6, "expires_us": 6e6}),
            "GET /commands/r1": lambda _: {"request": "r1", "status": next(states), "message": "at 1200 1/min"},
        }
    )
    outcome = server.client().invoke("p1", "set_speed", {"speed": 1200}, reason="ramp-up")
    assert outcome.succeeded
    assert outcome.message == "at 1200 1/min"
    asked = json.loads(server.asked[1].content)
    assert asked == {"twin": "p1", "command": "set_speed", "args": {"speed": 1200}, "reason": "ramp-up"}


def test_invoke_without_waiting_asks_once() -> None:
    server = Server(**{"POST /commands": (202, {"request": "r1", "status": "pending"})})
    assert server.client().invoke("p1", "start", wait=False).status == "pending"
    assert len(server.asked) == 2


def test_a_wish_is_taken_back_with_none() -> None:
    server = Server(**{"POST /desired": {"request": "r2", "status": "pending"}})
    server.client().set_desired("p1", {"mode": None})
    assert json.loads(server.asked[-1].content)["patch"] == {"mode": None}


def test_a_wish_can_be_waited_for() -> None:
    server = Server(
        **{
            "POST /desired": (202, {"request": "r2", "status": "pending"}),
            "GET /desired/r2": {"request": "r2", "status": "succeeded"},
        }
    )
    assert server.client().set_desired("p1", {"mode": "auto"}, wait=True).succeeded


def test_acknowledge() -> None:
    server = Server(**{"POST /alarms/acknowledge": {}})
    server.client().acknowledge("p1:flow:h", "seen")
    assert json.loads(server.asked[-1].content) == {"alarm": "p1:flow:h", "comment": "seen"}


def test_addresses() -> None:
    assert Address("http://[::1]:8420").sync == "ws://[::1]:8420/api/v1/sync"
    assert Address("https://plant.example/hall/").sync == "wss://plant.example/hall/api/v1/sync"
    assert Address("https://plant.example/hall/").base == "https://plant.example/hall"
    local = [Address(f"http://{host}").local for host in ("127.0.0.1", "[::1]", "localhost", "plant.example")]
    assert local == [True, True, True, False]


def test_a_missing_certificate_file_is_said_so(tmp_path: Any) -> None:
    with pytest.raises(ConfigInvalid, match="cannot be used"):
        Address("https://plant.example", ca=tmp_path / "none.pem")


def test_detectors_are_listed_bound_and_taken_away() -> None:
    entry = {"detector": "p1:anomaly", "twin": "p1", "name": "anomaly", "state": "starting"}
    other = entry | {"detector": "p1:wide", "name": "wide"}
    listed = {"detectors": [entry, other], "worker": {}}
    server = Server(
        **{
            "GET /detectors": listed,
            "GET /models": {"models": [{"model": "pumps"}]},
            "POST /detectors/bind": listed,
            "POST /detectors/unbind": {"detectors": [], "worker": {}},
        }
    )
    with server.client() as client:
        assert client.detectors() == [entry, other]
        assert client.models() == [{"model": "pumps"}]
        assert client.bind_detector("p1", "pumps", name="wide", limit=2.0) == other
        assert json.loads(server.asked[-1].content) == {"twin": "p1", "model": "pumps", "name": "wide", "limit": 2.0}
        client.unbind_detector("p1")
        assert json.loads(server.asked[-1].content) == {"twin": "p1", "name": "anomaly"}
