"""Who may reach the server from where: pure rules about addresses, hosts and origins, and the refusal to start."""

from collections.abc import Collection, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from plantverse.errors import ConfigInvalid
from plantverse.platform.config import Settings

_LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")


def is_loopback(address: str) -> bool:
    """Say whether an address or host name always means this very machine."""
    if address.rstrip(".").lower() in _LOOPBACK_NAMES:
        return True
    parsed = _parsed(address)
    return parsed is not None and parsed.is_loopback


def check_bind(settings: Settings, users: Collection[str], *, broker_password: bool = False) -> None:
    """Refuse an unsafe start.

    Beyond loopback the server needs at least one named user and TLS, its own or that of a declared proxy; an
    embedded broker needs a password there. A declared proxy needs a named user wherever the server listens,
    because what a proxy passes on comes from loopback and would be taken for the local user.

    Args:
        settings: As loaded.
        users: Names of the users in the users file.
        broker_password: Whether the embedded broker asks for a password.

    Raises:
        ConfigInvalid: Names the setting or the command that makes it safe.
    """
    http, mqtt = settings.http, settings.mqtt
    exposed = not is_loopback(http.host)
    if (exposed or http.trusted_proxy) and not users:
        reason = f"http.host = {http.host!r} is reachable" if exposed else "http.trusted_proxy passes requests on"
        raise ConfigInvalid(
            f"{reason} from other machines and there is no named user",
            hint="`plantverse user add NAME --role engineer`, or `plantverse run --lan` for a private network",
        )
    if exposed and http.tls_cert is None and not http.trusted_proxy:
        raise ConfigInvalid(
            f"http.host = {http.host!r} is reachable from other machines without TLS, tokens would travel in clear",
            hint="set http.tls_cert and http.tls_key, or http.trusted_proxy = [ADDRESS] of the proxy that ends TLS",
        )
    if not mqtt.url and not is_loopback(mqtt.host) and not broker_password:
        raise ConfigInvalid(
            f"mqtt.host = {mqtt.host!r} opens the embedded broker to other machines without a password",
            hint="set mqtt.user and mqtt.password_file, or use a broker of your own with mqtt.url",
        )


def host_allowed(host: str | None, names: Collection[str]) -> bool:
    """Say whether a `Host` header names this server.

    Loopback names and plain IP addresses do: DNS rebinding needs a name that the attacker controls, and an
    address is none. Other names do where they are listed.

    Args:
        host: The header, with or without a port; None if the request has none.
        names: Further host names of the server.
    """
    name = host_name(host)
    if name is None:
        return False
    return is_loopback(name) or _parsed(name) is not None or name in {known.rstrip(".").lower() for known in names}


def host_name(host: str | None) -> str | None:
    """Return the name in a `Host` header in lower case without port and final dot, None if there is none."""
    if not host or any(char in host for char in "/@ \t\\"):
        return None
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return None
    return name.rstrip(".").lower() if name else None


def origin_allowed(origin: str | None, host: str | None, origins: Collection[str]) -> bool:
    """Say whether a web page of that origin may use the server.

    Browsers send `Origin` with every WebSocket and every request that changes something, so its absence means
    another kind of client or a plain page view. The server's own pages are of the origin of `Host`; a scheme
    is not compared, because behind a proxy ours differs from the browser's.

    Args:
        origin: The header; None if the request has none.
        host: The `Host` header.
        origins: Further origins that are allowed.
    """
    if origin is None or origin.rstrip("/").lower() in {known.rstrip("/").lower() for known in origins}:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and host is not None and parts.netloc.lower() == host.lower()


def client_address(peer: str, forwarded_for: str | None, trusted_proxy: Sequence[str]) -> str:
    """Return the address of the client behind proxies.

    A proxy on this machine is believed also where it was not declared: it can only make a caller look more
    distant, and keeps what an undeclared proxy passes on from looking like the local user.

    Args:
        peer: Address of the connection.
        forwarded_for: The `X-Forwarded-For` header, followed back to the first address that is no proxy.
        trusted_proxy: Addresses or networks of declared proxies.
    """
    address = peer
    hops = [hop.strip() for hop in (forwarded_for or "").split(",") if hop.strip()]
    while hops and (is_loopback(address) or _within(address, trusted_proxy)):
        address = hops.pop()
    return address


def _within(address: str, networks: Sequence[str]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in ip_network(network, strict=False) for network in networks)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address.strip("[]"))
    except ValueError:
        return None
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed
