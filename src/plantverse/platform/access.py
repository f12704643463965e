"""Who is calling, and may they: tokens, the local user, and what a browser page elsewhere must not do."""

import getpass
import hashlib
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from plantverse._clock import Clock
from plantverse.errors import ConfigInvalid, NotAllowed, Unauthenticated
from plantverse.platform.attempts import FailedAttempts
from plantverse.platform.config import Settings
from plantverse.platform.security import host_allowed, host_name, is_loopback, origin_allowed
from plantverse.platform.users import Role, StoredUser, token_id_of, token_matches

_log = logging.getLogger(__name__)

LAN_USER = "lan"
"""The guest of `run --lan`; it alone does not end local mode."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who was recognised.

    Attributes:
        name: As it stands in the users file and the audit log.
        role: What they may do.
        token_id: Public part of the token, "" for the local user.
    """

    name: str
    role: Role
    token_id: str = ""


class UserStore(Protocol):
    """Where the users come from; `UsersFile` is the real one."""

    def users(self) -> dict[str, StoredUser]:
        """Return the users by name."""

    def version(self) -> object:
        """Return a value that differs after every change; asked on each request, so it is cheap."""


def require(user: User, role: Role, what: str) -> None:
    """Pass if the user has at least that role.

    Args:
        user: Who asks.
        role: The least role.
        what: What is asked for, for the message: `command bottling/filler-2:start`.

    Raises:
        NotAllowed: They have a lesser role.
    """
    if user.role < role:
        raise NotAllowed(
            f"{what}: {user.name} is {user.role.label}, needs {role.label}",
            hint=f"an admin can run `plantverse user role {user.name} {role.label}`",
        )


