from pathlib import Path

import pytest

from plantverse.errors import ConfigInvalid
from plantverse.ingest.mqtt.options import SessionOptions, without_password


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "address"),
    [
        ("mqtt://broker", "broker", 1883, False, "mqtt://broker:1883"),
        ("broker:1884", "broker", 1884, False, "mqtt://broker:1884"),
        ("mqtts://broker", "broker", 8883, True, "mqtts://broker:8883"),
        ("mqtt://[::1]:1885/", "::1", 1885, False, "mqtt://[::1]:1885"),
    ],
)
def test_addresses(url: str, host: str, port: int, tls: bool, address: str) -> None:
    options = SessionOptions.from_url(url, client_id="c")
    assert (options.host, options.port, options.tls, options.address) == (host, port, tls, address)


def test_credentials_are_decoded_and_never_shown() -> None:
    options = SessionOptions.from_url("mqtt://an%40a:p%2Fw@broker", client_id="c")
    assert (options.user, options.password) == ("an@a", "p/w")
    assert options.address == "mqtt://broker:1883"
    assert without_password("mqtts://ana:secret@broker:8883") == "mqtts://broker:8883"
    with pytest.raises(ConfigInvalid) as error:
        SessionOptions.from_url("amqp://ana:secret@broker", client_id="c")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "options", "words"),
    [
        ("http://broker", {}, "is not understood"),
        ("mqtt://broker/path", {}, "is not understood"),
        ("mqtt://broker:99999", {}, "cannot be read"),
        ("mqtt://broker:0", {}, "MQTT port"),
        ("mqtt://", {}, "MQTT host"),
        ("mqtt://broker", {"client_id": ""}, "MQTT client id"),
        ("mqtt://broker", {"protocol": "4"}, "auto, 5 or 3.1.1"),
        ("mqtt://broker", {"qos": 2}, "MQTT qos: expected 0 or 1, got 2"),
        ("mqtt://broker", {"keepalive_s": 0}, "keep-alive"),
        ("mqtt://broker", {"receive_maximum": 0}, "receive maximum"),
        ("mqtt://broker", {"session_expiry_s": -1}, "session expiry"),
        ("mqtt://broker", {"maximum_packet_size": 100}, "maximum packet size"),
        ("mqtt://broker", {"tls_ca": Path("ca.pem")}, "use mqtts://"),
        ("mqtt://broker", {"password": "x"}, "without a user name"),
    ],
)
def test_wrong_options_are_named(url: str, options: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigInvalid) as error:
        SessionOptions.from_url(url, **{"client_id": "c", **options})
    assert words in str(error.value)


def test_a_session_is_kept_with_qos_1_and_forgotten_with_qos_0_unless_said() -> None:
    assert not SessionOptions.from_url("b", client_id="c").forgets
    assert SessionOptions.from_url("b", client_id="c", qos=0).forgets
    assert not SessionOptions.from_url("b", client_id="c", qos=0, clean=False).forgets
    assert SessionOptions.from_url("b", client_id="c").connect_options().receive_maximum == 65_535
