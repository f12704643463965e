"""Publishing over a session: allowed or not, within the broker's limits, and what its answer means."""

import asyncio

from plantverse.errors import BrokerUnavailable, ConfigInvalid, NotAllowed
from plantverse.ingest.link import Link
from plantverse.ingest.mqtt import Connection, reasons
from plantverse.ingest.mqtt.options import SessionOptions
from plantverse.ingest.session_answers import Answers, Codes

_MOST_UNSENT_BYTES = 4_194_304
# Fixed header, lengths, packet id and the properties that we send.
_MOST_HEADER_BYTES = 16


class Publishing:
    """The messages that one session sends.

    Args:
        options: Whether publishing is allowed, and the address for messages.
        answers: Where PUBACKs arrive.
    """

    def __init__(self, options: SessionOptions, answers: Answers) -> None:
        self._options = options
        self._answers = answers
        self._unanswered = 0

    def allow(self, topic: str) -> bytes:
        """Return the topic's bytes.

        Raises:
            NotAllowed: The options have no `allow_write`.
            ConfigInvalid: No topic name.
        """
        if not self._options.allow_write:
            raise NotAllowed("this MQTT session only listens", hint="set mqtt.allow_write to publish to this broker")
        name = topic.encode()
        if not 0 < len(name) < 65_536 or any(mark in topic for mark in "+#\x00"):
            raise ConfigInvalid(f"{topic[:80]!r} is no topic name to publish to")
        return name

    def send(
        self,
        connection: Connection,
        link: Link,
        name: bytes,
        payload: bytes,
        *,
        qos: int,
        expiry_s: int | None,
        now_ns: int,
    ) -> asyncio.Future[None]:
        """Queue a message on an accepted connection; return what is done when the broker has it.

        Raises:
            ConfigInvalid: Larger than the broker takes.
            BrokerUnavailable: As many unanswered messages as the broker allows.
        """
        accepted = connection.accepted
        assert accepted is not None
        largest = accepted.maximum_packet_size
        if len(name) + len(payload) + _MOST_HEADER_BYTES > largest:
            raise ConfigInvalid(f"{len(payload)} bytes for {name.decode()!r}: the broker takes {largest}")
        if self._unanswered >= accepted.receive_maximum or link.unsent_bytes > _MOST_UNSENT_BYTES:
            raise BrokerUnavailable(f"{self._options.address} does not keep up with what is published")
        qos = min(qos, accepted.maximum_qos)
        packet = connection.publish(name, payload, qos=qos, expiry_s=expiry_s, now_ns=now_ns)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if qos:
            self._unanswered += 1
            answer = self._answers.expect(packet)
            answer.add_done_callback(lambda answer: self._answered(name.decode(), answer, done))
        else:
            done.set_result(None)
        return done

    def _answered(self, topic: str, answer: asyncio.Future[Codes], done: asyncio.Future[None]) -> None:
        self._unanswered -= 1
        if done.done():
            return
        if answer.cancelled():
            why = f"the connection ended before {self._options.address} answered for {topic!r}"
            done.set_exception(BrokerUnavailable(why, hint="whether it arrived is not known"))
        elif (code := answer.result()[0]) >= 0x80:
            done.set_exception(NotAllowed(f"the broker refused to publish to {topic!r}: {reasons.words(code)}"))
        else:
            done.set_result(None)
