"""One decoded value read as the number of a signal or as a property: numbers, texts, words, nulls.

Rules: nothing is guessed. `21,5` is 21.5 only where that was declared, a word means what the signal says it means,
a null is no reading and never zero.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from plantverse.twins import quality as q

UNKNOWN_WORD: Final = q.pack(q.Severity.UNCERTAIN, q.Cause.UNKNOWN_CODE)

TRUE_WORDS: Final = frozenset({"true", "on", "yes", "open", "opened", "running", "active", "1"})
FALSE_WORDS: Final = frozenset({"false", "off", "no", "close", "closed", "stopped", "inactive", "0"})

_NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?\Z", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d{1,400},\d+([eE][+-]?\d{1,4})?\Z", re.ASCII)
_NOT_A_NUMBER: Final = frozenset({"nan", "-nan", "+nan", "inf", "-inf", "+inf", "infinity", "-infinity", "+infinity"})


class Value(NamedTuple):
    """A number, or the reason why there is none.

    Attributes:
        number: Finite; None where `cause` says why not.
        cause: Counter of a rejected value, "" for a good one.
        quality: What the signal's quality becomes when there is no number.
        coerced: The number came as a text.
        hint: What to do about it.
    """

    number: float | int | None
    cause: str = ""
    quality: int = q.GOOD
    coerced: bool = False
    hint: str = ""


NOT_A_NUMBER: Final = Value(
    None, "not_a_number", q.NOT_A_NUMBER, hint="the device sends NaN or infinity: look at the sensor"
)
NO_READING: Final = Value(None, "no_reading", q.NO_READING, hint="null or an empty text means: no reading now")

OUT_OF_RANGE: Final = Value(
    None, "out_of_float_range", q.NOT_A_NUMBER, hint="beyond 1.8e308, as it came or once it is scaled"
)

LONGEST_TEXT: Final = 16_384
"""Characters of a property: a text travels to every viewer, and a document is not one."""
_INT64: Final = 2**63

Reader = Callable[[Any], Value]


def number_reader(*, decimal_comma: bool = False) -> Reader:
    """Return a reader for float and int signals."""

    def read(value: Any) -> Value:
        kind = type(value)
        if kind is float:
            return Value(value) if math.isfinite(value) else NOT_A_NUMBER
        if kind is int:
            return _of_int(value)
        if value is None:
            return NO_READING
        if kind is str:
            return _of_text(value.strip(), decimal_comma=decimal_comma)
        return _changed(value)

    return read


def word_reader(kind: str, codes: Mapping[int, str], words: Mapping[str, int]) -> Reader:
    """Return a reader for bool and enum signals.

    Args:
        kind: `bool` or `enum`.
        codes: Declared label by code.
        words: What the device sends (case ignored) to the code that it means; wins over labels and common words.
    """
    table = {label.casefold(): code for code, label in codes.items()}
    if kind == "bool":
        table = {**dict.fromkeys(FALSE_WORDS, 0), **dict.fromkeys(TRUE_WORDS, 1), **table}
    table |= {word.strip().casefold(): code for word, code in words.items()}
    allowed = frozenset({0, 1} if kind == "bool" else {*codes, *words.values()})

    def read(value: Any) -> Value:  # noqa: PLR0911  one line per kind of value
        if value is None:
            return NO_READING
        if type(value) is bool:
            return Value(table.get("true" if value else "false", int(value)))
        if type(value) is str:
            return _of_word(value.strip(), table, allowed)
        if type(value) is int and value.bit_length() > 64:
            return _unknown(value, table)
        if type(value) is int or (type(value) is float and value.is_integer()):
            code = table.get(str(int(value)), int(value)) if words else int(value)
            if not allowed or code in allowed:
                return Value(code)
            return _unknown(value, table)
        if type(value) is float and not math.isfinite(value):
            return NOT_A_NUMBER
        return _changed(value) if type(value) is not float else _unknown(value, table)

    return read


def property_reader(
    kind: str,
    choices: tuple[str, ...],
    *,
    decimal_comma: bool = False,
    factor: float = 1.0,
    offset: float = 0.0,
) -> Callable[[Any], Any]:
    """Return a function from a decoded value to a JSON value of the property's kind or a `Value` with the cause.

    A text stays as it is: `"007"` is not 7, `""` is an empty text. Numbers are multiplied by `factor`, then `offset`
    is added.
    """
    scaled = factor != 1.0 or offset != 0.0
    numbers = number_reader(decimal_comma=decimal_comma)
    flags = word_reader("bool", {}, {})
    by_name = {choice.casefold(): choice for choice in choices}

    def read(value: Any) -> Any:  # noqa: PLR0911  one line per kind of property
        if value is None:
            return NO_READING
        if kind == "str":
            return _text(value)
        if kind == "enum":
            text = _text(value)
            known = by_name.get(text.strip().casefold()) if type(text) is str else None
            return known if known is not None else _unknown(value, by_name)
        read_number = flags(value) if kind == "bool" else numbers(value)
        if read_number.number is None:
            return read_number
        if kind == "bool":
            return bool(read_number.number)
        number = read_number.number * factor + offset if scaled else read_number.number
        if not math.isfinite(number):
            return OUT_OF_RANGE
        if kind == "float":
            return float(number)
        whole = type(number) is int or float(number).is_integer()
        return int(number) if whole and -_INT64 <= number < _INT64 else _changed(value)

    return read


def _text(value: Any) -> str | Value:
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is str or type(value) is float or (type(value) is int and value.bit_length() <= 1024):
        text = str(value)
        if len(text) <= LONGEST_TEXT:
            return text
        hint = f"{len(text)} characters; at most {LONGEST_TEXT} are kept"
        return Value(None, "too_long", q.TYPE_CHANGED, hint=hint)
    return _changed(value)


def _of_int(value: int, *, coerced: bool = False) -> Value:
    if value.bit_length() > 1023:  # beyond float64, whose largest is just below 2^1024
        return OUT_OF_RANGE
    return Value(value, coerced=coerced)


def _of_text(text: str, *, decimal_comma: bool) -> Value:
    if not text:
        return NO_READING
    if decimal_comma and _DECIMAL_COMMA.match(text):
        text = text.replace(",", ".")
    if _NUMBER.match(text):
        if text.lstrip("+-").isdigit():
            return _of_int(int(text), coerced=True)
        number = float(text)
        return Value(number, coerced=True) if math.isfinite(number) else NOT_A_NUMBER
    if text.casefold() in _NOT_A_NUMBER:
        return NOT_A_NUMBER
    if _DECIMAL_COMMA.match(text):
        return Value(None, "decimal_comma", q.TYPE_CHANGED, hint="set decimal_comma = true in the binding")
    return _changed(text)


def _of_word(text: str, table: Mapping[str, int], allowed: frozenset[int]) -> Value:
    if not text:
        return NO_READING
    code = table.get(text.casefold())
    if code is not None:
        return Value(code)
    if _NUMBER.match(text):
        number = float(text)
        if math.isfinite(number) and number.is_integer() and (not allowed or int(number) in allowed):
            return Value(int(number), coerced=True)
    elif text.casefold() in _NOT_A_NUMBER:
        return NOT_A_NUMBER
    return _unknown(text, table)


def _unknown(value: Any, table: Mapping[str, Any]) -> Value:
    known = ", ".join(list(table)[:8])
    return Value(None, "unknown_word", UNKNOWN_WORD, hint=f"{_brief(value)} is none of {known}; map it under words")


def _changed(value: Any) -> Value:
    return Value(
        None,
        "type_changed",
        q.TYPE_CHANGED,
        hint=f"a number was expected, {_brief(value)} came; map it as a property if it is a text",
    )


def _brief(value: Any) -> str:
    if type(value) is int and value.bit_length() > 128:
        return "a huge integer"
    text = repr(value) if type(value) in {str, int, float, bool} else f"a {type(value).__name__}"
    return text if len(text) <= 40 else text[:37] + "..."
