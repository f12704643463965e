import json
import multiprocessing
from pathlib import Path

import pytest

from plantverse._clock import ManualClock, SystemClock
from plantverse.errors import ConfigInvalid, Conflict, NotFound
from plantverse.platform.users import Role, UsersFile, token_id_of, token_matches


@pytest.fixture
def file(tmp_path: Path) -> UsersFile:
    return UsersFile(tmp_path / "state" / "users.json", ManualClock())


def test_a_created_user_is_found_by_the_token_and_nothing_of_it_is_stored(file: UsersFile) -> None:
    token = file.create("ana", Role.OPERATOR)
    assert token.startswith("pv_")
    user = file.users()["ana"]
    assert (user.role, user.created_ns) == (Role.OPERATOR, 1_700_000_000_000_000_000)
    assert token_id_of(token) == user.token_id
    assert token_matches(token, user)
    assert not token_matches(token[:-1] + ("A" if token[-1] != "A" else "B"), user)
    assert token.split("_", 2)[2] not in file.path.read_text()


def test_the_file_and_its_folder_are_private(file: UsersFile) -> None:
    file.create("ana", Role.VIEWER)
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.path.parent.stat().st_mode & 0o777 == 0o700
    file.path.chmod(0o640)
    with pytest.raises(ConfigInvalid, match=r"may be read or written by others \(mode 0640\) \(chmod 600"):
        file.users()


def test_rotating_voids_the_old_token_and_keeps_the_rest(file: UsersFile) -> None:
    old = file.create("ana", Role.ENGINEER)
    created = file.users()["ana"]
    file._clock.advance(60)  # type: ignore[attr-defined]
    new = file.rotate("ana")
    user = file.users()["ana"]
    assert token_matches(new, user)
    assert not token_matches(old, user)
    assert (user.role, user.created_ns) == (created.role, created.created_ns)
    assert user.token_created_ns == created.token_created_ns + 60_000_000_000


def test_roles_and_revoking(file: UsersFile) -> None:
    file.create("ana", Role.VIEWER)
    file.create("ben", Role.ADMIN)
    before = file.version()
    file.set_role("ana", Role.OPERATOR)
    assert file.version() != before
    assert file.users()["ana"].role is Role.OPERATOR
    file.revoke("ana")
    assert list(file.users()) == ["ben"]


def test_mistakes_are_named(file: UsersFile) -> None:
    file.create("ana", Role.VIEWER)
    with pytest.raises(Conflict, match=r"user ana exists already \(rotate gives a new token\)"):
        file.create("ana", Role.ADMIN)
    for call in (file.rotate, file.revoke, lambda name: file.set_role(name, Role.ADMIN)):
        with pytest.raises(NotFound, match=r"no user eve \(known users: ana\)"):
            call("eve")
    for name in ("", "a b", "x" * 65, "../x", "ä"):
        with pytest.raises(ConfigInvalid, match="expected 1-64 of"):
            file.create(name, Role.VIEWER)
    with pytest.raises(ConfigInvalid, match="expected one of node, viewer, operator, engineer, admin"):
        Role.of("root")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "users": []}',
        '{"version": 1, "users": [{}]}',
        '{"version": 1, "users": 7}',
        "[" * 100_000,
    ],
)
def test_a_damaged_file_is_refused(file: UsersFile, content: str) -> None:
    file.path.parent.mkdir()
    file.path.write_text(content)
    file.path.chmod(0o600)
    with pytest.raises(ConfigInvalid, match=r"users\.json: "):
        file.users()


def test_weakened_hash_parameters_are_refused(file: UsersFile) -> None:
    file.create("ana", Role.VIEWER)
    table = json.loads(file.path.read_text())
    table["users"][0]["scrypt"]["n"] = 2
    file.path.write_text(json.dumps(table))
    with pytest.raises(ConfigInvalid, match="scrypt parameters of ana"):
        file.users()


def test_no_file_means_no_users(file: UsersFile) -> None:
    assert file.users() == {}
    assert file.version() is None


@pytest.mark.parametrize(
    "token", ["", "pv", "pv__", "pv_0123456789_", "pv_0123456789_short", "PV_0123456789_" + "x" * 43, "x" * 1_000_000]
)
def test_what_is_no_token_has_no_id(token: str) -> None:
    assert token_id_of(token) is None


def create_one(path: Path, name: str) -> None:
    UsersFile(path, SystemClock()).create(name, Role.VIEWER)


def test_two_processes_lose_no_user(file: UsersFile) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=create_one, args=(file.path, f"user-{n}")) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert sorted(file.users()) == [f"user-{n}" for n in range(4)]
