"""The MQTT session against a real Mosquitto."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from doubles.certificates import make_certificates
from doubles.mosquitto import Mosquitto, free_port, mosquitto_binary
from doubles.sink import Sink, publish
from plantverse.errors import BrokerUnavailable, ConfigInvalid, NotAllowed
from plantverse.ingest.session import Phase

MakeMosquitto = Callable[..., Mosquitto]

_ONLY_OPEN = {
    "defaultACLAccess": {
        "publishClientSend": True,
        "publishClientReceive": True,
        "subscribe": False,
        "unsubscribe": True,
    },
    "anonymousGroup": "all",
    "clients": [],
    "groups": [{"groupname": "all", "roles": [{"rolename": "open"}]}],
    "roles": [
        {
            "rolename": "open",
            "acls": [{"acltype": "subscribePattern", "topic": "open/#", "priority": 0, "allow": True}],
        }
    ],
}


def _plugin() -> Path:
    return next(Path("/usr/lib").rglob("mosquitto_dynamic_security.so"))


@pytest.fixture
async def make_sink() -> AsyncIterator[Callable[..., Sink]]:
    made: list[Sink] = []

    def make(url: str, **options: object) -> Sink:
        made.append(Sink(url, **options))
        return made[-1]

    yield make
    for sink in made:
        await sink.close()


async def test_a_broker_that_is_absent_at_start_is_found_when_it_comes(
    make_mosquitto: MakeMosquitto, make_sink: Callable[..., Sink]
) -> None:
    broker = make_mosquitto()
    sink = make_sink(broker.url, filters=["plant/#"])
    await sink.until(lambda: sink.session.state.phase is Phase.WAITING)
    assert sink.session.state.message == "nothing listens there"
    broker.start()
    await sink.connected()
    await publish(broker.port, {"plant/a": b"1"})
    await sink.until(lambda: sink.payloads("plant/a") == [b"1"])
    assert sink.session.state.protocol == "5"


async def test_twenty_cuts_with_qos_1_lose_nothing_and_hand_nothing_on_twice(
    make_mosquitto: MakeMosquitto, make_sink: Callable[..., Sink]
) -> None:
    broker = make_mosquitto(config="max_inflight_messages 0\nmax_queued_messages 1000000").start()
    sink = make_sink(broker.url, filters=["cut/#"], acknowledge=False)
    await sink.connected()
    for cut in range(20):
        await publish(broker.port, {"cut/a": [b"%d" % n for n in range(50 * cut, 50 * cut + 50)]})
        await sink.until(lambda cut=cut: len(sink.payloads("cut/a")) >= 50 * cut + 25)
        # Confirmed before, around and after the cut, so that repetitions of each kind come back.
        sink.acknowledge_some(30)
        sink.session._link.abort()  # type: ignore[union-attr]
        sink.acknowledge_some(10)
        await sink.until(lambda cut=cut: sink.session.stats.connects == cut + 2)
    await sink.until(lambda: len(sink.payloads("cut/a")) >= 1_000)
    sink.acknowledge_some(1_000)
    await sink.until(lambda: sink.session.open_messages == 0)
    assert sorted(map(int, sink.payloads("cut/a"))) == list(range(1_000))
    assert sink.session.stats.redelivered_dropped > 0
    assert sink.session.stats.stale_acknowledgements == 0


async def test_all_confirmed_messages_are_gone_from_the_broker(
    mosquitto: Mosquitto, make_sink: Callable[..., Sink]
) -> None:
    first = make_sink(mosquitto.url, filters=["done/#"], client_id="stays")
    await first.connected()
    await publish(mosquitto.port, {"done/a": [b"%d" % n for n in range(500)]})
    await first.until(lambda: first.session.stats.acknowledged == 500)
    await first.close()
    second = make_sink(mosquitto.url, filters=["done/#"], client_id="stays")
    await second.connected()
    assert second.session.state.session_present
    await publish(mosquitto.port, {"done/a": b"last"})
    await second.until(lambda: second.payloads("done/a") != [])
    assert second.payloads("done/a") == [b"last"]


async def test_what_a_killed_process_did_not_confirm_comes_to_the_next_one_marked(
    mosquitto: Mosquitto, make_sink: Callable[..., Sink]
) -> None:
    first = make_sink(mosquitto.url, filters=["again/#"], client_id="killed", acknowledge=False)
    await first.connected()
    await publish(mosquitto.port, {"again/a": [b"%d" % n for n in range(100)]})
    await first.until(lambda: len(first.payloads("again/a")) == 100)
    first.acknowledge_some(40)
    await first.until(lambda: first.session.stats.acknowledged == 40)
    await first.close()
    second = make_sink(mosquitto.url, filters=["again/#"], client_id="killed")
    await second.until(lambda: len(second.payloads("again/a")) == 60)
    assert sorted(map(int, second.payloads("again/a"))) == list(range(40, 100))
    assert second.session.stats.suspects == 60


async def test_a_broker_that_dies_and_returns_empty_is_subscribed_anew(
    mosquitto: Mosquitto, make_sink: Callable[..., Sink]
) -> None:
    sink = make_sink(mosquitto.url, filters=["empty/#"])
    await sink.connected()
    mosquitto.kill()
    await sink.until(lambda: sink.session.state.phase is Phase.WAITING)
    mosquitto.start()
    await sink.connected()
    assert not sink.session.state.session_present
    await publish(mosquitto.port, {"empty/a": b"1"})
    await sink.until(lambda: sink.payloads("empty/a") == [b"1"])


async def test_mqtt_3_1_1_receives_and_confirms(mosquitto: Mosquitto, make_sink: Callable[..., Sink]) -> None:
    sink = make_sink(mosquitto.url, filters=["old/#"], protocol="3.1.1")
    await sink.connected()
    await publish(mosquitto.port, {"old/a": [b"%d" % n for n in range(2_000)]})
    await sink.until(lambda: sink.session.stats.acknowledged == 2_000)
    assert sink.session.state.protocol == "3.1.1"
    assert [int(payload) for payload in sink.payloads("old/a")] == list(range(2_000))


async def test_tls_with_a_client_certificate(
    make_mosquitto: MakeMosquitto, make_sink: Callable[..., Sink], tmp_path: Path
) -> None:
    certificates = make_certificates(tmp_path / "tls")
    broker = make_mosquitto(
        config=f"cafile {certificates.ca}\ncertfile {certificates.server_cert}\nkeyfile {certificates.server_key}\n"
        "require_certificate true\nuse_identity_as_username true"
    ).start()
    url = broker.url.replace("mqtt://", "mqtts://")
    client = {"tls_ca": certificates.ca, "tls_cert": certificates.client_cert, "tls_key": certificates.client_key}
    sink = make_sink(url, filters=["tls/#"], allow_write=True, **client)
    await sink.connected()
    await sink.session.publish("tls/a", b"1")
    await sink.until(lambda: sink.payloads("tls/a") == [b"1"])
    assert "u'client'" in broker.log()

    stranger = make_sink(url, client_id="stranger")
    await stranger.until(lambda: stranger.session.state.phase is Phase.REFUSED)
    assert "certificate is not trusted" in stranger.session.state.message
    unknown = make_sink(url, client_id="unknown", tls_ca=certificates.ca)
    await unknown.until(lambda: unknown.session.state.phase in (Phase.WAITING, Phase.REFUSED))


async def test_a_wrong_password_is_refused_with_a_sentence(
    make_mosquitto: MakeMosquitto, make_sink: Callable[..., Sink], tmp_path: Path
) -> None:
    passwords = tmp_path / "passwords"
    tool = Path(mosquitto_binary()).parent.parent / "bin" / "mosquitto_passwd"
    process = await asyncio.create_subprocess_exec(str(tool), "-b", "-c", str(passwords), "ana", "right")
    assert await process.wait() == 0
    broker = make_mosquitto(anonymous=False, config=f"password_file {passwords}").start()
    right = make_sink(broker.url, user="ana", password="right")
    await right.connected()
    wrong = make_sink(broker.url, client_id="wrong", user="ana", password="wrong")
    await wrong.until(lambda: wrong.session.state.phase is Phase.REFUSED)
    assert wrong.session.state.message.startswith("the broker refused: ")
    assert "authori" in wrong.session.state.message or "password" in wrong.session.state.message
    assert "right" not in wrong.session.state.address


async def test_publishing_needs_allow_write(mosquitto: Mosquitto, make_sink: Callable[..., Sink]) -> None:
    sink = make_sink(mosquitto.url, filters=["pub/#"])
    await sink.connected()
    with pytest.raises(NotAllowed, match="only listens"):
        sink.session.publish("pub/a", b"1")
    writer = make_sink(mosquitto.url, client_id="writer", allow_write=True)
    await writer.connected()
    await asyncio.wait_for(writer.session.publish("pub/a", b"2", expiry_s=60), 20)
    await sink.until(lambda: sink.payloads("pub/a") == [b"2"])
    for topic in ("", "a/+", "a/#", "a\x00"):
        with pytest.raises(ConfigInvalid, match="no topic name"):
            writer.session.publish(topic, b"")


async def test_publishing_into_a_cut_fails_and_says_that_the_outcome_is_unknown(
    mosquitto: Mosquitto, make_sink: Callable[..., Sink]
) -> None:
    writer = make_sink(mosquitto.url, allow_write=True)
    await writer.connected()
    mosquitto.freeze()
    done = writer.session.publish("pub/a", b"1")
    mosquitto.kill()
    with pytest.raises(BrokerUnavailable, match="whether it arrived is not known"):
        await asyncio.wait_for(done, 20)
    await writer.until(lambda: writer.session.state.phase is not Phase.CONNECTED)
    with pytest.raises(BrokerUnavailable, match="not connected"):
        writer.session.publish("pub/a", b"2")


async def test_refused_filters_are_named_with_the_reason(
    make_mosquitto: MakeMosquitto, make_sink: Callable[..., Sink], tmp_path: Path
) -> None:
    # Its access list file lets every subscription pass; the plugin that comes with Mosquitto refuses them.
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps(_ONLY_OPEN))
    broker = make_mosquitto(config=f"plugin {_plugin()}\nplugin_opt_config_file {rules}").start()
    sink = make_sink(broker.url)
    await sink.connected()
    assert await sink.session.subscribe(["open/#"]) == {}
    refused = await sink.session.subscribe(["open/a", "secret/#"])
    assert refused == {"secret/#": "not authorised"}
    assert sink.session.state.refused == refused
    # It may be allowed by now, so it is asked for again.
    sink.session._link.abort()  # type: ignore[union-attr]
    await sink.until(lambda: sink.session.stats.connects == 2)
    await sink.connected()
    assert broker.log().count("secret/#") >= 2
    await sink.session.unsubscribe(["secret/#"])
    assert sink.session.state.refused == {}


async def test_a_paused_session_gets_nothing_and_loses_nothing(
    mosquitto: Mosquitto, make_sink: Callable[..., Sink]
) -> None:
    sink = make_sink(mosquitto.url, filters=["pause/#"])
    await sink.connected()
    sink.session.pause()
    await publish(mosquitto.port, {"pause/a": [b"x" * 1_000] * 3_000})
    assert sink.payloads("pause/a") == []
    sink.session.resume()
    await sink.until(lambda: len(sink.payloads("pause/a")) == 3_000)
    assert sink.session.stats.connects == 1


async def test_ten_megabytes_are_passed_over_and_the_next_message_comes(
    mosquitto: Mosquitto, make_sink: Callable[..., Sink]
) -> None:
    # Mosquitto itself keeps larger messages from an MQTT 5 client that says what it takes; 3.1.1 cannot say.
    sink = make_sink(mosquitto.url, filters=["big/#"], protocol="3.1.1", maximum_packet_size=1 << 20)
    await sink.connected()
    await publish(mosquitto.port, {"big/a": b"x" * 10_000_000, "big/b": b"small"})
    await sink.until(lambda: sink.payloads("big/b") == [b"small"])
    assert sink.payloads("big/a") == []
    assert sink.session.stats.too_large == 1
    # It is confirmed too, or the broker would send it again after every cut.
    sink.session._link.abort()  # type: ignore[union-attr]
    await sink.until(lambda: sink.session.stats.connects == 2)
    await publish(mosquitto.port, {"big/b": b"after"})
    await sink.until(lambda: sink.payloads("big/b") == [b"small", b"after"])
    assert sink.session.stats.too_large == 1


async def test_watching_publishes_nothing(mosquitto: Mosquitto, make_sink: Callable[..., Sink]) -> None:
    sink = make_sink(mosquitto.url, filters=["#"], client_id="watcher")
    await sink.connected()
    await publish(mosquitto.port, {"a": [b"%d" % n for n in range(100)]})
    await sink.until(lambda: sink.session.stats.acknowledged == 100)
    await sink.session.unsubscribe(["#"])
    sink.session._link.abort()  # type: ignore[union-attr]
    await sink.until(lambda: sink.session.stats.connects == 2)
    await sink.close()
    log = mosquitto.wait_for_log("Received DISCONNECT from watcher")
    said = {line.split()[1] for line in log.splitlines() if line.startswith("Received ") and " from watcher" in line}
    assert said <= {"CONNECT", "SUBSCRIBE", "UNSUBSCRIBE", "PUBACK", "PINGREQ", "DISCONNECT"}
    assert "PUBACK" in said
    assert "will" not in next(line for line in log.splitlines() if "as watcher" in line).replace("No will", "")


async def test_two_clients_with_one_client_id_are_suspected(
    mosquitto: Mosquitto, make_sink: Callable[..., Sink]
) -> None:
    # Mosquitto 2.0.11 just closes the older connection.
    sinks = [make_sink(mosquitto.url, client_id="same") for _ in range(2)]
    said = "does another client use the client id 'same'?"
    await sinks[0].until(lambda: any(said in state.message for sink in sinks for state in sink.states))


async def test_a_failing_sink_ends_the_session_with_its_error(
    mosquitto: Mosquitto, make_sink: Callable[..., Sink]
) -> None:
    sink = make_sink(mosquitto.url, filters=["bad/#"])
    await sink.connected()
    sink.error = RuntimeError("disk on fire")
    await publish(mosquitto.port, {"bad/a": b"1"})
    with pytest.raises(RuntimeError, match="disk on fire"):
        await asyncio.wait_for(sink.life, 20)
    assert sink.session.state.phase is Phase.CLOSED


async def test_something_that_is_no_broker_is_told_apart(make_sink: Callable[..., Sink]) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    port = free_port()
    async with await asyncio.start_server(talk, "127.0.0.1", port):
        sink = make_sink(f"mqtt://127.0.0.1:{port}")
        await sink.until(lambda: "no MQTT broker" in sink.session.state.message)
