"""One connection's protocol, CONNECT to DISCONNECT, without I/O: bytes and time in, messages, answers and bytes out.

After every call collect `take_send`; after `receive` also `take_control` and `take_messages`, and look at `failure`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from plantverse.ingest.mqtt import packets, reasons
from plantverse.ingest.mqtt.control import Bye, ConnAck, Control, Pong
from plantverse.ingest.mqtt.receiver import Columns, Receiver

_NS = 1_000_000_000
# Some brokers limit the filters of one SUBSCRIBE; fewer per packet cost nothing at start.
_FILTERS_PER_PACKET = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectOptions:
    """What CONNECT says.

    Attributes:
        client_id: Names the session at the broker.
        clean: Forget an earlier session.
        keepalive_s: Longest silence towards the broker, [1, 65535].
        user, password: Credentials, or None.
        session_expiry_s: How long the broker keeps the session after a cut (MQTT 5).
        receive_maximum: QoS 1 messages in flight towards us, [1, 65535] (MQTT 5).
        maximum_packet_size: Largest packet that we take, bytes.
    """

    client_id: str
    clean: bool
    keepalive_s: int = 20
    user: str | None = None
    password: str | None = None
    session_expiry_s: int = 86_400
    receive_maximum: int = 65_535
    maximum_packet_size: int = 8_388_608


class Connection:
    """The client half of one MQTT connection.

    Attributes:
        version: Protocol level, 4 or 5.
        accepted: The broker's CONNACK once it said yes.
        failure: Reason code and sentence once the connection has to end, else None.
        too_large: Messages that were passed over because of their size.
    """

    def __init__(self, options: ConnectOptions, version: int, now_ns: int) -> None:
        self.version = version
        self.accepted: ConnAck | None = None
        self.failure: tuple[int, str] | None = None
        self.too_large = 0
        self._clean = options.clean
        self._keepalive_ns = options.keepalive_s * _NS
        self._receiver = Receiver(version, options.maximum_packet_size)
        self._out: list[bytes] = [
            packets.connect(
                version,
                client_id=options.client_id,
                clean=options.clean,
                keepalive_s=options.keepalive_s,
                user=options.user,
                password=options.password,
                session_expiry_s=0 if options.clean else options.session_expiry_s,
                receive_maximum=options.receive_maximum,
                maximum_packet_size=options.maximum_packet_size,
            )
        ]
        self._packet = 0
        self._sent_ns = self._received_ns = now_ns
        self._ping_ns: int | None = None
        self._control: list[Control] = []

    def receive(self, data: bytes, now_ns: int) -> None:
        """Take bytes from the broker."""
        if self.failure is not None:
            return
        self._received_ns = now_ns
        self._receiver.receive(data)
        for control in self._receiver.take_control():
            self._take(control)
        skipped = self._receiver.take_skipped()
        if skipped:
            self.too_large += len(skipped)
            self.acknowledge([packet for packet in skipped if packet], now_ns)
        if self.failure is None and self._receiver.failure is not None:
            self.failure = self._receiver.failure
            if self.version == 5:
                self._out.append(packets.disconnect(5, self.failure[0]))

    def _take(self, control: Control) -> None:
        if isinstance(control, ConnAck):
            self._greet(control)
        elif isinstance(control, Pong):
            self._ping_ns = None
        elif isinstance(control, Bye):
            self.failure = control.code, control.reason or reasons.words(control.code)
        self._control.append(control)

    def _greet(self, answer: ConnAck) -> None:
        if answer.code:
            self.failure = answer.code, answer.reason or reasons.words(answer.code)
        elif answer.session_present and self._clean:
            self.failure = 0x82, "the broker kept a session that was to be forgotten"
        else:
            self.accepted = answer
            if answer.keepalive_s is not None:
                self._keepalive_ns = answer.keepalive_s * _NS

    def take_control(self) -> list[Control]:
        """Return the broker's answers since the last call, in order."""
        control, self._control = self._control, []
        return control

    def take_messages(self) -> Columns:
        """Return the messages since the last call."""
        return self._receiver.take_messages()

    def take_send(self) -> bytes:
        """Return what has to go to the socket now."""
        out = b"".join(self._out)
        self._out.clear()
        return out

    def subscribe(self, filters: Sequence[str], qos: int, now_ns: int) -> list[tuple[int, list[str]]]:
        """Ask for topics; return the packet ids to wait for, each with its filters in the order of the codes."""
        return [
            (self._queue(packets.subscribe(self.version, packet := self._next(), part, qos), packet, now_ns), part)
            for part in _parts(filters)
        ]

    def unsubscribe(self, filters: Sequence[str], now_ns: int) -> list[tuple[int, list[str]]]:
        """Give up topics; return the packet ids to wait for with their filters."""
        return [
            (self._queue(packets.unsubscribe(self.version, packet := self._next(), part), packet, now_ns), part)
            for part in _parts(filters)
        ]

    def publish(self, topic: bytes, payload: bytes, *, qos: int, expiry_s: int | None, now_ns: int) -> int:
        """Send a message, never retained; return its packet id, 0 with QoS 0."""
        packet = self._next() if qos else 0
        raw = packets.publish(self.version, topic, payload, qos=qos, packet=packet, expiry_s=expiry_s)
        return self._queue(raw, packet, now_ns)

    def acknowledge(self, ids: Sequence[int], now_ns: int) -> None:
        """Send a PUBACK per packet id."""
        if ids:
            self._queue(packets.pubacks(ids), 0, now_ns)

    def disconnect(self, now_ns: int) -> None:
        """Say goodbye; the broker keeps the session unless it was clean."""
        self._queue(packets.disconnect(self.version), 0, now_ns)

    def ping(self, now_ns: int) -> bool:
        """Ask for a sign of life unless one is asked for already; return whether a PINGREQ was queued."""
        if self._ping_ns is not None or self.accepted is None:
            return False
        self._ping_ns = now_ns
        self._queue(packets.PINGREQ, 0, now_ns)
        return True

    def tick(self, now_ns: int, *, reading: bool) -> bool:
        """Keep the connection alive; call a few times per keep-alive. Return whether a PINGREQ was queued.

        Args:
            now_ns: Monotonic time.
            reading: False while the socket is not read: an answer may then lie unread for any time.
        """
        if not self._keepalive_ns or self.accepted is None:
            return False
        if not reading:
            self._received_ns = now_ns
        elif self._ping_ns is not None and now_ns - max(self._ping_ns, self._received_ns) > self._keepalive_ns:
            self.failure = 0x8D, f"the broker has not answered for {self._keepalive_ns / _NS:.0f} s"
            return False
        quiet = now_ns - min(self._sent_ns, self._received_ns)
        return quiet * 2 >= self._keepalive_ns and self.ping(now_ns)

    def _queue(self, raw: bytes, packet: int, now_ns: int) -> int:
        self._sent_ns = now_ns
        self._out.append(raw)
        return packet

    def _next(self) -> int:
        self._packet = self._packet % 65_535 + 1
        return self._packet


def _parts(filters: Sequence[str]) -> list[list[str]]:
    return [list(filters[at : at + _FILTERS_PER_PACKET]) for at in range(0, len(filters), _FILTERS_PER_PACKET)]
