"""The edge nodes of docker-compose.yml: what they are told exists, and one works with the files of the deployment."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer.main

import plantverse
from doubles.deployment import DEPLOY, ROOT, client_of, read_compose, settings_for, start_broker, with_defaults
from doubles.server import ServerProcess
from plantverse._clock import SystemClock
from plantverse.cli import app
from plantverse.platform.config import Settings
from plantverse.platform.users import Role, UsersFile


def test_edge_nodes_are_two_and_say_what_the_command_line_knows() -> None:
    services, names = read_compose()["services"], list[Any]()
    command = typer.main.get_command(app).commands["edge"].commands["run"]  # type: ignore[attr-defined]
    acl = (DEPLOY / "mosquitto.acl").read_text()
    for service in (services["edge-1"], services["edge-2"]):
        assert service["profiles"] == ["edge"]
        assert service["image"] == services["plantverse"]["image"]
        assert (service["user"], service["read_only"]) == (services["plantverse"]["user"], True)
        folder, *options = service["command"]
        assert folder == "/run/secrets"
        given = command.make_context("run", list(options)).params
        names.append(given["name"])
        server = urlsplit(given["server"])
        assert (server.hostname in settings_for("duckdb").http.names, server.port) == (True, Settings().http.port)
        assert server.hostname in services
        broker = urlsplit(given["mqtt"])
        assert (broker.hostname in services, broker.port) == (True, 1883)
        assert f"user {broker.username}\ntopic read #\n" in acl
        mounts = {volume.split(":")[1] for volume in map(with_defaults, service["volumes"])}
        assert {str(given["plant"].parent), service["entrypoint"][1]} <= mounts
        script = (DEPLOY / "edge_node.sh").read_text()
        assert set(re.findall(r"\$secrets/(\w+)", script)) == set(service["secrets"])
    assert len(set(names)) == 2


@pytest.mark.broker
def test_an_edge_node_of_the_deployment_takes_over_and_gives_back(
    tmp_path: Path, make_server: Callable[..., ServerProcess]
) -> None:
    broker = start_broker(tmp_path)
    secrets = tmp_path / "secrets"
    text = (DEPLOY / "settings" / "duckdb.toml").read_text()
    for inside, here in (("mosquitto:1883", f"127.0.0.1:{broker.port}"), ("/run/secrets", str(secrets))):
        text = text.replace(inside, here)
    (tmp_path / "settings.toml").write_text(text)
    plant = ROOT / "examples" / "bottling" / "plant.toml"
    server = make_server(plant, f"mqtt://127.0.0.1:{broker.port}", "--config", str(tmp_path / "settings.toml"))
    users = UsersFile(server.folder / "state" / "users.json", SystemClock())
    token = users.create("me", Role.ADMIN)
    (secrets / "edge_token").write_text(users.create("edge", Role.NODE))
    server.start()
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "plantverse").write_text(f'#!/bin/sh\nexec {sys.executable} -m plantverse "$@"\n')
    (tools / "plantverse").chmod(0o700)
    _, *options = read_compose()["services"]["edge-1"]["command"]
    here_is = {
        "http://plantverse:8420": server.url,
        "mqtt://edge@mosquitto:1883": f"mqtt://edge@127.0.0.1:{broker.port}",
    }
    options = [here_is.get(option, option.replace("/plant/plant.toml", str(plant))) for option in options]
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    device, _ = client_of(broker, ("device", (secrets / "device_password").read_text()))
    node = subprocess.Popen([DEPLOY / "edge_node.sh", secrets, *options], env=environment)
    try:
        with plantverse.connect(server.url, token) as plant_client:

            def seen(value: float, by: str) -> bool:
                device.publish("plant/line/filler", json.dumps({"speed": value}), qos=1)
                found = plant_client.twin("line/filler")
                holder = found["document"].get("runs_on", {}).get("node", "server")
                return found["values"]["speed"]["value"] == value and holder == by

            server.wait_for(lambda: seen(7_000.0, "edge-1"), "the node's first value")
            node.kill()
            node.wait()
            server.wait_for(lambda: seen(8_000.0, "server"), "the server to go on without the node")
    finally:
        node.kill()
        node.wait()
        device.disconnect()
        device.loop_stop()
        broker.kill()
