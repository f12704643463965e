"""Settings of a history in InfluxDB, and the store that they open."""

from pathlib import Path

import pytest

from doubles.mosquitto import free_port
from plantverse.errors import ConfigInvalid
from plantverse.platform.config import Settings
from plantverse.platform.config_file import load_settings
from plantverse.platform.history.duckdb_store import DuckDbStore
from plantverse.platform.history.influx_store import InfluxStore
from plantverse.platform.history.opening import open_store


def loaded(folder: Path, text: str) -> Settings:
    (folder / "plantverse.toml").write_text(text)
    return load_settings(folder)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[history]\nstore = "influx"\n', "history.store is given without influx.url"),
        ('[history]\nstore = "sqlite"\n', "history.store: expected one of 'duckdb', 'influx'"),
        ('[influx]\nurl = "influx.example:8086"\n', "influx.url: expected http://HOST"),
        ('[influx]\nurl = "http://me:secret@influx.example"\n', "influx.url: expected http://HOST"),
        ('[influx]\nbucket = "plants"\n', "influx.bucket is given without influx.org"),
        ('[influx]\nuser = "plant"\n', "influx.user is given without influx.password_file"),
        ('[influx]\npassword_file = "p"\n', "influx.password_file is given without influx.user"),
        ("[influx]\nspool_mb = 0\n", "influx.spool_mb: expected a whole number from 1"),
    ],
)
def test_what_cannot_work_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigInvalid, match=complaint) as caught:
        loaded(tmp_path, text)
    assert "secret" not in str(caught.value)


def test_duckdb_is_the_default(tmp_path: Path) -> None:
    store = open_store(loaded(tmp_path, ""))
    assert isinstance(store, DuckDbStore)
    store.close()


def test_influx_opens_without_its_server(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    text = (
        f'[history]\nstore = "influx"\n[influx]\nurl = "http://127.0.0.1:{free_port()}"\n'
        'bucket = "plants"\norg = "works"\ntoken_file = "token"\n'
    )
    store = open_store(loaded(tmp_path, text))
    assert isinstance(store, InfluxStore)
    assert store.folder == tmp_path / ".plantverse" / "history"
    assert store.signals() == []
    store.close()


def test_a_missing_token_is_named(tmp_path: Path) -> None:
    text = '[history]\nstore = "influx"\n[influx]\nurl = "http://influx.example:8086"\ntoken_file = "token"\n'
    with pytest.raises(ConfigInvalid, match=r"influx.token_file: .*token cannot be read"):
        open_store(loaded(tmp_path, text))
    (tmp_path / "token").write_text("\n")
    with pytest.raises(ConfigInvalid, match=r"influx.token_file: .*token is empty"):
        open_store(loaded(tmp_path, text))
