"""How to reach a broker, validated once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from plantverse.errors import ConfigInvalid
from plantverse.ingest.mqtt.connection import ConnectOptions

Protocol = Literal["auto", "5", "3.1.1"]

_SCHEMES = {"mqtt": (False, 1883), "mqtts": (True, 8883)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """Everything that `MqttSession` needs to know; see `from_url` for the usual way to make one.

    Attributes:
        host, port: Address of the broker.
        client_id: Names the session at the broker; stable across restarts, or QoS 1 loses what came meanwhile.
        user, password: Credentials, or None.
        protocol: "auto" tries MQTT 5 and falls back to 3.1.1 when the broker does not speak it.
        qos: Subscriptions ask for this QoS, 0 or 1.
        clean: Forget the session at connect; None means yes with QoS 0 and no with QoS 1.
        session_expiry_s: How long the broker keeps the session while we are away (MQTT 5).
        keepalive_s: A silent broker is given up after twice this, [1, 65535].
        receive_maximum: QoS 1 messages in flight towards us, [1, 65535] (MQTT 5).
        maximum_packet_size: Larger messages are passed over, bytes, [256, 268435455].
        allow_write: Whether `publish` may be used; without it nothing is ever published.
        tls: Whether the connection is encrypted.
        tls_ca: File with the certificates to trust; None takes the system's.
        tls_cert, tls_key: Client certificate and key files; the key may be in the certificate's file.
        tls_insecure: Accept any certificate.
        connect_timeout_s: Limit for TCP, TLS and CONNACK together.
        retry_max_s: Longest pause between attempts while the broker cannot be reached.
        retry_refused_s: Pause after the broker refused us for a reason that only a person can change.
    """

    host: str
    port: int
    client_id: str
    user: str | None = None
    password: str | None = None
    protocol: Protocol = "auto"
    qos: int = 1
    clean: bool | None = None
    session_expiry_s: int = 86_400
    keepalive_s: int = 20
    receive_maximum: int = 65_535
    maximum_packet_size: int = 8_388_608
    allow_write: bool = False
    tls: bool = False
    tls_ca: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_insecure: bool = False
    connect_timeout_s: float = 10.0
    retry_max_s: float = 5.0
    retry_refused_s: float = 30.0

    def __post_init__(self) -> None:
        _check("MQTT host", bool(self.host), "a host name or address", self.host)
        _check("MQTT port", 0 < self.port < 65_536, "a port in 1-65535", self.port)
        _check("MQTT client id", 0 < len(self.client_id) <= 200, "1-200 characters", self.client_id)
        _check("MQTT protocol", self.protocol in ("auto", "5", "3.1.1"), "auto, 5 or 3.1.1", self.protocol)
        _check("MQTT qos", self.qos in (0, 1), "0 or 1", self.qos)
        _check("MQTT keep-alive", 1 <= self.keepalive_s <= 65_535, "1-65535 s", self.keepalive_s)
        _check("MQTT receive maximum", 1 <= self.receive_maximum <= 65_535, "1-65535", self.receive_maximum)
        expiry_s = self.session_expiry_s
        _check("MQTT session expiry", 0 <= expiry_s < 1 << 32, "0-4294967295 s", expiry_s)
        largest = self.maximum_packet_size
        _check("MQTT maximum packet size", 256 <= largest <= 268_435_455, "256-268435455 bytes", largest)
        if not self.tls and (self.tls_ca or self.tls_cert or self.tls_insecure):
            raise ConfigInvalid("MQTT: certificates are given but the address is not encrypted", hint="use mqtts://")
        if self.password is not None and self.user is None:
            raise ConfigInvalid("MQTT: a password without a user name", hint="3.1.1 does not allow it")

    @classmethod
    def from_url(cls, url: str, *, client_id: str, **others: object) -> Self:
        """Read `mqtt://[user[:password]@]host[:port]`, or `mqtts://` for TLS.

        Args:
            url: The address; characters with a meaning in user and password are percent-encoded.
            client_id: See the class.
            others: Further attributes of the class; those override what the URL says.

        Raises:
            ConfigInvalid: The URL or another option is wrong.
        """
        try:
            parts = urlsplit(url if "://" in url else f"mqtt://{url}")
            port = parts.port
        except ValueError as exc:
            raise ConfigInvalid(f"MQTT address {url!r} cannot be read: {exc}") from exc
        if parts.scheme not in _SCHEMES or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ConfigInvalid(
                f"MQTT address {without_password(url)!r} is not understood",
                hint="write mqtt://host:port or mqtts://host:port",
            )
        tls, usual_port = _SCHEMES[parts.scheme]
        read: dict[str, object] = {
            "host": parts.hostname or "",
            "port": usual_port if port is None else port,
            "tls": tls,
            "user": None if parts.username is None else unquote(parts.username),
            "password": None if parts.password is None else unquote(parts.password),
        }
        return cls(client_id=client_id, **(read | others))  # type: ignore[arg-type]

    @property
    def forgets(self) -> bool:
        """Whether each connect starts with an empty session."""
        return self.qos == 0 if self.clean is None else self.clean

    @property
    def address(self) -> str:
        """The broker as people write it, without credentials."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"

    def connect_options(self) -> ConnectOptions:
        """Return the part that CONNECT carries."""
        return ConnectOptions(
            client_id=self.client_id,
            clean=self.forgets,
            keepalive_s=self.keepalive_s,
            user=self.user,
            password=self.password,
            session_expiry_s=self.session_expiry_s,
            receive_maximum=self.receive_maximum,
            maximum_packet_size=self.maximum_packet_size,
        )


def without_password(url: str) -> str:
    """Return an address that may be logged."""
    scheme, mark, rest = url.rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def _check(what: str, right: bool, expected: str, got: object) -> None:  # noqa: FBT001 - a condition, not a switch
    if not right:
        raise ConfigInvalid(f"{what}: expected {expected}, got {got!r}")
