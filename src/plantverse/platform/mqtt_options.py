"""From settings to the options of the MQTT session."""

import hashlib
import re
from pathlib import Path

from plantverse.platform.config import MqttSettings

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
