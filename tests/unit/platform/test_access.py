import dataclasses

import pytest

from plantverse._clock import ManualClock
from plantverse.errors import ConfigInvalid, NotAllowed, Unauthenticated
from plantverse.platform import access as access_module
from plantverse.platform.access import LAN_USER, Access, User, require
from plantverse.platform.config import AuthSettings, HttpSettings, Settings
from plantverse.platform.users import Role, StoredUser, new_token

HERE = {"peer_address": "127.0.0.1", "host": "localhost:8420"}
AWAY = {"peer_address": "192.0.2.7", "host": "192.0.2.1:8420"}


class Users:
    """A user store in memory."""

    def __init__(self) -> None:
        self.table: dict[str, StoredUser] = {}
        self.count = 0
        self.broken = False

    def add(self, name: str, role: Role) -> str:
        token, self.table[name] = new_token(name, role, created_ns=0, now_ns=0)
        self.count += 1
        return token

    def remove(self, name: str) -> None:
        del self.table[name]
        self.count += 1

    def users(self) -> dict[str, StoredUser]:
        if self.broken:
            raise ConfigInvalid("/secret/place/users.json: damaged")
        return dict(self.table)

    def version(self) -> object:
        return self.count


@pytest.fixture
def users() -> Users:
    return Users()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def access_of(users: Users, clock: ManualClock, **http: object) -> Access:
    settings = Settings(http=HttpSettings(**http), auth=AuthSettings(failed_attempts=3, token_cache=2))  # type: ignore[arg-type]
    return Access(settings, users, clock, local_name="maria")


def test_without_users_the_caller_on_this_machine_is_the_local_user(users: Users, clock: ManualClock) -> None:
    access = access_of(users, clock)
    user = access.authenticate(None, **HERE)
    assert user == User("maria", Role.ADMIN)
    assert access.still_valid(user)


@pytest.mark.parametrize(
    "caller",
    [
        {"peer_address": "192.0.2.7", "host": "localhost:8420"},
        {"peer_address": "127.0.0.1", "host": "192.0.2.1:8420"},
        {"peer_address": "127.0.0.1", "host": "0.0.0.0:8420"},
    ],
)
def test_a_caller_from_elsewhere_never_is(users: Users, clock: ManualClock, caller: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated, match="a token is needed") as caught:
        access_of(users, clock).authenticate(None, **caller)
    assert caught.value.retry_after_s is None


def test_nor_behind_a_declared_proxy(users: Users, clock: ManualClock) -> None:
    access = access_of(users, clock, trusted_proxy=("127.0.0.1",))
    with pytest.raises(Unauthenticated):
        access.authenticate(None, **HERE)
    assert not access.still_valid(User("maria", Role.ADMIN))


def test_the_first_named_user_ends_local_mode_and_the_guest_does_not(users: Users, clock: ManualClock) -> None:
    access = access_of(users, clock)
    local = access.authenticate(None, **HERE)
    users.add(LAN_USER, Role.VIEWER)
    assert access.authenticate(None, **HERE) == local
    users.add("ana", Role.VIEWER)
    assert not access.still_valid(local)
    with pytest.raises(Unauthenticated, match="a token is needed"):
        access.authenticate(None, **HERE)


def test_a_token_names_its_user_from_anywhere(users: Users, clock: ManualClock) -> None:
    ana, ben = users.add("ana", Role.OPERATOR), users.add("ben", Role.ADMIN)
    access = access_of(users, clock)
    for caller in (HERE, AWAY):
        assert access.authenticate(ana, **caller).name == "ana"
        assert access.authenticate(ben, **caller).role is Role.ADMIN


