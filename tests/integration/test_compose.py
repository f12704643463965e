"""docker-compose.yml names only what exists, and its broker lets in whom it should. No docker is needed for that.

The last test starts it all; it is deselected where there is no docker.
"""

import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from fastapi import FastAPI

from doubles.compose_rules import problems
from doubles.deployment import (
    DEPLOY,
    ROOT,
    client_of,
    directives,
    read_compose,
    settings_for,
    start_broker,
    with_defaults,
)
from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from plantverse.cli import app
from plantverse.platform.api import api_router
from plantverse.platform.config import Settings
from plantverse.platform.security import check_bind

HISTORIES = ("duckdb", "influx")
PAGE = (ROOT / "docs" / "how-to" / "deploy-with-compose.md").read_text()


@pytest.fixture(scope="module")
def compose() -> Any:
    return read_compose()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = start_broker(tmp_path)
    yield made
    made.kill()


def test_the_file_follows_the_specification(compose: Any) -> None:
    assert problems(compose) == []


def test_the_check_finds_mistakes(compose: Any) -> None:
    broken = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    server = broken["services"]["plantverse"]
    server["helthcheck"] = server.pop("healthcheck")
    server["ports"] = ["8420"]
    server["depends_on"] = {"broker": {"condition": "service_healthy"}}
    server["secrets"] = ["nobody"]
    server["read_only"] = "yes"
    found = "\n".join(problems(broken))
    for sign in ("helthcheck: not known", "ports: 8420", "no service broker", "no nobody", "read_only: expected"):
        assert sign in found
    assert "services.proxy.depends_on.plantverse: it has no healthcheck" in found


def test_every_file_it_mounts_or_builds_from_is_here(compose: Any) -> None:
    sources = [
        with_defaults(volume).split(":")[0] for s in compose["services"].values() for volume in s.get("volumes", ())
    ]
    sources += [s["build"]["dockerfile"] for s in compose["services"].values() if "build" in s]
    paths = [source for source in sources if "/" in source]
    assert len(paths) >= 8
    assert [path for path in paths if not (ROOT / path).exists()] == []
    scripts = [path for path in paths if path.endswith(".sh")]
    assert [path for path in scripts if not os.access(ROOT / path, os.X_OK)] == []


