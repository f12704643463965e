"""Whether a payload that nobody has decoded yet says that it is synthetic."""

from plantverse.errors import PayloadInvalid
from plantverse.ingest import payloads
from plantverse.twins.synthetic import MEMBER, bears_mark

_MEMBER = MEMBER.encode()


def says_synthetic(payload: bytes) -> bool:
    """Return whether a payload bears the mark; one without the word costs a search for it and is not decoded.

    Example:
        >>> says_synthetic(b'{"synthetic": "gen v3", "flow": 1}'), says_synthetic(b"synthetic")
        (True, False)
    """
    plain = payload[:2] not in {b"\x1f\x8b", b"\x78\x9c", b"\x78\x01", b"\x78\xda"}
    if plain and _MEMBER not in payload:
        return False
    try:
        return bears_mark(payloads.decode_auto(payloads.unpack(payload)))
    except PayloadInvalid:
        return False