def test_the_proof_is_made_once_and_again_when_the_cache_is_full(
    users: Users, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    proved: list[str] = []
    monkeypatch.setattr(access_module, "token_matches", lambda token, user: proved.append(user.name) or True)
    tokens = [users.add(name, Role.VIEWER) for name in ("ana", "ben", "cleo")]
    access = access_of(users, clock)
    for token in (tokens[0], tokens[0], tokens[1], tokens[0], tokens[2], tokens[0], tokens[1]):
        access.authenticate(token, **AWAY)
    assert proved == ["ana", "ben", "cleo", "ben"]


def test_a_removed_or_rotated_token_is_void_at_once(users: Users, clock: ManualClock) -> None:
    ana, ben = users.add("ana", Role.OPERATOR), users.add("ben", Role.VIEWER)
    access = access_of(users, clock)
    ana_user, ben_user = access.authenticate(ana, **AWAY), access.authenticate(ben, **AWAY)
    users.remove("ana")
    users.add("ben", Role.VIEWER)
    for user, token in ((ana_user, ana), (ben_user, ben)):
        assert not access.still_valid(user)
        with pytest.raises(Unauthenticated, match="not valid"):
            access.authenticate(token, **AWAY)


def test_another_role_counts_at_once(users: Users, clock: ManualClock) -> None:
    token = users.add("ana", Role.OPERATOR)
    access = access_of(users, clock)
    before = access.authenticate(token, **AWAY)
    users.table["ana"] = dataclasses.replace(users.table["ana"], role=Role.VIEWER)
    users.count += 1
    assert not access.still_valid(before)
    assert access.authenticate(token, **AWAY).role is Role.VIEWER


def test_a_right_id_with_a_wrong_secret_is_refused(users: Users, clock: ManualClock) -> None:
    token = users.add("ana", Role.OPERATOR)
    access = access_of(users, clock)
    access.authenticate(token, **AWAY)
    with pytest.raises(Unauthenticated, match="the token is not valid"):
        access.authenticate(token[:-4] + "AAAA", **AWAY)


def test_failures_make_an_address_wait_but_not_the_others_nor_known_tokens(users: Users, clock: ManualClock) -> None:
    known, unseen = users.add("ana", Role.VIEWER), users.add("ben", Role.VIEWER)
    access = access_of(users, clock)
    access.authenticate(known, **AWAY)
    for _ in range(3):
        with pytest.raises(Unauthenticated, match="not valid"):
            access.authenticate("pv_wrong", **AWAY)
    with pytest.raises(Unauthenticated, match=r"too many failed attempts from 192\.0\.2\.7") as caught:
        access.authenticate(unseen, **AWAY)
    assert caught.value.retry_after_s == 60.0
    assert access.authenticate(known, **AWAY).name == "ana"
    assert access.authenticate(unseen, peer_address="192.0.2.8", host="192.0.2.1").name == "ben"
    clock.advance(60)
    assert access.authenticate(unseen, **AWAY).name == "ben"


@pytest.mark.parametrize("token", ["x", "pv_\ud800", "ü" * 100_000, "pv_0123456789_" + "\ud800" * 43])
def test_rubbish_is_no_token(users: Users, clock: ManualClock, token: str) -> None:
    with pytest.raises(Unauthenticated, match="the token is not valid"):
        access_of(users, clock).authenticate(token, **AWAY)


def test_a_page_elsewhere_cannot_use_the_local_user(users: Users, clock: ManualClock) -> None:
    access = access_of(users, clock, names=("plant.example",), origins=("http://localhost:8888",))
    with pytest.raises(NotAllowed, match=r"a page of origin 'https://evil\.example' may not use this server"):
        access.authenticate(None, **HERE, origin="https://evil.example")
    with pytest.raises(NotAllowed, match=r"'evil\.example:8420' is not a name .*http\.names = \['evil\.example'\]"):
        access.authenticate(None, peer_address="127.0.0.1", host="evil.example:8420")
    with pytest.raises(NotAllowed, match="None is not a name"):
        access.authenticate(None, peer_address="127.0.0.1", host=None)
    assert access.authenticate(None, **HERE, origin="http://localhost:8420")
    assert access.authenticate(None, **HERE, origin="http://localhost:8888")


def test_an_unusable_users_file_refuses_everybody_without_telling_where_it_lies(
    users: Users, clock: ManualClock
) -> None:
    token = users.add("ana", Role.ADMIN)
    access = access_of(users, clock)
    user = access.authenticate(token, **AWAY)
    users.broken = True
    users.count += 1
    for caller in ({"token": token, **AWAY}, {"token": None, **HERE}):
        with pytest.raises(Unauthenticated) as caught:
            access.authenticate(**caller)
        assert "/secret/place" not in str(caught.value)
    users.broken = False
    assert access.authenticate(token, **AWAY) == user


def test_an_unusable_users_file_stops_the_start(users: Users, clock: ManualClock) -> None:
    users.broken = True
    with pytest.raises(ConfigInvalid):
        access_of(users, clock)


def test_changes_of_the_users_are_told(users: Users, clock: ManualClock) -> None:
    users.add("ana", Role.VIEWER)
    users.add("ben", Role.VIEWER)
    told: list[str] = []
    access = Access(Settings(), users, clock, local_name="maria", on_change=told.extend)
    users.remove("ben")
    users.add("ana", Role.OPERATOR)
    users.add("cleo", Role.ADMIN)
    assert not access.still_valid(User("eve", Role.ADMIN, "0000000000"))
    assert told == ["ana: new token", "ana: viewer becomes operator", "ben: removed", "cleo: added as admin"]


def test_require_names_who_what_and_which_role() -> None:
    ana = User("ana", Role.OPERATOR)
    require(ana, Role.VIEWER, "look")
    require(ana, Role.OPERATOR, "command")
    with pytest.raises(NotAllowed, match=r"bind a topic: ana is operator, needs engineer .*user role ana engineer"):
        require(ana, Role.ENGINEER, "bind a topic")