def test_the_secrets_are_those_that_the_script_makes(compose: Any, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    for _ in range(2):
        subprocess.run([DEPLOY / "make_secrets.sh", folder], check=True)
        made = {path.name: path.read_text() for path in folder.iterdir()}
    by_hand = {"edge_token"}  # `plantverse user add` prints it
    named = {f"./secrets/{name}" for name in {*made, *by_hand}}
    assert {secret["file"] for secret in compose["secrets"].values()} == named
    assert all(re.fullmatch(r"[0-9a-f]{48}", text) for text in made.values())
    assert len(set(made.values())) == len(made)
    assert folder.stat().st_mode & 0o777 == 0o700
    before = dict(made)
    subprocess.run([DEPLOY / "make_secrets.sh", folder], check=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == before, "secrets that exist stay"
    assert "/secrets/" in (ROOT / ".gitignore").read_text()


@pytest.mark.parametrize("history", HISTORIES)
def test_the_settings_load_and_are_safe(compose: Any, history: str) -> None:
    settings = settings_for(history)
    check_bind(settings, ["me"])
    services = compose["services"]
    networks = services["proxy"]["networks"]["front"]
    assert settings.http.trusted_proxy == (networks["ipv4_address"],)
    subnet = ipaddress.ip_network(compose["networks"]["front"]["ipam"]["config"][0]["subnet"])
    addresses = [services[name]["networks"]["front"]["ipv4_address"] for name in ("proxy", "plantverse")]
    assert len(set(addresses)) == 2
    assert all(ipaddress.ip_address(address) in subnet for address in addresses)
    assert settings.history.store == history
    host, port = settings.mqtt.url.removeprefix("mqtt://").split(":")
    assert host in services
    assert port == directives(DEPLOY / "mosquitto-compose.conf")["listener"]
    assert f"user {settings.mqtt.user}\n" in (DEPLOY / "mosquitto.acl").read_text()
    for path in (settings.mqtt.password_file, settings.influx.token_file):
        assert path is None or (path.parent == Path("/run/secrets") and path.name in services["plantverse"]["secrets"])


def test_influx_makes_what_the_settings_name(compose: Any) -> None:
    influx, service = settings_for("influx").influx, compose["services"]["influx"]
    environment = service["environment"]
    assert influx.url == "http://influx:8086"
    assert (influx.org, influx.bucket, influx.database) == (
        environment["DOCKER_INFLUXDB_INIT_ORG"],
        environment["DOCKER_INFLUXDB_INIT_BUCKET"],
        environment["PLANTVERSE_DATABASE"],
    )
    assert environment["DOCKER_INFLUXDB_INIT_ADMIN_TOKEN_FILE"] == str(influx.token_file)
    files = {Path(value).name for key, value in environment.items() if key.endswith("_FILE")}
    assert files == set(service["secrets"])
    script = (DEPLOY / "influx_dbrp.sh").read_text()
    given = {"DOCKER_INFLUXDB_INIT_BUCKET_ID", *environment}  # the image makes the first one itself
    assert set(re.findall(r"\$(\w+)", script)) <= given
    assert service["profiles"] == ["influx"]


def test_commands_ports_and_routes_exist_in_the_code(compose: Any) -> None:
    service, port = compose["services"]["plantverse"], Settings().http.port
    docker = (DEPLOY / "Dockerfile").read_text()
    in_image = json.loads(re.findall(r"^CMD (\[.*\])", docker, re.MULTILINE)[0])
    by_hand = re.findall(r"plantverse (user add .*)", (ROOT / "docker-compose.yml").read_text())
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for line in [[with_defaults(a) for a in service["command"]], in_image, *(text.split() for text in by_hand)]:
        command, arguments = commands[line[0]], line[1:]
        while hasattr(command, "commands"):
            command, arguments = command.commands[arguments[0]], arguments[1:]
        command.make_context(line[0], arguments)
    assert by_hand
    assert f"EXPOSE {port}\n" in docker
    assert f"reverse_proxy plantverse:{port}\n" in (DEPLOY / "Caddyfile").read_text()
    url = re.search(r"http://127\.0\.0\.1:(\d+)(/\S+)'", service["healthcheck"]["test"][-1])
    assert url is not None
    assert url[1] == str(port)
    rest = FastAPI()
    rest.include_router(api_router())
    assert url[2] in rest.openapi()["paths"]
    compile(service["healthcheck"]["test"][-1], "healthcheck", "exec")


def test_the_image_has_what_it_copies_and_runs_as_nobody(compose: Any) -> None:
    docker = (DEPLOY / "Dockerfile").read_text()
    copied = [name for line in re.findall(r"^COPY (?!--)(.*) \S+$", docker, re.MULTILINE) for name in line.split()]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert [name for name in copied if f"!{name}" not in ignore] == []
    (extras,) = re.findall(r"\[([\w,]+)\]\"", docker)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    user = compose["services"]["plantverse"]["user"]
    assert f"USER {user}\n" in docker
    assert int(user.split(":")[0]) > 0
    state = compose["services"]["plantverse"]["volumes"][-1].split(":")[1]
    assert f"VOLUME {state}\n" in docker


def test_variables_have_defaults_and_are_explained() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    assert used == set(re.findall(r"(?<!\$)\$\{(\w+):-", text)), "each has a default"
    assert {name for name in used if f"`{name}`" not in PAGE} == set()
    assert set(re.findall(r"`(PLANTVERSE_\w+)`", PAGE)) == used


def test_the_limits_of_both_brokers_are_the_same() -> None:
    ours, other = directives(DEPLOY / "mosquitto.conf"), directives(DEPLOY / "mosquitto-compose.conf")
    who = {"listener", "allow_anonymous", "password_file", "acl_file", "persistence_location", "log_dest"}
    assert {k: v for k, v in ours.items() if k not in who} == {k: v for k, v in other.items() if k not in who}
    assert other["allow_anonymous"] == "false"


@pytest.mark.broker
def test_the_broker_lets_in_whom_it_should(broker: Mosquitto, tmp_path: Path) -> None:
    server = ("plantverse", (tmp_path / "secrets" / "mqtt_password").read_text())
    device = ("device", (tmp_path / "secrets" / "device_password").read_text())
    assert "not authori" in refusal(broker, None)
    assert "not authori" in refusal(broker, ("plantverse", "wrong"))
    assert refusal(broker, server) == ""
    assert heard(broker, listener=server, speaker=device) == [b"1"]
    assert heard(broker, listener=device, speaker=server) == [], "the server only listens"


@pytest.mark.broker
def test_the_server_runs_with_the_settings_of_the_container(
    compose: Any, broker: Mosquitto, tmp_path: Path, make_server: Callable[..., ServerProcess]
) -> None:
    text = (DEPLOY / "settings" / "duckdb.toml").read_text()
    for inside, here in (("mosquitto:1883", f"127.0.0.1:{broker.port}"), ("/run/secrets", str(tmp_path / "secrets"))):
        assert inside in text
        text = text.replace(inside, here)
    (tmp_path / "settings.toml").write_text(text)
    plant = ROOT / with_defaults(compose["services"]["plantverse"]["volumes"][0]).split(":")[0] / "plant.toml"
    server = make_server(plant, f"mqtt://127.0.0.1:{broker.port}", "--config", str(tmp_path / "settings.toml"))
    user = ["user", "add", "me", "--role", "admin", "--data", str(server.folder / "state")]
    subprocess.run([sys.executable, "-m", "plantverse", *user], check=True, capture_output=True)
    server.start()
    assert server.health()["history"]["state"] == "ok"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        server.get("/me")


def refusal(broker: Mosquitto, who: tuple[str, str] | None) -> str:
    client, answers = client_of(broker, who)
    client.disconnect()
    client.loop_stop()
    return answers[0]


def heard(broker: Mosquitto, *, listener: tuple[str, str], speaker: tuple[str, str]) -> list[bytes]:
    """Return what one user hears of another; a message of an allowed one afterwards marks the end."""
    listening, _ = client_of(broker, listener)
    speaking, _ = client_of(broker, speaker)
    got: list[bytes] = []
    subscribed, ended = threading.Event(), threading.Event()
    listening.on_message = lambda _c, _d, m: ended.set() if m.topic == "plant/end" else got.append(m.payload)
    listening.on_subscribe = lambda *_: subscribed.set()
    listening.subscribe("plant/#", qos=1)
    assert subscribed.wait(30)
    speaking.publish("plant/p1/flow", "1", qos=1).wait_for_publish(30)
    marking, _ = client_of(broker, listener if listener[0] == "device" else speaker)
    marking.publish("plant/end", "", qos=1).wait_for_publish(30)
    assert ended.wait(30)
    for client in (listening, speaking, marking):
        client.disconnect()
        client.loop_stop()
    return got


@pytest.mark.docker
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("history", HISTORIES)
def test_it_runs(tmp_path: Path, history: str) -> None:
    """Build and start it under a project name of its own, ask the proxy, take it down with its volumes."""
    folder = tmp_path / "deployment"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    environment = {
        **os.environ,
        "PLANTVERSE_HISTORY": history,
        "COMPOSE_PROJECT_NAME": f"plantverse-test-{os.getpid()}",
    }
    environment |= {"COMPOSE_PROFILES": "influx" if history == "influx" else "edge"}

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    try:
        run("deploy/make_secrets.sh")
        run("docker", "compose", "config", "--quiet")
        run("docker", "compose", "build")
        added = run(
            "docker", "compose", "run", "--rm", "plantverse", "user", "add", "me", "--role", "admin", "--data",
            "/var/lib/plantverse",
        )  # fmt: skip
        assert "me" in added
        token = run(
            "docker", "compose", "run", "--rm", "-T", "plantverse", "user", "add", "edge", "--role", "node", "--data",
            "/var/lib/plantverse",
        )  # fmt: skip
        (folder / "secrets" / "edge_token").write_text(token.splitlines()[0])
        run("docker", "compose", "up", "--detach", "--wait", "--wait-timeout", "300")
        asked = run(
            "docker",
            "compose",
            "exec",
            "-T",
            "proxy",
            "wget",
            "-qO-",
            "--no-check-certificate",
            "https://localhost/api/v1/health",
        )
        assert '"broker":{' in asked
        assert '"state":"connected"' in asked
        assert '"history":{"state":"ok"' in asked
    finally:
        subprocess.run(
            ["docker", "compose", "down", "--volumes", "--rmi", "local"], cwd=folder, env=environment, check=False
        )
