"""The shaping proxy: bytes arrive whole and in order, later or slower or not for a while."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

import pytest

from plantverse.platform.edge.messages import Fault
from plantverse.sim.edge_faults import NodeFaults
from plantverse.sim.shaping import CHUNK, PACKET, Arrivals, Shape, ShapingProxy, Wire

PAYLOAD = bytes(range(256)) * 400


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize("shape", [Shape(), Shape(delay_s=0.01, jitter_s=0.02), Shape(bit_s=20e6)])
async def test_what_goes_in_comes_out_in_order(echo: int, shape: Shape) -> None:
    proxy = ShapingProxy("127.0.0.1", echo)
    proxy.shape = shape
    await proxy.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(PAYLOAD)
    assert await reader.readexactly(len(PAYLOAD)) == PAYLOAD
    assert proxy.passed == 2 * len(PAYLOAD)
    writer.close()
    await proxy.close()


async def test_a_stall_holds_back_what_is_under_way_until_it_is_lifted(echo: int) -> None:
    proxy = ShapingProxy("127.0.0.1", echo)
    await proxy.start()
    proxy.shape = Shape(stall_until_s=asyncio.get_running_loop().time() + 3_600)
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"hello")
    got = asyncio.create_task(reader.readexactly(5))
    for _ in range(20):
        await asyncio.sleep(0.005)
    assert not got.done()
    assert proxy.passed == 0
    proxy.shape = Shape()
    assert await got == b"hello"
    writer.close()
    await proxy.close()


async def test_nobody_behind_it_ends_the_connection() -> None:
    proxy = ShapingProxy("127.0.0.1", 1)
    await proxy.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await reader.read() == b""
    writer.close()
    await proxy.close()


def test_arrivals_follow_delay_and_bandwidth_and_never_overtake() -> None:
    clock = [0.0]
    due = Arrivals(Wire(), lambda: clock[0], Random(1))
    assert due.of(1_000, Shape(delay_s=0.1)) == pytest.approx(0.1)
    assert due.of(1_000, Shape(bit_s=80_000, delay_s=0.1)) == pytest.approx(0.2)
    assert due.of(1_000, Shape(bit_s=80_000)) == pytest.approx(0.2)
    clock[0] = 5.0
    times = [due.of(100, Shape(jitter_s=1.0)) for _ in range(200)]
    assert times == sorted(times)
    assert times[0] >= 5.0
    assert times[-1] <= 6.0


def test_connections_share_the_bandwidth_of_their_link_and_keep_their_own_order() -> None:
    wire, shape = Wire(), Shape(bit_s=80_000)
    one, two = (Arrivals(wire, lambda: 0.0, Random(1)) for _ in range(2))
    assert [one.of(1_000, shape), two.of(1_000, shape), one.of(1_000, shape)] == pytest.approx([0.1, 0.2, 0.3])
    assert two.of(1_000, Shape()) == pytest.approx(0.2), "a link that became wide again holds up nobody"
    assert Arrivals(Wire(), lambda: 0.0, Random(1)).of(1_000, shape) == pytest.approx(0.1), "the way back is another"


def test_a_thin_link_is_shared_in_packets_and_a_wide_one_in_larger_steps() -> None:
    assert Shape(bit_s=100_000).chunk == PACKET
    assert Shape(bit_s=4e6).chunk == 5_000
    assert Shape(bit_s=1e9).chunk == Shape().chunk == CHUNK


async def test_faults_are_put_in_words_and_heal_by_themselves(echo: int) -> None:
    async with NodeFaults(f"ws://127.0.0.1:{echo}/api") as faults:
        assert faults.url.startswith("ws://127.0.0.1:")
        assert faults.url.endswith("/api")
        assert str(echo) not in faults.url
        faults.apply(Fault(kind="squeeze", delay_ms=20, jitter_ms=5, kbit_s=64))
        assert faults.describe() == "20 ms + 0-5 ms, 64 kbit/s"
        faults.apply(Fault(kind="heal"))
        assert faults.describe() == ""
        faults.apply(Fault(kind="squeeze", stall_s=0.02))
        assert faults.describe() == "nothing for 0.02 s"
        for _ in range(400):
            await asyncio.sleep(0.005)
            if not faults.describe():
                return
        pytest.fail("a stall heals by itself")
