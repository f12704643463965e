"""Bytes to plain Python values: compression, text encoding, then one codec by name.

`CODECS` is the whole list of payload shapes. A codec is a function from a payload (uncompressed) and the name of its
text encoding to dicts, lists, texts and numbers; it raises `PayloadInvalid` and nothing else.
"""

import codecs as text_codecs
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from plantverse.errors import PayloadInvalid, PlantInvalid

Codec = Callable[[bytes, str], Any]

DEFAULT_UNPACKED_LIMIT: Final = 16 * 1024 * 1024
"""Four times the largest message that a session takes by default; a bomb of 1 MiB could unpack to 1 GiB."""

_BOMS: Final = (
    (text_codecs.BOM_UTF8, "utf-8"),
    (text_codecs.BOM_UTF16_LE, "utf-16"),
    (text_codecs.BOM_UTF16_BE, "utf-16"),
)
_CBOR_MAGIC: Final = b"\xd9\xd9\xf7"  # RFC 8949, 3.4.6: "self-described CBOR"
_ZLIB_STARTS: Final = frozenset(bytes([window << 4 | 8]) for window in range(8))
_decode_json = msgspec.json.Decoder().decode


def unpack(payload: bytes, compression: str = "auto", limit: int = DEFAULT_UNPACKED_LIMIT) -> bytes:
    """Return the payload uncompressed.

    Args:
        payload: As it came.
        compression: `auto` unpacks gzip and zlib by their magic numbers (and leaves what only looks like zlib),
            `gzip` and `zlib` insist, `none` leaves it.
        limit: Most bytes of the result.

    Raises:
        PayloadInvalid: `compression` (broken or absent) or `too_large`.
    """
    if compression == "none":
        return payload
    gzip = payload[:2] == b"\x1f\x8b"
    if compression == "auto" and not gzip and not _looks_like_zlib(payload):
        return payload
    try:
        # 32: header found by itself, gzip or zlib (zlib manual, inflateInit2)
        inflater = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)
        out = inflater.decompress(payload, limit)
    except zlib.error as exc:
        if compression == "auto" and not gzip:
            return payload
        raise PayloadInvalid("compression", f"{compression} body is broken: {exc}") from exc
    if inflater.unconsumed_tail:
        raise PayloadInvalid("too_large", f"unpacks to more than {limit} bytes")
    if not inflater.eof:
        raise PayloadInvalid("compression", "compressed body ends early")
    return out


def text_of(payload: bytes, encoding: str = "auto") -> str:
    """Return the payload as text.

    Args:
        payload: Uncompressed.
        encoding: `auto` is UTF-8 or UTF-16 with a byte order mark, else UTF-8; or any name that Python knows.

    Raises:
        PayloadInvalid: `encoding`.
    """
    try:
        if encoding != "auto":
            return payload.decode(encoding).removeprefix("\ufeff")
        for mark, name in _BOMS:
            if payload.startswith(mark):
                return payload.decode(name).removeprefix("\ufeff")
        return payload.decode()
    except (UnicodeDecodeError, LookupError) as exc:
        raise PayloadInvalid(
            "encoding",
            f"not {'UTF-8' if encoding == 'auto' else encoding} text",
            hint='declare the binding\'s encoding, for example encoding = "latin-1"',
        ) from exc


def check_encoding(encoding: str, where: str) -> None:
    """Raise `PlantInvalid` where no such text encoding exists."""
    if encoding == "auto":
        return
    try:
        known = text_codecs.lookup(encoding)._is_text_encoding  # noqa: SLF001  the only way to tell base64 from latin-1
    except LookupError:
        known = False
    if not known:
        raise PlantInvalid(where, expected="auto or a text encoding such as latin-1", got=encoding)


def decode_json(payload: bytes, encoding: str = "auto") -> Any:
    """Read JSON; bare NaN and Infinity become those floats.

    Raises:
        PayloadInvalid: `malformed`, `encoding` or `nesting`.
    """
    if encoding in {"auto", "utf-8"}:
        try:
            return _decode_json(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
            pass  # NaN, a byte order mark and huge numbers are the slow reader's
        except RecursionError as exc:
            raise PayloadInvalid("nesting", "nested too deeply") from exc
    text = text_of(payload, encoding)
    try:
        value = json.loads(text)
        if "\\ud" in text.lower():  # half a surrogate pair is no text: nothing could send it on
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as exc:
        raise PayloadInvalid("nesting", "nested too deeply") from exc
    except ValueError as exc:
        hint = "a number of more than 4,300 digits" if "digits" in str(exc) else f"near {text[:40]!r}"
        raise PayloadInvalid("malformed", f"not JSON: {exc}", hint=hint) from exc
    return value


def decode_scalar(payload: bytes, encoding: str = "auto") -> str:
    """Return the text of a payload that is a bare value, trimmed, without quotes around it."""
    text = text_of(payload, encoding).strip(" \t\r\n\x00")
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] == '"' else text


def decode_auto(payload: bytes, encoding: str = "auto") -> Any:
    """Read CBOR that says so, JSON, else the text of a bare value (`ON`, `nan`, `21,5`)."""
    if payload.startswith(_CBOR_MAGIC):
        return decode_cbor(payload, encoding)
    try:
        return decode_json(payload, encoding)
    except PayloadInvalid as exc:
        if exc.cause != "malformed":
            raise
        text = decode_scalar(payload, encoding)
        if text[:1] in {"{", "["} or len(text) > 256 or not text.isprintable():
            raise
        return text


def decode_text(payload: bytes, encoding: str = "auto") -> Any:
    """As `decode_auto`, where all that is wanted is texts: a bare `007` or `12.70` stays as it is written."""
    if payload[:1] in {b"{", b"[", b'"'} or payload.startswith(_CBOR_MAGIC) or payload.strip() == b"null":
        return decode_auto(payload, encoding)
    text = decode_scalar(payload, encoding)
    if not text.isprintable():
        return decode_auto(payload, encoding)
    return text


def decode_cbor(payload: bytes, encoding: str = "auto") -> Any:  # noqa: ARG001  CBOR texts are UTF-8
    """Read CBOR (RFC 8949).

    Raises:
        PayloadInvalid: `malformed`, or `codec_missing` without the `server` extra.
    """
    try:
        import cbor2
    except ImportError as exc:
        raise PayloadInvalid("codec_missing", "cbor2 is not installed", hint="pip install plantverse[server]") from exc
    try:
        # Inside a tag cbor2 makes everything immutable, and the magic number is a tag around all of it.
        return cbor2.loads(payload.removeprefix(_CBOR_MAGIC))
    except RecursionError as exc:
        raise PayloadInvalid("nesting", "nested too deeply") from exc
    except (cbor2.CBORDecodeError, ValueError, OverflowError, TypeError, MemoryError) as exc:
        raise PayloadInvalid("malformed", f"not CBOR: {exc}") from exc


CODECS: Final[Mapping[str, Codec]] = {
    "auto": decode_auto,
    "json": decode_json,
    "scalar": decode_scalar,
    "cbor": decode_cbor,
}


def _looks_like_zlib(payload: bytes) -> bool:
    """RFC 1950, 2.2: method 8, window at most 7, and the two bytes are a multiple of 31."""
    return payload[:1] in _ZLIB_STARTS and len(payload) > 6 and (payload[0] << 8 | payload[1]) % 31 == 0
