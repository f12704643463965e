"""The part of the Compose specification that docker-compose.yml uses, as a check of keys and types.

The specification: https://github.com/compose-spec/compose-spec/blob/main/spec.md. A key that is missing here is not
wrong, only new to us: look it up and add it.
"""

import re
from collections.abc import Mapping
from typing import Any

_TEXT_LIST = [str]
_CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}

_SERVICE: Mapping[str, Any] = {
    "image": str,
    "build": {"context": str, "dockerfile": str},
    "entrypoint": _TEXT_LIST,
    "command": _TEXT_LIST,
    "restart": str,
    "depends_on": dict,
    "environment": dict,
    "ports": _TEXT_LIST,
    "volumes": _TEXT_LIST,
    "secrets": _TEXT_LIST,
    "networks": (list, dict),
    "network_mode": str,
    "profiles": _TEXT_LIST,
    "user": str,
    "read_only": bool,
    "tmpfs": _TEXT_LIST,
    "cap_drop": _TEXT_LIST,
    "security_opt": _TEXT_LIST,
    "stop_grace_period": str,
    "healthcheck": {"test": _TEXT_LIST, "interval": str, "timeout": str, "retries": int, "start_period": str},
}
_TOP: Mapping[str, Any] = {"name": str, "services": dict, "networks": dict, "volumes": dict, "secrets": dict}


def problems(compose: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a file as it was parsed: unknown keys, wrong types, names that lead nowhere."""
    found = _shape(compose, _TOP, "")
    for name, service in compose["services"].items():
        where = f"services.{name}"
        found += _shape(service, _SERVICE, where)
        found += _service(service, compose, where)
    for name, secret in compose["secrets"].items():
        found += _shape(secret, {"file": str}, f"secrets.{name}")
    for name, network in compose["networks"].items():
        found += _shape(network, {"ipam": {"config": list}}, f"networks.{name}")
    return found


def _service(service: Mapping[str, Any], compose: Mapping[str, Any], where: str) -> list[str]:
    found = []
    if "image" not in service and "build" not in service:
        found.append(f"{where}: neither image nor build")
    if "networks" in service and "network_mode" in service:
        found.append(f"{where}: networks and network_mode exclude each other")
    for other, how in service.get("depends_on", {}).items():
        if other not in compose["services"]:
            found.append(f"{where}.depends_on: no service {other}")
        elif how["condition"] not in _CONDITIONS:
            found.append(f"{where}.depends_on.{other}: condition {how['condition']}")
        elif how["condition"] == "service_healthy" and "healthcheck" not in compose["services"][other]:
            found.append(f"{where}.depends_on.{other}: it has no healthcheck")
    for kind in ("secrets", "networks"):
        found += [f"{where}.{kind}: no {name}" for name in service.get(kind, ()) if name not in compose[kind]]
    for volume in service.get("volumes", ()):
        source = volume.split(":")[0]
        if re.fullmatch(r"[a-z-]+", source) and source not in compose["volumes"]:
            found.append(f"{where}.volumes: no volume {source}")
    for port in service.get("ports", ()):
        if not re.fullmatch(r"(.+:)?\d+:\d+", port):
            found.append(f"{where}.ports: {port}")
    test = service.get("healthcheck", {}).get("test")
    if test and test[0] not in {"CMD", "CMD-SHELL"}:
        found.append(f"{where}.healthcheck.test begins with {test[0]}")
    return found


def _shape(value: Any, wanted: Any, where: str) -> list[str]:
    if isinstance(wanted, Mapping):
        if not isinstance(value, Mapping):
            return [f"{where}: expected a mapping"]
        found = [f"{where}.{key}: not known here" for key in value if key not in wanted]
        return found + [p for key in value if key in wanted for p in _shape(value[key], wanted[key], f"{where}.{key}")]
    if isinstance(wanted, list):
        good = isinstance(value, list) and all(isinstance(item, wanted[0]) for item in value)
        return [] if good else [f"{where}: expected a list of {wanted[0].__name__}"]
    return [] if isinstance(value, wanted) else [f"{where}: expected {wanted}"]
