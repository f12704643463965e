"""The broker of `plantverse run`, both kinds, for real."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from doubles.mosquitto import Mosquitto, free_port
from doubles.sink import Sink, publish
from plantverse.errors import BrokerUnavailable, ConfigInvalid
from plantverse.ingest import broker as broker_module
from plantverse.ingest import broker_process
from plantverse.ingest.broker import EmbeddedBroker
from plantverse.ingest.session import Phase

Kind = Literal["mosquitto", "iotcore"]
_DEADLINE_S = 30.0

_SERVER = """
import asyncio, sys
from pathlib import Path
from plantverse.ingest.broker import EmbeddedBroker

async def main():
    broker = EmbeddedBroker(int(sys.argv[1]), folder=Path(sys.argv[2]), kind=sys.argv[3])
    print(*await broker.start(), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture(params=["mosquitto", "iotcore"])
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture
async def make_broker(tmp_path: Path) -> AsyncIterator[Callable[..., EmbeddedBroker]]:
    made: list[EmbeddedBroker] = []

    def make(kind: Kind, port: int = 0) -> EmbeddedBroker:
        made.append(EmbeddedBroker(port, folder=tmp_path / "broker", kind=kind))
        return made[-1]

    yield make
    for broker in made:
        await broker.stop()


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


async def test_messages_pass_and_the_port_is_free_afterwards(
    kind: Kind, make_broker: Callable[..., EmbeddedBroker]
) -> None:
    broker = make_broker(kind)
    host, port = await broker.start()
    assert broker.url == f"mqtt://{host}:{port}"
    assert broker.running
    sink = Sink(broker.url, filters=["a/#"], protocol=broker.protocol)
    await sink.connected()
    await publish(port, {"a/b": [b"%d" % n for n in range(300)]})
    await sink.until(lambda: len(sink.payloads("a/b")) == 300)
    await sink.close()
    await broker.stop()
    assert not broker.running
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


async def test_auto_falls_back_to_3_1_1_where_the_broker_hangs_up_on_5(
    make_broker: Callable[..., EmbeddedBroker],
) -> None:
    broker = make_broker("iotcore")
    await broker.start()
    sink = Sink(broker.url, protocol="auto")
    await sink.connected()
    assert sink.session.state.protocol == "3.1.1"
    await sink.close()


async def test_the_next_port_is_taken_and_named(
    kind: Kind, make_broker: Callable[..., EmbeddedBroker], taken: int
) -> None:
    broker = make_broker(kind, taken)
    _, port = await broker.start()
    assert port > taken
    assert f"listens on 127.0.0.1:{port}, because port {taken} is taken" in broker.message
    assert ("install Mosquitto for more" in broker.message) is (kind == "iotcore")


async def test_sessions_of_mosquitto_outlive_a_restart(make_broker: Callable[..., EmbeddedBroker]) -> None:
    broker = make_broker("mosquitto", free_port())
    _, port = await broker.start()
    sink = Sink(broker.url, filters=["a/#"], client_id="stays")
    await sink.connected()
    await sink.close()
    await publish(port, {"a/b": b"kept"})
    await broker.stop()
    await broker.start()
    sink = Sink(broker.url, client_id="stays")
    await sink.until(lambda: sink.payloads("a/b") == [b"kept"])
    await sink.close()


def test_it_ends_with_a_killed_server_and_the_next_one_gets_the_same_port(kind: Kind, tmp_path: Path) -> None:
    port = free_port()
    for _ in range(2):
        arguments = [sys.executable, "-c", _SERVER, str(port), str(tmp_path / "broker"), kind]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == f"127.0.0.1 {port}\n"
            os.kill(server.pid, signal.SIGKILL)
            server.wait()
    deadline = time.monotonic() + _DEADLINE_S
    while not broker_module._is_free("127.0.0.1", port):
        assert time.monotonic() < deadline, "the broker outlived its server"
        time.sleep(0.05)


def test_it_is_not_offered_to_the_network_without_a_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"cannot listen on 0\.0\.0\.0 without a password"):
        EmbeddedBroker(0, "0.0.0.0", folder=tmp_path)
    with pytest.raises(ConfigInvalid, match="a colon or line break"):
        EmbeddedBroker(0, folder=tmp_path, user="a:b", password="x")


async def test_with_a_password_it_asks_for_it_and_keeps_it_private(kind: Kind, tmp_path: Path) -> None:
    broker = EmbeddedBroker(0, "0.0.0.0", folder=tmp_path / "b", kind=kind, user="ana", password='se"c ret')
    await broker.start()
    assert broker.url.startswith("mqtt://127.0.0.1:")
    options = {"protocol": broker.protocol, "user": "ana"}
    right = Sink(broker.url, client_id="right", password='se"c ret', **options)
    wrong = Sink(broker.url, client_id="wrong", password="secret", **options)
    nobody = Sink(broker.url, client_id="nobody", protocol=broker.protocol)
    await right.connected()
    for stranger in (wrong, nobody):
        await stranger.until(lambda stranger=stranger: stranger.session.state.phase in (Phase.REFUSED, Phase.WAITING))
        assert stranger.session.stats.connects == 0
    for sink in (right, wrong, nobody):
        await sink.close()
    await broker.stop()
    for file in (tmp_path / "b").iterdir():
        assert 'se"c ret' not in file.read_text(errors="replace") or file.stat().st_mode & 0o077 == 0


async def test_a_broker_that_does_not_start_is_named_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_process, "mosquitto_config", lambda *_, **__: "nonsense true\n")
    broker = EmbeddedBroker(0, folder=tmp_path, kind="mosquitto")
    with pytest.raises(BrokerUnavailable, match=r"Mosquitto does not start: .*mosquitto\.conf"):
        await broker.start()


def test_a_machine_without_any_broker_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module.shutil, "which", lambda *_, **__: None)
    monkeypatch.setitem(sys.modules, "iotcore", None)
    with pytest.raises(BrokerUnavailable, match="install mosquitto"):
        EmbeddedBroker(folder=tmp_path)


async def test_the_configuration_to_deploy_is_taken_by_mosquitto(
    make_mosquitto: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    text = Path(__file__).parents[2].joinpath("deploy", "mosquitto.conf").read_text()
    # Port, folder and anonymous access are the double's; everything else is as deployed.
    ours = ("listener", "persistence", "allow_anonymous", "log_type", "connection_messages")
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", *ours))]
    assert "max_inflight_messages 0" in lines
    broker = make_mosquitto(config="\n".join(lines), persistence=True).start()
    sink = Sink(broker.url, filters=["a"])
    await sink.connected()
    await publish(broker.port, {"a": b"1"})
    await sink.until(lambda: sink.payloads("a") == [b"1"])
    await sink.close()