class Access:
    """Recognises callers. Safe to use from several threads; a first proof of a token takes tens of milliseconds.

    Without named users (the guest of `run --lan` apart) a caller on this machine is the local user with role
    admin. That mode ends with the first named user. Changes of the users file count from the next request on.

    Args:
        settings: `http` gives host names, origins and proxies, `auth` the limits.
        store: The users.
        clock: Monotonic time for the limit of failed attempts.
        local_name: Name of the local user; the name at the operating system if empty.
        on_change: Told in sentences what changed in the users file when the server first notices it.

    Raises:
        ConfigInvalid: The users file is damaged or others may read it.
    """

    def __init__(
        self,
        settings: Settings,
        store: UserStore,
        clock: Clock,
        *,
        local_name: str = "",
        on_change: Callable[[Sequence[str]], None] | None = None,
    ) -> None:
        self._http = settings.http
        self._store = store
        self._clock = clock
        self._local = User(local_name or _os_user(), Role.ADMIN)
        self._attempts = FailedAttempts(settings.auth.failed_attempts)
        self._cache_size = settings.auth.token_cache
        self._on_change = on_change
        self._proofs: OrderedDict[bytes, StoredUser] = OrderedDict()
        self._lock = threading.Lock()
        self._proving = threading.Lock()
        self._version = store.version()
        self._users = _by_token_id(store)

    def authenticate(
        self, token: str | None, *, peer_address: str, host: str | None, origin: str | None = None
    ) -> User:
        """Return who is calling.

        Args:
            token: From `Authorization: Bearer` or the `hello` message; None or "" if there is none.
            peer_address: The client's IP address as `security.client_address` gives it.
            host: The `Host` header.
            origin: The `Origin` header, None if there is none.

        Raises:
            NotAllowed: The host is not ours, or a page of another origin asks.
            Unauthenticated: The token is missing or wrong, or the address has to wait.
        """
        self._check_browser(host, origin)
        users = self._current()
        if not token:
            return self._without_token(users, peer_address, host)
        token_id = token_id_of(token)
        stored = users.get(token_id) if token_id else None
        if stored is None or not self._remembered(token, stored):
            now_ns = self._clock.monotonic_ns()
            self._check_wait(peer_address, now_ns)
            if stored is None or not self._proved(token, stored):
                with self._lock:
                    self._attempts.failed(peer_address, now_ns)
                raise Unauthenticated(
                    "the token is not valid", hint="it may have been rotated or revoked; ask an admin"
                )
        return User(stored.name, stored.role, stored.token_id)

    def still_valid(self, user: User) -> bool:
        """Say whether somebody recognised earlier would be so now with the same role; for long sessions."""
        users = self._current()
        if not user.token_id:
            return _local_mode(users) and not self._http.trusted_proxy
        stored = users.get(user.token_id)
        return stored is not None and (stored.name, stored.role) == (user.name, user.role)

    def _check_browser(self, host: str | None, origin: str | None) -> None:
        if not host_allowed(host, self._http.names):
            raise NotAllowed(
                f"{host!r} is not a name of this server",
                hint=f"if it is yours, set http.names = [{host_name(host) or 'NAME'!r}]",
            )
        if not origin_allowed(origin, host, self._http.origins):
            raise NotAllowed(
                f"a page of origin {origin!r} may not use this server",
                hint=f"if it is yours, set http.origins = [{origin!r}]",
            )

    def _without_token(self, users: Mapping[str, StoredUser], peer_address: str, host: str | None) -> User:
        here = is_loopback(peer_address) and is_loopback(host_name(host) or "") and not self._http.trusted_proxy
        if here and _local_mode(users):
            return self._local
        raise Unauthenticated("a token is needed", hint="an admin makes one with `plantverse user add NAME`")

    def _check_wait(self, address: str, now_ns: int) -> None:
        with self._lock:
            wait_s = self._attempts.wait_s(address, now_ns)
        if wait_s > 0:
            raise Unauthenticated(
                f"too many failed attempts from {address}", hint=f"wait {wait_s:.0f} s", retry_after_s=wait_s
            )

    def _current(self) -> Mapping[str, StoredUser]:
        """Return the users by token id, read anew if the file has changed."""
        with self._lock:
            version = self._store.version()
            if version == self._version:
                return self._users
            try:
                fresh = _by_token_id(self._store)
            except ConfigInvalid as exc:
                _log.error("users file unusable, everybody is refused: %s", exc)
                raise Unauthenticated("the server cannot read its users file", hint="ask an admin") from exc
            changes = _changes(self._users, fresh)
            self._users, self._version = fresh, version
            self._proofs.clear()
        if self._on_change is not None and changes:
            self._on_change(changes)
        return fresh

    def _remembered(self, token: str, user: StoredUser) -> bool:
        """Say whether this token was proved before; somebody else's failures don't hold it up."""
        key = _cache_key(token)
        with self._lock:
            if self._proofs.get(key) != user:
                return False
            self._proofs.move_to_end(key)
            return True

    def _proved(self, token: str, user: StoredUser) -> bool:
        with self._proving:  # one proof at a time: a flood of them can't take 16 MiB each
            if not token_matches(token, user):
                return False
        with self._lock:
            self._proofs[_cache_key(token)] = user
            if len(self._proofs) > self._cache_size:
                self._proofs.popitem(last=False)
        return True


def log_changes(changes: Sequence[str]) -> None:
    """Write changes of the users file into the log."""
    for change in changes:
        _log.info("users file: %s", change)


def _by_token_id(store: UserStore) -> dict[str, StoredUser]:
    return {user.token_id: user for user in store.users().values()}


def _local_mode(users: Mapping[str, StoredUser]) -> bool:
    return all(user.name == LAN_USER for user in users.values())


def _cache_key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _changes(before: Mapping[str, StoredUser], after: Mapping[str, StoredUser]) -> list[str]:
    old = {user.name: user for user in before.values()}
    new = {user.name: user for user in after.values()}
    found = [f"{name}: added as {new[name].role.label}" for name in new if name not in old]
    found += [f"{name}: removed" for name in old if name not in new]
    for name in old.keys() & new.keys():
        if old[name].role != new[name].role:
            found.append(f"{name}: {old[name].role.label} becomes {new[name].role.label}")
        if old[name].token_id != new[name].token_id:
            found.append(f"{name}: new token")
    return sorted(found)


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run a user id that has no name
        return f"uid-{os.getuid()}"
