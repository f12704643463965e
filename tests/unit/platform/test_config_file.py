import dataclasses
from pathlib import Path

import pytest

from plantverse.errors import ConfigInvalid
from plantverse.platform.config import MqttSettings, Settings
from plantverse.platform.config_file import describe, load_settings, mqtt_password, setting_keys


def settings_of(folder: Path, text: str, **overrides: object) -> Settings:
    (folder / "plantverse.toml").write_text(text, encoding="utf-8")
    return load_settings(folder, overrides={key.replace("__", "."): value for key, value in overrides.items()})


def test_without_a_file_the_defaults_hold_and_the_state_lies_beside_the_plant(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert settings == dataclasses.replace(Settings(), state_dir=tmp_path / ".plantverse")
    assert settings.http.host == "127.0.0.1"
    assert not settings.mqtt.allow_write
    assert settings.history_path == tmp_path / ".plantverse" / "history"
    assert settings.users_path == tmp_path / ".plantverse" / "users.json"
    assert settings.audit_path == tmp_path / ".plantverse" / "audit.jsonl"


def test_the_file_gives_values_and_the_command_line_wins(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        """
        state_dir = "state"
        [http]
        port = 9000
        names = ["plant.example"]
        [mqtt]
        url = "mqtts://broker.example:8883"
        ca = "certs/ca.pem"
        qos = 0
        [time]
        stale_after_s = 5
        """,
        http__port=9001,
    )
    assert settings.http.port == 9001
    assert settings.http.names == ("plant.example",)
    assert settings.mqtt.ca == tmp_path / "certs" / "ca.pem"
    assert settings.mqtt.qos == 0
    assert settings.time.stale_after_s == 5.0
    assert type(settings.time.stale_after_s) is float
    assert settings.users_path == tmp_path / "state" / "users.json"
    assert settings.sync == Settings().sync


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[http]\nprot = 1", "http.prot: unknown setting (did you mean http.port?)"),
        ("[htp]\nport = 1", "htp: unknown setting (did you mean http?)"),
        ("[sync]\nport = 1", "sync.port: unknown setting (did you mean http.port?)"),
        ("[http]\nqqqqqqq = 1", "http.qqqqqqq: unknown setting (see docs/reference/configuration.md)"),
        ("http = 1", "http: expected a table [http], got 1"),
        ("[http]\nport = '80'", "http.port: expected a whole number from 0 to 65535, got '80'"),
        ("[http]\nport = 70000", "http.port: expected a whole number from 0 to 65535, got 70000"),
        ("[http]\nport = true", "http.port: expected a whole number from 0 to 65535, got True"),
        ("[http]\nhost = 1", "http.host: expected a text, got 1"),
        ("[http]\nnames = 'a'", "http.names: expected a list of texts, got 'a'"),
        ("[http]\nnames = [1]", "http.names: expected a list of texts, got [1]"),
        ("[http]\ntrusted_proxy = ['x']", "http.trusted_proxy: expected IP addresses or networks, got 'x'"),
        ("[http]\ntls_cert = ''", "http.tls_cert: expected a path, got ''"),
        ("[http]\ntls_cert = 'c.pem'", "http.tls_cert is given without http.tls_key (set http.tls_key)"),
        ("[http]\ntls_key = 'k.pem'", "http.tls_key is given without http.tls_cert (set http.tls_cert)"),
        ("[mqtt]\nkey = 'k.pem'", "mqtt.key is given without mqtt.cert (set mqtt.cert)"),
        ("[mqtt]\nqos = 2", "mqtt.qos: expected one of 0, 1, got 2"),
        ("[mqtt]\nqos = true", "mqtt.qos: expected one of 0, 1, got True"),
        ("[mqtt]\nallow_write = 1", "mqtt.allow_write: expected true or false, got 1"),
        ("[mqtt]\nprotocol = '4'", "mqtt.protocol: expected one of 'auto', '5', '3.1.1', got '4'"),
        ("[mqtt]\npassword_file = 'p'", "mqtt.password_file is given without mqtt.user (set mqtt.user)"),
        ("[mqtt]\nurl = 'localhost:1883'", "mqtt.url: expected mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"),
        ("[mqtt]\nurl = 'mqtt://h:99999'", "mqtt.url: expected mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"),
        ("[mqtt]\nurl = 'mqtt://u:p@h'", "mqtt.url holds a user or a password (use mqtt.user"),
        (
            "[time]\nstale_after_s = nan",
            "time.stale_after_s: expected a number from 0.05 to 31536000, got nan",
        ),
        ("[http", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        settings_of(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'plantverse.toml'}: ")
    assert message in str(caught.value)


def test_the_command_line_is_named_where_it_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"^command line: http\.port: expected a whole number"):
        load_settings(tmp_path, overrides={"http.port": "x"})


def test_the_source_of_the_wrong_value_is_named_where_both_give_some(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"^command line: mqtt\.url: expected"):
        settings_of(tmp_path, "[mqtt]\nqos = 1", mqtt__url="localhost:1883")


def test_a_password_never_shows_in_the_message(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        settings_of(tmp_path, "[mqtt]\nurl = 'mqtt://ana:geheim@broker'")
    assert "geheim" not in str(caught.value)


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"other\.toml: cannot be read: No such file"):
        load_settings(tmp_path, file=tmp_path / "other.toml")


def test_the_broker_password_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("geheim\n")
    in_file = MqttSettings(user="ana", password_file=secret)
    assert mqtt_password(in_file, {}) == "geheim"
    assert mqtt_password(MqttSettings(user="ana"), {"PLANTVERSE_MQTT_PASSWORD": "x"}) == "x"
    assert mqtt_password(MqttSettings(), {}) is None
    with pytest.raises(ConfigInvalid, match="both given"):
        mqtt_password(in_file, {"PLANTVERSE_MQTT_PASSWORD": "x"})
    with pytest.raises(ConfigInvalid, match="without a user"):
        mqtt_password(MqttSettings(), {"PLANTVERSE_MQTT_PASSWORD": "x"})
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        mqtt_password(MqttSettings(user="ana", password_file=tmp_path / "absent"), {})
    secret.write_text("\n")
    with pytest.raises(ConfigInvalid, match="is empty"):
        mqtt_password(in_file, {})


def test_every_default_is_within_its_own_range(tmp_path: Path) -> None:
    for key, default, _ in describe():
        if default is None or key == "mqtt.url" or key == "mqtt.password_file":
            continue
        load_settings(tmp_path, overrides={key: default})
    assert len(setting_keys()) == len(set(setting_keys())) > 50
