"""The files of the deployment, and a broker that runs with them."""

import os
import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import yaml
from paho.mqtt.enums import CallbackAPIVersion

from doubles.mosquitto import Mosquitto
from plantverse.platform.config import Settings
from plantverse.platform.config_file import load_settings

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"


def read_compose() -> Any:
    """Return docker-compose.yml as parsed."""
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def with_defaults(text: str) -> str:
    """Return the text as compose reads it when no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text).replace("$$", "$")


def settings_for(history: str) -> Settings:
    return load_settings(ROOT, file=DEPLOY / "settings" / f"{history}.toml")


def directives(path: Path) -> dict[str, str]:
    lines = [line.strip() for line in path.read_text().splitlines()]
    return dict(line.partition(" ")[::2] for line in lines if line and not line.startswith("#"))


def start_broker(tmp_path: Path) -> Mosquitto:
    """Start a Mosquitto with the files of the deployment, their paths led to a folder; secrets in `secrets` there."""
    secrets, passwords, acl, data = (tmp_path / name for name in ("secrets", "passwords", "acl", "data"))
    subprocess.run([DEPLOY / "make_secrets.sh", secrets], check=True)
    environment = {**os.environ, "BROKER_USER": f"{os.getuid()}:{os.getgid()}"}
    subprocess.run([DEPLOY / "broker_users.sh", secrets, passwords], check=True, env=environment)
    shutil.copy(DEPLOY / "mosquitto.acl", acl)
    acl.chmod(0o600)
    data.mkdir()
    config = (DEPLOY / "mosquitto-compose.conf").read_text()
    inside = {"/mosquitto/users/passwords": passwords, "/mosquitto/config/acl": acl, "/mosquitto/data/": f"{data}/"}
    mounts = " ".join(read_compose()["services"]["mosquitto"]["volumes"])
    for path, here in inside.items():
        assert path in config
        assert path.rpartition("/")[0] in mounts
        config = config.replace(path, str(here))
    # `Mosquitto` says these itself.
    own = ("listener", "log_", "allow_", "persistence", "connection_")
    kept = [line for line in config.splitlines() if not line.startswith(own)]
    return Mosquitto(tmp_path / "mosquitto", config="\n".join(kept), anonymous=False).start()


def client_of(broker: Mosquitto, who: tuple[str, str] | None) -> tuple[paho.Client, list[str]]:
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    if who is not None:
        client.username_pw_set(*who)
    answered, answers = threading.Event(), []

    def on_connect(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        answers.append(str(reason).lower() if reason.is_failure else "")
        answered.set()

    client.on_connect = on_connect
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    assert answered.wait(30)
    return client, answers
