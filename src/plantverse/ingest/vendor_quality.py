"""What vendors write about a value's quality, read to ours: good, uncertain or bad.

Sources: OPC DA 3.0, 6.8.1 (quality in bits 6-7 of the low byte, 192 = good); OPC UA Part 4, 7.39 (severity in bits
30-31 of a status code); Siemens quality codes, whose two top bits an Industrial Edge databus sends alone as `qc`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from plantverse.errors import PlantInvalid
from plantverse.twins import quality as q

BAD: Final = q.pack(q.Severity.BAD, q.Cause.DEVICE)
UNCERTAIN: Final = q.pack(q.Severity.UNCERTAIN, q.Cause.DEVICE)
UNKNOWN: Final = q.pack(q.Severity.UNCERTAIN, q.Cause.UNKNOWN_CODE)

_BY_NAME: Final = {"good": q.GOOD, "uncertain": UNCERTAIN, "bad": BAD}
_WORDS: Final = {
    **_BY_NAME,
    "ok": q.GOOD,
    "valid": q.GOOD,
    "true": q.GOOD,
    "questionable": UNCERTAIN,
    "suspect": UNCERTAIN,
    "invalid": BAD,
    "error": BAD,
    "fault": BAD,
    "false": BAD,
}
_DA: Final = {0xC0: q.GOOD, 0x40: UNCERTAIN, 0x00: BAD}
_QC: Final = {0: BAD, 1: UNCERTAIN, 2: q.GOOD, 3: q.GOOD}
_UA: Final = {0: q.GOOD, 1: UNCERTAIN, 2: BAD}


def quality_reader(key: str, codes: Mapping[str, str], where: str = "quality") -> Callable[[Any], int]:
    """Return a function from a decoded vendor quality to a quality byte.

    Declared codes win. Without them a bool, a word (`good`, `OK`, `BadSensorFailure`), an OPC UA status code and an
    OPC DA quality are understood; what is not understood is uncertain `unknown_code`.

    Args:
        key: Path of the quality; its last name tells a Siemens `qc` (0-3) and an OPC UA status code (0 is good) from
            an OPC DA quality (0 is bad).
        codes: What the vendor says (text, case ignored) to good, uncertain or bad.
        where: Named in the error.

    Raises:
        PlantInvalid: A code is mapped to something else.
    """
    declared: dict[str, int] = {}
    for code, meaning in codes.items():
        if meaning.casefold() not in _BY_NAME:
            raise PlantInvalid(f"{where}: {code}", expected="good, uncertain or bad", got=meaning)
        declared[code.casefold()] = _BY_NAME[meaning.casefold()]
    name = key.rpartition(".")[2].casefold()
    small = _QC if name == "qc" else None
    is_status = "status" in name

    def read(value: Any) -> int:
        if type(value) is dict:  # OPC UA PubSub writes {"Code": ..., "Symbol": ...}
            value = value.get("Code", value.get("code", 0))
        if declared:
            text = _text(value)
            if text in declared:
                return declared[text]
            return UNKNOWN
        if type(value) is bool:
            return q.GOOD if value else BAD
        if type(value) is int:
            return _of_number(value, small, is_status=is_status)
        if type(value) is str:
            return _of_word(value)
        return UNKNOWN

    return read


def _text(value: Any) -> str:
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is int and value.bit_length() > 64:
        return ""
    return str(value).casefold() if type(value) in {str, int, bool, float} else ""


def _of_number(value: int, small: Mapping[int, int] | None, *, is_status: bool) -> int:
    if small is not None:
        return small.get(value, UNKNOWN)
    if is_status or value > 0xFFFF:
        return _UA.get(value >> 30, UNKNOWN) if 0 <= value <= 0xFFFF_FFFF else UNKNOWN
    return _DA.get(value & 0xC0, UNKNOWN) if value >= 0 else UNKNOWN


def _of_word(value: str) -> int:
    word = value.strip().casefold()
    known = _WORDS.get(word)
    if known is not None:
        return known
    for start in ("good", "uncertain", "bad"):  # OPC UA symbols: BadSensorFailure, UncertainLastUsableValue
        if word.startswith(start):
            return _BY_NAME[start]
    return UNKNOWN
