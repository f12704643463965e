"""From settings to the options of the MQTT session."""

import hashlib
import re
from pathlib import Path

from plantverse.platform.config import MqttSettings
from plantverse.platform.config_file import mqtt_password

_KEPT = re.compile(r"[^A-Za-z0-9_-]+")


def client_id(mqtt: MqttSettings, plant: str, state_dir: Path) -> str:
    """Return the client id: the configured one, or one that is the same after every restart of this plant.

    The broker keeps unacknowledged messages under it; two servers with one id would throw each other out, so the state
    folder is part of it.
    """
    if mqtt.client_id:
        return mqtt.client_id
    digest = hashlib.sha256(str(state_dir.absolute()).encode()).hexdigest()[:10]
    return f"plantverse-{_KEPT.sub('-', plant)[:40]}-{digest}"


def session_arguments(mqtt: MqttSettings, *, client_id: str, own_protocol: str) -> dict[str, object]:
    """Return what the options of a session are made from, its address excepted.

    Args:
        mqtt: The settings.
        client_id: Of this session.
        own_protocol: Of a broker that we have started ourselves, "" where it is somebody else's.
    """
    arguments: dict[str, object] = {
        "client_id": client_id,
        "protocol": own_protocol or mqtt.protocol,
        "qos": mqtt.qos,
        "session_expiry_s": mqtt.session_expiry_s,
        "keepalive_s": mqtt.keep_alive_s,
        "receive_maximum": mqtt.receive_maximum,
        "maximum_packet_size": mqtt.maximum_packet_size,
        "allow_write": bool(own_protocol) or mqtt.allow_write,
        "tls_ca": mqtt.ca,
        "tls_cert": mqtt.cert,
        "tls_key": mqtt.key,
    }
    if mqtt.user:
        arguments |= {"user": mqtt.user, "password": mqtt_password(mqtt)}
    return arguments


def topic_filters(mqtt: MqttSettings, needed: list[str]) -> list[str]:
    """Return what to subscribe: the configured filters, and what the plant needs where those do not cover it.

    Args:
        mqtt: `subscribe` is what people want to see of the broker.
        needed: Filters of bindings, patterns and answers.
    """
    wanted = list(mqtt.subscribe)
    return wanted + [f for f in needed if not any(covers(w, f) for w in wanted)]


def covers(wide: str, narrow: str) -> bool:
    """Return whether every topic of one filter belongs to the other one (MQTT 5.0, 4.7).

    Example:
        >>> covers("plant/#", "plant/+/temp"), covers("plant/+", "plant/a/b"), covers("#", "$SYS/load")
        (True, False, False)
    """
    if narrow.startswith("$") and not wide.startswith("$"):
        return False
    have, want = wide.split("/"), narrow.split("/")
    for number, level in enumerate(have):
        if level == "#":
            return True
        if number >= len(want) or want[number] == "#" or (level != "+" and level != want[number]):
            return False
    return len(have) == len(want)
