"""The users file: names, roles and hashed tokens, changed by the command line and read by the server."""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

from plantverse._clock import Clock
from plantverse.errors import ConfigInvalid, Conflict, NotFound
from plantverse.platform.private_files import locked, write_private

# RFC 7914 section 2 names N = 2^14, r = 8, p = 1 for interactive use: 16 MiB and, measured here, 42 ms per proof.
_SCRYPT = {"n": 1 << 14, "r": 8, "p": 1}
_SCRYPT_MEMORY = 64 << 20
_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_TOKEN = re.compile(r"pv_([0-9a-f]{10})_[A-Za-z0-9_-]{43}")
_VERSION = 1


class Role(IntEnum):
    """What a user may do; each role includes those before it."""

    NODE = 0
    """An edge node: sends samples of the twins that it is given, and sees nothing."""
    VIEWER = 1
    """Sees everything but the audit log and the users."""
    OPERATOR = 2
    """Commands, desired values, alarms."""
    ENGINEER = 3
    """Bindings, layout, settings of the plant; reads the audit log."""
    ADMIN = 4
    """Users."""

    @property
    def label(self) -> str:
        """The role's name as it stands in files and messages."""
        return self.name.lower()

    @classmethod
    def of(cls, label: str) -> "Role":
        """Return the role with that name.

        Raises:
            ConfigInvalid: There is no such role.
        """
        for role in cls:
            if role.label == label:
                return role
        known = ", ".join(role.label for role in cls)
        raise ConfigInvalid(f"role {label!r}: expected one of {known}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredUser:
    """A user as kept in the file; the token itself is nowhere.

    Attributes:
        name: Unique, 1-64 of `A-Za-z0-9_.@-`.
        role: What the user may do.
        created_ns: When the user was made, ns since the Unix epoch.
        token_id: Public part of the token, by which its user is found without hashing.
        token_created_ns: When the token was made.
        salt: Of the hash, 16 bytes in hex.
        proof: scrypt of the whole token, 32 bytes in hex.
    """

    name: str
    role: Role
    created_ns: int
    token_id: str
    token_created_ns: int
    salt: str
    proof: str


def token_id_of(token: str) -> str | None:
    """Return the public part of a token, None if this is no token of ours."""
    match = _TOKEN.fullmatch(token)
    return match[1] if match else None


def token_matches(token: str, user: StoredUser) -> bool:
    """Say whether the token is the user's; takes tens of milliseconds and 16 MiB on purpose."""
    return hmac.compare_digest(_proof(token, bytes.fromhex(user.salt)), bytes.fromhex(user.proof))


def new_token(name: str, role: Role, *, created_ns: int, now_ns: int) -> tuple[str, StoredUser]:
    """Return a fresh token of 256 random bits, and the user as stored with it."""
    token_id = secrets.token_hex(5)
    token = f"pv_{token_id}_{secrets.token_urlsafe(32)}"
    salt = secrets.token_bytes(16)
    user = StoredUser(
        name=name,
        role=role,
        created_ns=created_ns,
        token_id=token_id,
        token_created_ns=now_ns,
        salt=salt.hex(),
        proof=_proof(token, salt).hex(),
    )
    return token, user


class UsersFile:
    """Named users in a JSON file of mode 0600; each change is whole, durable and safe against a second process."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock

    def users(self) -> dict[str, StoredUser]:
        """Return the users by name; none if there is no file.

        Raises:
            ConfigInvalid: The file can't be read, is damaged, or others may read it.
        """
        try:
            mode = self.path.stat().st_mode
            text = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise ConfigInvalid(f"{self.path}: cannot be read: {exc.strerror}") from exc
        if mode & 0o077:
            raise ConfigInvalid(
                f"{self.path}: may be read or written by others (mode {mode & 0o777:04o})",
                hint=f"chmod 600 {self.path}",
            )
        try:
            table = json.loads(text)
            if table["version"] != _VERSION:
                raise ConfigInvalid(f"{self.path}: version {table['version']!r}, expected {_VERSION}")
            found = [_from_json(entry) for entry in table["users"]]
        except (ValueError, KeyError, TypeError, RecursionError) as exc:
            raise ConfigInvalid(
                f"{self.path}: damaged: {exc}", hint="restore it from a copy, or remove it and make the users anew"
            ) from exc
        return {user.name: user for user in found}

    def version(self) -> object:
        """Return a value that differs after every change of the file; one `stat`."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size, status.st_mode

    def create(self, name: str, role: Role) -> str:
        """Make a user and return the token, which is shown this once.

        Raises:
            ConfigInvalid: The name has other characters than `A-Za-z0-9_.@-`.
            Conflict: There is a user of that name.
        """
        if not _NAME.fullmatch(name):
            raise ConfigInvalid(f"user name {name!r}: expected 1-64 of A-Z a-z 0-9 _ . @ -")
        with locked(self.path):
            users = self.users()
            if name in users:
                raise Conflict(f"user {name} exists already", hint="rotate gives a new token")
            now_ns = self._clock.time_ns()
            token, user = new_token(name, role, created_ns=now_ns, now_ns=now_ns)
            self._write({**users, name: user})
        return token

    def rotate(self, name: str) -> str:
        """Give the user a new token and return it; the old one is void at once.

        Raises:
            NotFound: There is no user of that name.
        """
        with locked(self.path):
            users = self.users()
            old = _existing(users, name)
            now_ns = self._clock.time_ns()
            token, user = new_token(name, old.role, created_ns=old.created_ns, now_ns=now_ns)
            self._write({**users, name: user})
        return token

    def set_role(self, name: str, role: Role) -> None:
        """Give the user another role; the token stays.

        Raises:
            NotFound: There is no user of that name.
        """
        with locked(self.path):
            users = self.users()
            self._write({**users, name: replace(_existing(users, name), role=role)})

    def revoke(self, name: str) -> None:
        """Remove the user and with it the token.

        Raises:
            NotFound: There is no user of that name.
        """
        with locked(self.path):
            users = self.users()
            _existing(users, name)
            self._write({key: user for key, user in users.items() if key != name})

    def _write(self, users: Mapping[str, StoredUser]) -> None:
        table = {"version": _VERSION, "users": [_to_json(user) for user in users.values()]}
        write_private(self.path, json.dumps(table, indent=1).encode())


def _proof(token: str, salt: bytes) -> bytes:
    return hashlib.scrypt(token.encode(), salt=salt, maxmem=_SCRYPT_MEMORY, dklen=32, **_SCRYPT)


def _existing(users: Mapping[str, StoredUser], name: str) -> StoredUser:
    if name not in users:
        raise NotFound(f"no user {name}", hint=f"known users: {', '.join(sorted(users)) or 'none'}")
    return users[name]


def _to_json(user: StoredUser) -> dict[str, object]:
    return {
        "name": user.name,
        "role": user.role.label,
        "created_ns": user.created_ns,
        "token_id": user.token_id,
        "token_created_ns": user.token_created_ns,
        "scrypt": {"salt": user.salt, "proof": user.proof, **_SCRYPT},
    }


def _from_json(entry: dict[str, Any]) -> StoredUser:
    scrypt = entry["scrypt"]
    if {key: scrypt[key] for key in _SCRYPT} != _SCRYPT:
        raise ValueError(f"scrypt parameters of {entry['name']} are not {_SCRYPT}")
    return StoredUser(
        name=str(entry["name"]),
        role=Role.of(entry["role"]),
        created_ns=int(entry["created_ns"]),
        token_id=str(entry["token_id"]),
        token_created_ns=int(entry["token_created_ns"]),
        salt=bytes.fromhex(scrypt["salt"]).hex(),
        proof=bytes.fromhex(scrypt["proof"]).hex(),
    )
