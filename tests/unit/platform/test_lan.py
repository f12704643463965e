import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from plantverse._clock import ManualClock, SystemClock
from plantverse.errors import ConfigInvalid
from plantverse.platform.access import LAN_USER
from plantverse.platform.lan import ensure_certificate, guest_token, invitation, own_names, qr_code
from plantverse.platform.users import Role, UsersFile, token_matches

_NAMES = ["192.168.1.20", "fd00::2", "plant-pc", "plant-pc.local"]
_DAY_S = 86_400.0


def test_the_certificate_is_valid_for_the_names_and_for_loopback(tmp_path: Path) -> None:
    made = ensure_certificate(tmp_path / "lan", _NAMES, ManualClock())
    certificate = x509.load_pem_x509_certificate(made.cert.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["plant-pc", "plant-pc.local", "localhost"]
    addresses = names.get_values_for_type(x509.IPAddress)
    assert addresses == [ipaddress.ip_address(text) for text in ("192.168.1.20", "fd00::2", "127.0.0.1", "::1")]
    assert made.fingerprint.replace(":", "").lower() == certificate.fingerprint(hashes.SHA256()).hex()
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 397


def test_a_tls_server_takes_certificate_and_key(tmp_path: Path) -> None:
    made = ensure_certificate(tmp_path / "lan", _NAMES, SystemClock())
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.cert, made.key)


def test_certificate_and_key_are_private(tmp_path: Path) -> None:
    made = ensure_certificate(tmp_path / "lan", _NAMES, ManualClock())
    assert made.key.stat().st_mode & 0o777 == 0o600
    assert made.cert.stat().st_mode & 0o777 == 0o600
    assert made.key.parent.stat().st_mode & 0o777 == 0o700


def test_it_is_kept_while_it_serves(tmp_path: Path) -> None:
    clock = ManualClock()
    first = ensure_certificate(tmp_path, _NAMES, clock)
    clock.advance(365 * _DAY_S)
    assert ensure_certificate(tmp_path, _NAMES[:2], clock).fingerprint == first.fingerprint
    clock.advance(2 * _DAY_S)
    assert ensure_certificate(tmp_path, _NAMES, clock).fingerprint != first.fingerprint


@pytest.mark.parametrize("damage", ["name", "no key", "garbage", "foreign key"])
def test_it_is_made_anew_when_it_does_not_serve(tmp_path: Path, damage: str) -> None:
    clock = ManualClock()
    first = ensure_certificate(tmp_path, _NAMES, clock)
    names = _NAMES
    if damage == "name":
        names = ["10.0.0.7"]
    elif damage == "no key":
        first.key.unlink()
    elif damage == "garbage":
        first.cert.write_text("garbage")
    else:
        first.key.write_bytes(ensure_certificate(tmp_path / "other", _NAMES, clock).key.read_bytes())
    second = ensure_certificate(tmp_path, names, clock)
    assert second.fingerprint != first.fingerprint
    assert ensure_certificate(tmp_path, names, clock).fingerprint == second.fingerprint


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigInvalid, match="cannot be written"):
        ensure_certificate(tmp_path / "file" / "lan", _NAMES, ManualClock())


def test_each_run_gives_the_guest_a_new_token(tmp_path: Path) -> None:
    users = UsersFile(tmp_path / "users.json", ManualClock())
    old = guest_token(users)
    new = guest_token(users, Role.OPERATOR)
    guest = users.users()[LAN_USER]
    assert guest.role is Role.OPERATOR
    assert token_matches(new, guest)
    assert not token_matches(old, guest)


def test_the_invitation_keeps_the_token_behind_the_hash() -> None:
    assert invitation("192.168.1.20", 8420, "pv_x") == "https://192.168.1.20:8420/#token=pv_x"
    assert invitation("fd00::2", 8420, "pv_x") == "https://[fd00::2]:8420/#token=pv_x"


def test_the_qr_code_is_drawn_for_a_terminal() -> None:
    lines = qr_code(invitation("192.168.1.20", 8420, "pv_0123456789_" + "x" * 43)).splitlines()
    assert len({len(line) for line in lines if line}) == 1
    assert 15 <= len(lines) <= 24
    assert set("".join(lines)) <= set("█▀▄ ")
    assert qr_code("https://a/") != qr_code("https://b/")


def test_own_names_leave_out_loopback() -> None:
    names = own_names()
    assert len(names) == len(set(names))
    assert not any(name.startswith("127.") or name in ("::1", "localhost") for name in names)
