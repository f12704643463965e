"""What a broker's codes mean, in words an integrator can act on.

Source:
    MQTT Version 5.0, section 2.4; MQTT Version 3.1.1, section 3.2.2.3.
"""

UNSUPPORTED_PROTOCOL = 0x84
BAD_CREDENTIALS = 0x86
SESSION_TAKEN_OVER = 0x8E
PACKET_TOO_LARGE = 0x95

_WORDS = {
    0x00: "normal disconnection",
    0x80: "unspecified error",
    0x81: "malformed packet",
    0x82: "protocol error",
    0x83: "implementation specific error",
    0x84: "protocol version not supported",
    0x85: "client id not accepted",
    0x86: "wrong user name or password",
    0x87: "not authorised",
    0x88: "server unavailable",
    0x89: "server busy",
    0x8A: "banned",
    0x8B: "server shutting down",
    0x8C: "bad authentication method",
    0x8D: "keep-alive timeout",
    0x8E: "session taken over by another client with the same client id",
    0x8F: "topic filter not accepted",
    0x90: "topic name not accepted",
    0x91: "packet id in use",
    0x92: "packet id not found",
    0x93: "more messages in flight than allowed",
    0x94: "topic alias invalid",
    0x95: "packet too large",
    0x96: "message rate too high",
    0x97: "quota exceeded",
    0x98: "disconnected by an administrator",
    0x99: "payload format invalid",
    0x9A: "retained messages not supported",
    0x9B: "QoS not supported",
    0x9C: "use another server",
    0x9D: "server moved",
    0x9E: "shared subscriptions not supported",
    0x9F: "connection rate exceeded",
    0xA0: "maximum connect time",
    0xA1: "subscription identifiers not supported",
    0xA2: "wildcard subscriptions not supported",
}

# Return codes of a 3.1.1 CONNACK; a broker without MQTT 5 may answer a CONNECT of level 5 with them too.
_OF_3_1_1 = {1: 0x84, 2: 0x85, 3: 0x88, 4: 0x86, 5: 0x87}


def connect_code(code: int) -> int:
    """Return the MQTT 5 reason code for a CONNACK's code of either version; 0 is success."""
    return code if code == 0 or code >= 0x80 else _OF_3_1_1.get(code, 0x80)


def words(code: int) -> str:
    """Return what a reason code means, lower case."""
    return _WORDS.get(code, f"code {code:#04x}")
