import dataclasses

import pytest

from plantverse.errors import ConfigInvalid
from plantverse.platform.config import HttpSettings, MqttSettings, Settings
from plantverse.platform.security import (
    check_bind,
    client_address,
    host_allowed,
    host_name,
    is_loopback,
    origin_allowed,
)


def settings(**groups: dict[str, object]) -> Settings:
    plain = Settings()
    return dataclasses.replace(
        plain, **{name: dataclasses.replace(getattr(plain, name), **values) for name, values in groups.items()}
    )


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST.", "::ffff:127.0.0.1"]
)
def test_loopback_in_all_its_spellings(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "::", "", "192.168.1.5", "localhost.evil.example", "127.0.0.1.evil.example", "plant"]
)
def test_everything_else_is_not_loopback(address: str) -> None:
    assert not is_loopback(address)


def test_loopback_starts_without_users() -> None:
    check_bind(Settings(), [])


def test_beyond_loopback_a_user_is_asked_for_first() -> None:
    open_to_all = settings(http={"host": "0.0.0.0"})
    with pytest.raises(ConfigInvalid, match=r"no named user \(`plantverse user add NAME --role engineer`"):
        check_bind(open_to_all, [])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "plant.example", ""])
def test_beyond_loopback_tls_is_asked_for(host: str) -> None:
    with pytest.raises(
        ConfigInvalid, match=r"without TLS.*set http\.tls_cert and http\.tls_key, or http\.trusted_proxy"
    ):
        check_bind(settings(http={"host": host}), ["ana"])


@pytest.mark.parametrize(
    "http", [{"tls_cert": "c.pem", "tls_key": "k.pem"}, {"trusted_proxy": ("10.0.0.2",)}], ids=["own", "proxy"]
)
def test_users_and_either_kind_of_tls_are_enough(http: dict[str, object]) -> None:
    check_bind(settings(http={"host": "0.0.0.0", **http}), ["ana"])


def test_a_declared_proxy_needs_users_even_on_loopback() -> None:
    behind = settings(http={"trusted_proxy": ("127.0.0.1",)})
    with pytest.raises(ConfigInvalid, match=r"http\.trusted_proxy passes requests on"):
        check_bind(behind, [])
    check_bind(behind, ["ana"])


def test_an_embedded_broker_for_other_machines_needs_a_password() -> None:
    exposed = settings(mqtt={"host": "0.0.0.0"})
    with pytest.raises(
        ConfigInvalid, match=r"embedded broker .* without a password \(set mqtt\.user and mqtt\.password_file"
    ):
        check_bind(exposed, [])
    check_bind(exposed, [], broker_password=True)
    check_bind(settings(mqtt={"host": "0.0.0.0", "url": "mqtt://broker"}), [])


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("plant.example:8420", "plant.example"),
        ("Plant.Example.", "plant.example"),
        ("[::1]:8420", "::1"),
        (None, None),
        ("", None),
        ("a/b", None),
        ("user@plant", None),
        ("[::1", None),
    ],
)
def test_the_name_in_a_host_header(host: str | None, name: str | None) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize("host", ["localhost:8420", "127.0.0.1:8420", "[::1]:8420", "192.168.1.5", "plant.example:443"])
def test_our_own_hosts_are_allowed(host: str) -> None:
    assert host_allowed(host, ["plant.example"])


@pytest.mark.parametrize("host", [None, "evil.example:8420", "localhost.evil.example", "plant.example.evil"])
def test_a_rebound_name_is_refused(host: str | None) -> None:
    assert not host_allowed(host, ["plant.example"])


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        (None, "127.0.0.1:8420", True),
        ("http://127.0.0.1:8420", "127.0.0.1:8420", True),
        ("https://plant.example", "plant.example", True),
        ("http://localhost:8888", "127.0.0.1:8420", True),
        ("http://127.0.0.1:3000", "127.0.0.1:8420", False),
        ("https://evil.example", "127.0.0.1:8420", False),
        ("null", "127.0.0.1:8420", False),
        ("file://127.0.0.1:8420", "127.0.0.1:8420", False),
        ("http://[", "127.0.0.1:8420", False),
        ("http://127.0.0.1:8420", None, False),
    ],
)
def test_origins(origin: str | None, host: str | None, allowed: bool) -> None:
    assert origin_allowed(origin, host, ["http://localhost:8888"]) is allowed


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.168.1.7", None, "192.168.1.7"),
        ("192.168.1.7", "127.0.0.1", "192.168.1.7"),
        ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "203.0.113.9, 10.0.0.3", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", None, "127.0.0.1"),
    ],
)
def test_the_client_behind_proxies(peer: str, forwarded: str | None, client: str) -> None:
    assert client_address(peer, forwarded, ["10.0.0.0/24"]) == client


def test_defaults_are_the_safe_ones() -> None:
    assert is_loopback(HttpSettings().host)
    assert is_loopback(MqttSettings().host)
