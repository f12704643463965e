"""Real brokers for the tests in this folder.

- `mosquitto`: a running broker that lets everybody in.
- `make_mosquitto`: makes further ones, with options, not yet started; all are stopped at the end.
- `make_node`: starts edge nodes, all killed at the end.
- `pump`: a device that publishes for `hall/pump-1`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from doubles.edge_process import NodeProcess
from doubles.mosquitto import Mosquitto
from doubles.pump_device import Device
from doubles.server import ServerProcess

MakeMosquitto = Callable[..., Mosquitto]
MakeServer = Callable[..., ServerProcess]
MakeNode = Callable[..., NodeProcess]


@pytest.fixture
def make_mosquitto(tmp_path: Path) -> Iterator[MakeMosquitto]:
    """Return a factory with the arguments of `Mosquitto`, folder excepted."""
    made: list[Mosquitto] = []

    def make(**options: object) -> Mosquitto:
        broker = Mosquitto(tmp_path / f"mosquitto-{len(made)}", **options)
        made.append(broker)
        return broker

    yield make
    for broker in made:
        broker.kill()


@pytest.fixture
def mosquitto(make_mosquitto: MakeMosquitto) -> Mosquitto:
    """Return a running broker with limits that fit late acknowledgement."""
    return make_mosquitto(config="max_inflight_messages 0\nmax_queued_messages 1000000").start()


@pytest.fixture
def pump(mosquitto: Mosquitto) -> Iterator[Device]:
    """Return a device that publishes flow and speed of `hall/pump-1`."""
    made = Device(mosquitto.port)
    yield made
    made.stop()


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[MakeServer]:
    """Return a factory of servers with the arguments of `ServerProcess`, folder excepted; all are killed at the end."""
    made: list[ServerProcess] = []

    def make(plant: Path, mqtt: str, *arguments: str) -> ServerProcess:
        folder = tmp_path / f"server-{len(made)}"
        folder.mkdir()
        server = ServerProcess(folder, plant, mqtt, *arguments)
        made.append(server)
        return server

    yield make
    for server in made:
        server.kill()


@pytest.fixture
def make_node(tmp_path: Path) -> Iterator[MakeNode]:
    """Return a factory of running edge nodes; all are killed at the end."""
    made: list[NodeProcess] = []

    def make(name: str, server: ServerProcess, *arguments: str, token: str = "") -> NodeProcess:
        made.append(NodeProcess(tmp_path, name, server, *arguments, token=token))
        return made[-1].start()

    yield make
    for node in made:
        node.kill()
