"""Reads `plantverse.toml` and the command line into `Settings`, and names what is wrong with them."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from ipaddress import ip_network
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from plantverse.errors import ConfigInvalid
from plantverse.platform.config import MqttSettings, Range, Settings

FILE_NAME = "plantverse.toml"
PASSWORD_VARIABLE = "PLANTVERSE_MQTT_PASSWORD"  # noqa: S105 (the name of a variable, not a password)
_COMMAND_LINE = "command line"


def load_settings(
    plant_dir: Path, *, file: Path | None = None, overrides: Mapping[str, object] | None = None
) -> Settings:
    """Return the settings of the plant in `plant_dir`.

    Args:
        plant_dir: Folder of the plant file; the state folder and, if there is one, `plantverse.toml` lie in
            it.
        file: Another settings file; then it must exist.
        overrides: Values of the command line by dotted key (`{"http.port": 9000}`); they win over the file.
            Relative paths in them start at the working directory, those in the file at the file's folder.

    Raises:
        ConfigInvalid: A key is unknown, or a value has the wrong type, is out of range or contradicts another
            one.
    """
    path = file or plant_dir / FILE_NAME
    tree: dict[str, Any] = {}
    sources: dict[str, str] = {}
    if file is not None or path.exists():
        _take(tree, sources, _read(path), source=str(path), folder=path.parent)
    for key, value in (overrides or {}).items():
        _take(tree, sources, _nested(key, value), source=_COMMAND_LINE, folder=Path.cwd())
    settings = _build(Settings, {"state_dir": (plant_dir / ".plantverse").absolute(), **tree})
    _check_together(settings, sources)
    return settings


def mqtt_password(mqtt: MqttSettings, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the broker's password from its file or from `PLANTVERSE_MQTT_PASSWORD`, None if there is none.

    Raises:
        ConfigInvalid: The file can't be read or is empty, both sources are given, or there is no user to go
            with it.
    """
    from_environ = environ.get(PASSWORD_VARIABLE)
    if mqtt.password_file is None:
        password = from_environ
    elif from_environ is not None:
        raise ConfigInvalid(f"mqtt.password_file and {PASSWORD_VARIABLE} are both given", hint="keep one of them")
    else:
        password = secret(mqtt.password_file, "mqtt.password_file")
    if password is not None and not mqtt.user:
        raise ConfigInvalid("a broker password is given without a user", hint="set mqtt.user")
    return password


def secret(path: Path | None, key: str) -> str | None:
    """Return the password or token in a file, None where no file is named.

    Raises:
        ConfigInvalid: The file can't be read or is empty.
    """
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigInvalid(f"{key}: {path} cannot be read: {exc}") from exc
    if not text:
        raise ConfigInvalid(f"{key}: {path} is empty")
    return text


def setting_keys() -> list[str]:
    """Return every dotted key that a settings file may hold, in the order of the classes."""
    return [key for key, _, _ in describe()]


def describe() -> Iterator[tuple[str, object, str]]:
    """Yield (dotted key, default, what is expected) of every setting."""
    defaults = Settings()
    for group in fields(Settings):
        part = getattr(defaults, group.name)
        if is_dataclass(part):
            for name, kind in _hints(type(part)).items():
                yield f"{group.name}.{name}", getattr(part, name), _expected(kind)
        else:
            yield group.name, part, _expected(_hints(Settings)[group.name])


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigInvalid(f"{path}: cannot be read: {exc.strerror}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise ConfigInvalid(f"{path}: not valid TOML: {exc}") from exc


def _nested(key: str, value: object) -> dict[str, Any]:
    group, dot, name = key.partition(".")
    return {group: {name: value}} if dot else {group: value}


def _take(
    tree: dict[str, Any], sources: dict[str, str], given: Mapping[str, Any], *, source: str, folder: Path
) -> None:
    """Check what one source gives, lay it over `tree` and note in `sources` where each key comes from."""
    hints = _hints(Settings)
    for group, value in given.items():
        if group not in hints:
            raise _unknown(source, group)
        if not is_dataclass(hints[group]):
            tree[group] = _checked(value, hints[group], key=group, source=source, folder=folder)
            continue
        if not isinstance(value, dict):
            raise _wrong(source, group, f"a table [{group}]", value)
        keys = _hints(hints[group])
        part = tree.setdefault(group, {})
        for name, entry in value.items():
            key = f"{group}.{name}"
            if name not in keys:
                raise _unknown(source, key)
            part[name] = _checked(entry, keys[name], key=key, source=source, folder=folder)
            sources[key] = source


def _checked(value: Any, kind: Any, *, key: str, source: str, folder: Path) -> Any:
    """Return the value in the type of the field."""
    base, bounds = _bare(kind)
    accepted: Any
    if get_origin(base) is Literal:
        accepted = value if any(type(value) is type(a) and value == a for a in get_args(base)) else None
    elif base is Path:
        accepted = (
            (folder / Path(value).expanduser()).absolute() if isinstance(value, str | Path) and str(value) else None
        )
    elif get_origin(base) is tuple:
        texts = isinstance(value, list | tuple) and all(isinstance(item, str) and item for item in value)
        accepted = tuple(value) if texts else None
    elif base is float and type(value) is int:
        accepted = float(value)
    else:
        accepted = value if type(value) is base else None
    if accepted is None or (bounds is not None and not bounds.low <= accepted <= bounds.high):
        raise _wrong(source, key, _expected(kind), value)
    return accepted


def _bare(kind: Any) -> tuple[Any, Range | None]:
    """Split a field's annotation into its type and its bounds."""
    if get_origin(kind) is Annotated:
        base, bounds = get_args(kind)
        return base, bounds
    if isinstance(kind, UnionType):
        (base,) = (arm for arm in get_args(kind) if arm is not NoneType)
        return base, None
    return kind, None


def _expected(kind: Any) -> str:
    base, bounds = _bare(kind)
    if get_origin(base) is Literal:
        return "one of " + ", ".join(repr(a) for a in get_args(base))
    if get_origin(base) is tuple:
        return "a list of texts"
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", Path: "a path"}
    return words[base] + (f" from {bounds.low:.15g} to {bounds.high:.15g}" if bounds else "")


def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls, include_extras=True)


