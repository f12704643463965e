"""REST from outside: errors in one form, users and roles, headers, and the edits of the plant."""

import json
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from plantverse._clock import SystemClock
from plantverse.platform.audit import newest
from plantverse.platform.users import Role, UsersFile
from plantverse.twins.sync.messages import PROTOCOL, Hello, decode_server, encode

PLANT = """\
[plant]
name = "rest"
types = ["types.py"]

# keep me
[[twin]]
id = "hall/p1"
type = "Pump"
topic = "plant/p1"
"""
TYPES = """\
from plantverse import Command, Limits, Property, Telemetry, Twin


class Pump(Twin):
    flow = Telemetry(unit="m3/h", limits=Limits(h=80))
    mode = Property(writable=True)
    start = Command()
"""
MakeServer = Callable[..., ServerProcess]


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    (tmp_path / "types.py").write_text(TYPES)
    path = tmp_path / "plant.toml"
    path.write_text(PLANT)
    return path


@pytest.fixture
def server(mosquitto: Mosquitto, make_server: MakeServer, plant: Path) -> ServerProcess:
    return make_server(plant, mosquitto.url).start()


def ask(server: ServerProcess, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return (status, headers, body) of a GET."""
    request = urllib.request.Request(server.url + path)
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/twins/none", 404, "not_found"),
        ("/history/series?signal=hall/p1:none", 404, "not_found"),
        ("/history/series?signal=hall/p1:flow&start=yesterday", 422, "request_invalid"),
        ("/history/series?signal=hall/p1:flow&start=now&end=-1h", 422, "request_invalid"),
        ("/history/buckets?signal=hall/p1:flow&start=-7d&width=1ms", 422, "request_invalid"),
        ("/history/series", 422, "request_invalid"),
        ("/alarms/load?at=noon", 422, "request_invalid"),
        ("/alarms/load?span=-1h", 422, "request_invalid"),
        ("/alarms/load?span=soon", 422, "request_invalid"),
        ("/twins?selector=type:(", 422, "selector_invalid"),
        ("/commands/none", 404, "not_found"),
        ("/nothing/here", 404, "not_found"),
    ],
)
def test_every_error_has_a_code_a_message_and_a_hint(server: ServerProcess, path: str, status: int, code: str) -> None:
    got, _, body = ask(server, f"/api/v1{path}")
    answer = json.loads(body)
    assert (got, answer["code"]) == (status, code)
    assert answer["message"]
    assert set(answer) == {"code", "message", "hint"}


def test_the_interface_describes_itself_with_examples(server: ServerProcess) -> None:
    document = json.loads(ask(server, "/api/v1/openapi.json")[2])
    paths = document["paths"]
    expected = {"health", "me", "twins", "signals", "hops", "events", "commands", "desired", "alarms", "topics"}
    assert {f"/api/v1/{name}" for name in expected} <= set(paths)
    assert "example" in document["components"]["schemas"]["Health"]
    assert "example" in document["components"]["schemas"]["CommandRequest"]


def test_the_page_the_metrics_and_their_headers(server: ServerProcess) -> None:
    status, headers, body = ask(server, "/")
    assert status == 200
    assert b"<html" in body.lower()
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    status, headers, body = ask(server, "/metrics")
    assert status == 200
    assert b"plantverse_messages_received_total" in body
    assert headers["content-type"].startswith("text/plain")


def test_a_foreign_host_and_a_foreign_page_are_refused(server: ServerProcess) -> None:
    assert ask(server, "/api/v1/twins", Host="evil.example")[0] == 403
    assert ask(server, "/", Host="evil.example")[0] == 403
    assert ask(server, "/api/v1/twins", Origin="https://evil.example")[0] == 403
    with connect(
        f"ws://127.0.0.1:{server.port}/api/v1/sync",
        origin="https://evil.example",
        proxy=None,  # type: ignore[arg-type]
    ) as viewer:
        viewer.send(encode(Hello(versions=[PROTOCOL])))
        assert decode_server(viewer.recv(20)).code == "not_allowed"  # type: ignore[union-attr, arg-type]


def test_a_large_body_and_a_wrong_one_are_refused(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as link:
        # Announced only: the server answers before it reads the body, and a client that is still sending may see a cut.
        link.sendall(b"POST /api/v1/desired HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n")
        answer_line = link.recv(4096).split(b"\r\n")[0]
    assert answer_line.split()[1] == b"413"
    status, answer = server.post("/commands", {"twin": "hall/p1", "command": "start", "surprise": 1})
    assert (status, answer["code"]) == (422, "request_invalid")
    assert "surprise" in answer["message"]


def test_placement_and_rename_are_written_into_the_plant_file(server: ServerProcess, plant: Path) -> None:
    status, answer = server.post("/twins/hall/p1/placement", {"position": [1.0, 0.0, 2.0], "yaw_deg": 90})
    assert status == 200
    assert answer["twin"]["position"] == [1.0, 0.0, 2.0]
    status, answer = server.post("/twins/hall/p1/rename", {"id": "hall/north/pump"})
    assert status == 200
    assert answer["twin"]["id"] == "hall/north/pump"
    text = plant.read_text()
    assert "# keep me" in text
    assert 'id = "hall/north/pump"' in text
    assert server.post("/twins/hall/north/pump/rename", {"id": "not an id!"})[0] == 422
    actions = [r["action"] for r in newest(server.folder / "state" / "audit.jsonl", 10)]
    assert set(actions) == {"plant.place", "plant.rename"}


def test_a_stale_twin_takes_no_command(server: ServerProcess) -> None:
    status, answer = server.post("/commands", {"twin": "hall/p1", "command": "start"})
    assert (status, answer["code"]) == (409, "conflict")
    assert "never sent a sample" in answer["message"]


def test_named_users_end_local_mode_and_roles_count(mosquitto: Mosquitto, make_server: MakeServer, plant: Path) -> None:
    server = make_server(plant, mosquitto.url)
    users = UsersFile(server.folder / "state" / "users.json", SystemClock())
    (server.folder / "state").mkdir(mode=0o700)
    tokens = {name: users.create(name, role) for name, role in (("vera", Role.VIEWER), ("emil", Role.ENGINEER))}
    server.start()
    assert ask(server, "/api/v1/health")[0] == 200
    status, headers, body = ask(server, "/api/v1/twins")
    assert (status, json.loads(body)["code"]) == (401, "unauthenticated")
    assert headers["www-authenticate"] == "Bearer"
    vera = f"Bearer {tokens['vera']}"
    assert json.loads(ask(server, "/api/v1/me", Authorization=vera)[2])["role"] == "viewer"
    place: dict[str, Any] = {"position": [1.0, 0.0, 2.0]}
    status, answer = server.post("/twins/hall/p1/placement", place, tokens["vera"])
    assert (status, answer["code"]) == (403, "not_allowed")
    assert server.post("/twins/hall/p1/placement", place, tokens["emil"])[0] == 200
    url = f"ws://127.0.0.1:{server.port}/api/v1/sync"
    with connect(url, proxy=None) as nobody:
        nobody.send(encode(Hello(versions=[PROTOCOL])))
        assert decode_server(nobody.recv(20)).code == "not_allowed"  # type: ignore[union-attr, arg-type]
    with connect(url, proxy=None) as viewer:
        viewer.send(encode(Hello(versions=[PROTOCOL], token=tokens["vera"])))
        welcome: Any = decode_server(viewer.recv(20))  # type: ignore[arg-type]
        assert (welcome.user, welcome.role) == ("vera", "viewer")
        users.revoke("vera")
        bye: Any = decode_server(viewer.recv(30))  # type: ignore[arg-type]
        assert bye.code == "not_allowed"
    assert ask(server, "/api/v1/twins", Authorization=vera)[0] == 401


def test_beyond_loopback_without_users_is_refused(plant: Path, tmp_path: Path, mosquitto: Mosquitto) -> None:
    (tmp_path / "plantverse.toml").write_text('[http]\nhost = "0.0.0.0"\n')
    command = [sys.executable, "-m", "plantverse", "run", str(plant), "--no-browser", "--port", "0"]
    done = subprocess.run([*command, "--mqtt", mosquitto.url], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "no named user" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_lan_serves_tls_with_a_token_and_prints_the_invitation(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path
) -> None:
    server = make_server(plant, mosquitto.url, "--lan")
    trusting = ssl._create_unverified_context()
    urllib.request.install_opener(urllib.request.build_opener(urllib.request.HTTPSHandler(context=trusting)))
    try:
        server.scheme = "https"
        server.start()
        invited = next(line for line in server.log_path.read_text().splitlines() if "#token=" in line)
        token = invited.partition("#token=")[2].strip()
        assert ask(server, "/api/v1/twins", Host="192.0.2.9")[0] == 401
        status, _, body = ask(server, "/api/v1/me", Authorization=f"Bearer {token}")
        assert (status, json.loads(body)["role"]) == (200, "viewer")
        assert "SHA-256" in server.log_path.read_text()
    finally:
        urllib.request.install_opener(urllib.request.build_opener())


def test_a_code_signs_a_device_in_as_the_one_who_asked_for_it(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path
) -> None:
    server = make_server(plant, mosquitto.url)
    (server.folder / "state").mkdir(mode=0o700)
    token = UsersFile(server.folder / "state/users.json", SystemClock()).create("ana", Role.OPERATOR)
    server.start()
    assert server.post("/pairing", {})[0] == 401
    status, offer = server.post("/pairing", {}, token)
    assert status == 200
    assert offer["address"] == server.url
    assert offer["qr"].startswith("<svg")
    assert server.post("/pairing/redeem", {"code": "x"})[0] == 401
    assert server.post("/pairing/redeem", {"code": offer["code"]}) == (200, {"token": token})
    assert server.post("/pairing/redeem", {"code": offer["code"]})[0] == 401
    assert server.post("/pairing/redeem", {"code": "1" * 17})[0] == 422
