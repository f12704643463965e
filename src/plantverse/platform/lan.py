"""`plantverse run --lan`: a certificate of our own, a token and a QR code, so that a phone or headset finds its way in.

Browsers give cameras, sensors and WebXR to encrypted pages only, and a machine in a plant has no public name that an
authority would sign. So the server signs for itself, and whoever scans the code compares the fingerprint once.
"""

import contextlib
import datetime as dt
import io
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from plantverse._clock import Clock
from plantverse.errors import ConfigInvalid
from plantverse.platform.access import LAN_USER
from plantverse.platform.private_files import write_private
from plantverse.platform.users import Role, UsersFile

# Browsers refuse server certificates that are valid for longer.
_VALID_DAYS = 397
_RENEW_BEFORE_DAYS = 30
# Addresses reserved for documentation: nothing is sent, the kernel only tells which of ours would be used.
_ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Where certificate and key lie.

    Attributes:
        cert, key: PEM files, mode 0600.
        fingerprint: SHA-256 of the certificate as browsers show it, `AB:CD:...`.
        names: Host names and addresses it is valid for.
    """

    cert: Path
    key: Path
    fingerprint: str
    names: tuple[str, ...]


def own_names() -> list[str]:
    """Return this machine's addresses, the one towards the network first, and its host names."""
    names: dict[str, None] = {}
    for family, elsewhere in _ELSEWHERE:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((elsewhere, 9))
            except OSError:
                continue  # no network of that family
            names[probe.getsockname()[0]] = None
    host = socket.gethostname()
    # Some hosts do not know their own name; the addresses found above are enough then.
    with contextlib.suppress(OSError):
        names |= dict.fromkeys(str(entry[4][0]) for entry in socket.getaddrinfo(host, None, socket.AF_INET))
    return [name for name in (*names, host, f"{host.partition('.')[0]}.local") if _usable(name)]


def ensure_certificate(folder: Path, names: Sequence[str], clock: Clock) -> Certificate:
    """Return a certificate valid for these names and for loopback; the kept one if it still serves.

    A kept certificate lets people who trusted it once go on without a warning.

    Args:
        folder: Where it is kept, in the state folder.
        names: Host names and addresses.
        clock: Wall time.

    Raises:
        ConfigInvalid: The folder cannot be written.
    """
    wanted = tuple(dict.fromkeys((*names, "localhost", "127.0.0.1", "::1")))
    cert, key = folder / "certificate.pem", folder / "key.pem"
    now = dt.datetime.fromtimestamp(clock.time_ns() / 1e9, dt.UTC)
    kept = _kept(cert, key, wanted, now)
    if kept is None:
        kept, private = _sign(wanted, now)
        try:
            write_private(key, private)
            write_private(cert, kept.public_bytes(serialization.Encoding.PEM))
        except OSError as exc:
            raise ConfigInvalid(f"{folder}: the certificate cannot be written: {exc.strerror}") from exc
    return Certificate(cert=cert, key=key, fingerprint=kept.fingerprint(hashes.SHA256()).hex(":").upper(), names=wanted)


def guest_token(users: UsersFile, role: Role = Role.VIEWER) -> str:
    """Return a fresh token for the guest `lan`; the one of the run before is void.

    Raises:
        ConfigInvalid: The users file is damaged.
    """
    if LAN_USER not in users.users():
        return users.create(LAN_USER, role)
    users.set_role(LAN_USER, role)
    return users.rotate(LAN_USER)


def invitation(address: str, port: int, token: str) -> str:
    """Return the address to open; the token is behind `#`, which browsers never send or log."""
    host = f"[{address}]" if ":" in address else address
    return f"https://{host}:{port}/#token={token}"


def qr_code(url: str) -> str:
    """Return the address as a QR code for a terminal, several lines."""
    import segno

    out = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(out, border=2, compact=True)
    return out.getvalue()


def qr_svg(url: str) -> str:
    """Return the address as a QR code for a page: an SVG with its own light background."""
    import segno

    return str(segno.make(url, error="l", micro=False).svg_inline(scale=4, border=3, light="#ffffff"))


def _kept(cert: Path, key: Path, wanted: Sequence[str], now: dt.datetime) -> x509.Certificate | None:
    """Return the kept certificate if it can be used for a while yet, else None."""
    try:
        found = x509.load_pem_x509_certificate(cert.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return None
    ours = private.public_key() == found.public_key()
    lasts = (
        found.not_valid_before_utc <= now and now + dt.timedelta(days=_RENEW_BEFORE_DAYS) < found.not_valid_after_utc
    )
    return found if ours and lasts and {_name(text) for text in wanted} <= set(names) else None


def _sign(names: Sequence[str], now: dt.datetime) -> tuple[x509.Certificate, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "plantverse")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A phone's clock may be behind.
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=_VALID_DAYS - 1))
        .add_extension(x509.SubjectAlternativeName([_name(text) for text in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate, private


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _usable(name: str) -> bool:
    """Leave out what no other machine could use, and names that no certificate can hold."""
    try:
        return not ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name.isascii() and not name.startswith(("localhost", "."))