def _build(cls: type[Settings], tree: Mapping[str, Any]) -> Settings:
    hints = _hints(cls)
    return cls(**{name: hints[name](**part) if is_dataclass(hints[name]) else part for name, part in tree.items()})


def _unknown(source: str, key: str) -> ConfigInvalid:
    groups = sorted({known.partition(".")[0] for known in setting_keys()})
    by_path = difflib.get_close_matches(key, setting_keys() if "." in key else groups, n=1, cutoff=0.6)
    name = key.rpartition(".")[2]
    by_name = [known for known in setting_keys() if known.rpartition(".")[2] == name]
    close = by_name or by_path
    return ConfigInvalid(
        f"{source}: {key}: unknown setting",
        hint=f"did you mean {close[0]}?" if close else "see docs/reference/configuration.md",
    )


def _wrong(source: str, key: str, expected: str, got: object) -> ConfigInvalid:
    shown = repr(got) if len(repr(got)) <= 80 else repr(got)[:77] + "..."
    return ConfigInvalid(f"{source}: {key}: expected {expected}, got {shown}")


def _check_together(settings: Settings, sources: Mapping[str, str]) -> None:
    """Refuse settings that are right one by one but not together."""
    http, mqtt, influx = settings.http, settings.mqtt, settings.influx
    for given, other, alone in (
        ("http.tls_cert", "http.tls_key", http.tls_cert is not None and http.tls_key is None),
        ("http.tls_key", "http.tls_cert", http.tls_key is not None and http.tls_cert is None),
        ("mqtt.cert", "mqtt.key", mqtt.cert is not None and mqtt.key is None),
        ("mqtt.key", "mqtt.cert", mqtt.key is not None and mqtt.cert is None),
        ("mqtt.password_file", "mqtt.user", mqtt.password_file is not None and not mqtt.user),
        ("influx.password_file", "influx.user", influx.password_file is not None and not influx.user),
        ("influx.user", "influx.password_file", influx.user != "" and influx.password_file is None),
        ("influx.bucket", "influx.org", influx.bucket != "" and not influx.org),
        ("history.store", "influx.url", settings.history.store == "influx" and not influx.url),
    ):
        if alone:
            raise ConfigInvalid(f"{sources[given]}: {given} is given without {other}", hint=f"set {other}")
    for network in http.trusted_proxy:
        try:
            ip_network(network, strict=False)
        except ValueError as exc:
            key = "http.trusted_proxy"
            raise _wrong(sources[key], key, "IP addresses or networks", network) from exc
    if mqtt.url:
        _check_url(mqtt.url, sources["mqtt.url"])
    if influx.url:
        _check_influx_url(influx.url, sources["influx.url"])


def _check_url(url: str, source: str) -> None:
    expected = "mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"
    if "@" in url:
        raise ConfigInvalid(
            f"{source}: mqtt.url holds a user or a password",
            hint=f"use mqtt.user, and mqtt.password_file or {PASSWORD_VARIABLE}",
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise _wrong(source, "mqtt.url", expected, url) from exc
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname or port == 0 or parts.path not in {"", "/"}:
        raise _wrong(source, "mqtt.url", expected, url)


def _check_influx_url(url: str, source: str) -> None:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in url and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ConfigInvalid(
            f"{source}: influx.url: expected http://HOST[:PORT] or https://HOST[:PORT]",
            hint="the user goes to influx.user, a token to the file of influx.token_file",
        )
