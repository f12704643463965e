"""What all tests share: programs that must be there, and how hard hypothesis tries.

A test that needs a broker, a database or a browser fails where it is missing. `--skip-missing` skips it instead, on a
developer's machine only: with the variable CI set, it is refused.
"""

import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from doubles.databases import InfluxDb, database_binary
from doubles.mosquitto import mosquitto_binary

# A loaded machine makes single examples slow; how long they take says nothing.
# Under CI the examples are the same each time: a change is judged by what it changes. Elsewhere new ones are tried.
settings.register_profile(
    "house",
    max_examples=60,
    deadline=None,
    print_blob=True,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")

BROKER_FIXTURES = {"mosquitto", "make_mosquitto", "server", "make_server"}
BROWSER_FIXTURES = {"chromium", "browser", "page"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--skip-missing", action="store_true", help="skip tests whose server or browser is missing")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--skip-missing") and os.environ.get("CI"):
        raise pytest.UsageError("--skip-missing is not for CI: there a missing server or browser is a failure")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the browser tests last, after the shuffle: Playwright's driver keeps an event loop running in this thread.

    Tests that need docker are left out where there is none: it is no package that `make test-deps` could bring.
    """
    left_out = [item for item in items if item.get_closest_marker("docker")]
    if left_out and not _has_docker():
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: "e2e" in item.path.parts)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if not item.config.getoption("--skip-missing"):
        return
    names = set(getattr(item, "fixturenames", ()))
    if (item.get_closest_marker("broker") or names & BROKER_FIXTURES) and not _has_broker():
        pytest.skip("mosquitto is not installed")
    if (item.get_closest_marker("browser") or names & BROWSER_FIXTURES) and not any(map(shutil.which, BROWSERS)):
        pytest.skip("chromium is not installed")
    if item.get_closest_marker("database") and not _has_databases():
        pytest.skip("influxdb or victoria-metrics is not installed")


@pytest.fixture(autouse=True)
def _no_handler_stays() -> Iterator[None]:
    """Take away what a command set up for its own standard error, which is closed in the next test."""
    yield
    for handler in [h for h in logging.root.handlers if type(h) is logging.StreamHandler]:
        logging.root.removeHandler(handler)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDb]:
    """InfluxDB 1.6 with a database `plantverse`; the stores in it know their own rows by their random names."""
    database = InfluxDb(tmp_path_factory.mktemp("influx")).start()
    database.query("CREATE DATABASE plantverse")
    yield database
    database.kill()


def _has_docker() -> bool:
    if shutil.which("docker") is None:
        return False
    asked = (["docker", "compose", "version"], ["docker", "info"])
    return all(subprocess.run(command, check=False, capture_output=True).returncode == 0 for command in asked)


def _has_databases() -> bool:
    try:
        database_binary("influxd")
        database_binary("victoria-metrics")
    except FileNotFoundError:
        return False
    return True


def _has_broker() -> bool:
    try:
        mosquitto_binary()
    except FileNotFoundError:
        return False
    return True
