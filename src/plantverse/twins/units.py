"""Units: what plants write becomes a UCUM code; conversion is a factor and an offset, worked out once per mapping.

A unit text is a product of factors: `m3/h`, `kg.m/s2`, `kWh/m³`, `{bottle}/min`. Each factor is a UCUM atom with or
without a prefix and exponent, or a spelling of `unit_table.SPELLINGS`. Arithmetic is exact (fractions) until the last
step. An annotation in braces names a counted thing and has no dimension; after an atom it can make a kind of its own:
`bar{g}` (gauge) and `bar{a}` (absolute) do not convert into each other.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from plantverse.errors import PlantInvalid, UnitMismatch
from plantverse.twins.problems import closest
from plantverse.twins.unit_table import AMBIGUOUS, ATOMS, COMMON, KINDS, OFFSETS, PREFIXES, SPELLINGS

_SIGNS = str.maketrans({"µ": "u", "μ": "u", "·": ".", "⋅": ".", "*": ".", "×": ".", "−": "-"})
_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_TOKEN = re.compile(r"[./()]|(?:\[[^\]]*\]|\{[^}]*\}|[^./()\[\]{}])+")
_FACTOR = re.compile(r"(.*?)\^?([+-]?\d)?(\{[^{}]*\})?\Z", re.DOTALL)
_BARE = re.compile(r"\{[^{}]+\}\Z")
_NOTE = re.compile(r"(?<=[A-Za-z3])\(([gGaNA])\)")
"""`mbar(g)`, `m3(N)`, `dB(A)`: a kind in round brackets."""

_LONGEST = 64


@dataclass(frozen=True, slots=True)
class _Factor:
    """`prefix + atom` to a power, with an annotation such as `{g}`."""

    prefix: str
    atom: str
    power: int = 1
    note: str = ""

    def code(self) -> str:
        power = abs(self.power)
        return f"{self.prefix}{self.atom}{'' if power == 1 else power}{self.note}"


@dataclass(frozen=True, slots=True)
class _Measure:
    """Factor to the base units, zero point in K, exponents by dimension or kind."""

    scale: Fraction
    zero: Fraction
    dimension: tuple[tuple[str, int], ...]


def canonical(unit: str) -> str:
    """Return the UCUM code of a unit as plants write it; "" stays "".

    Raises:
        PlantInvalid: Nobody knows this unit; the hint names the nearest one.

    Example:
        >>> canonical("Nm³/h"), canonical("°C"), canonical("kWh"), canonical("KW")
        ('m3{n}/h', 'Cel', 'kW.h', 'kW')
    """
    return _joined(_factors(unit))


def conversion(from_unit: str, to_unit: str, where: str = "") -> tuple[float, float]:
    """Return (factor, offset): a value in `from_unit` times the factor plus the offset is one in `to_unit`.

    Args:
        from_unit: Any spelling; "" is a pure number.
        to_unit: Likewise.
        where: Goes into the error text, for example `plant.toml: pump-1: bind.flow`.

    Raises:
        PlantInvalid: One of them is no unit.
        UnitMismatch: They measure different things.

    Example:
        >>> conversion("l/min", "m3/h"), conversion("°F", "°C")
        ((0.06, 0.0), (0.5555555555555556, -17.77777777777778))
    """
    given, wanted = _measure(canonical(from_unit)), _measure(canonical(to_unit))
    if given.dimension != wanted.dimension:
        raise UnitMismatch(
            where or "conversion",
            given=from_unit or "none",
            declared=to_unit or "none",
            hint=_why(given, wanted),
        )
    return float(given.scale / wanted.scale), float((given.zero - wanted.zero) / wanted.scale)


def display(unit: str) -> str:
    """Return how people read a unit; a text that is no unit comes back as it is.

    Example:
        >>> display("Cel"), display("m3{n}/h"), display("kW.h"), display("{bottle}/min"), display("bar{g}")
        ('°C', 'Nm³/h', 'kWh', 'bottles/min', 'bar(g)')
    """
    try:
        factors = _factors(unit)
    except PlantInvalid:
        return unit
    return _shown(factors)


@lru_cache(maxsize=4096)
def _factors(unit: str) -> tuple[_Factor, ...]:
    text = unit.strip()
    if len(text) <= _LONGEST:
        found = _parse(text)
        if found is None:
            same = {c for c in COMMON if c.casefold() == text.casefold()}
            found = _parse(same.pop()) if len(same) == 1 else None
        if found is not None and _joined(found) not in AMBIGUOUS:
            return found
    raise PlantInvalid("unit", expected="a unit", got=unit, hint=AMBIGUOUS.get(text) or _nearest(text))


def _nearest(text: str) -> str:
    near = closest(text, COMMON) or closest(text, [*SPELLINGS, *ATOMS]) if text else None
    return near or "counted things go in braces, for example {crate}/h; docs/reference/units.md has the rest"


def _parse(text: str) -> tuple[_Factor, ...] | None:
    if text in SPELLINGS:
        return _parse(SPELLINGS[text]) if SPELLINGS[text] else ()
    if not text:
        return ()
    text = _NOTE.sub(lambda m: f"{{{m[1].lower() if m[1] in 'GN' else m[1]}}}", text.translate(_SIGNS))
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        return None
    return _product(iter(tokens), depth=0)


def _product(tokens: Iterator[str], *, depth: int) -> tuple[_Factor, ...] | None:
    """Read factors up to the end, or to the bracket that closes; `a/b.c` is (a/b).c as in UCUM."""
    found: list[_Factor] = []
    sign, wanted, closed = 1, True, depth == 0
    for part in tokens:
        if part == ")":
            closed = depth > 0
            break
        if part in {".", "/"}:
            if wanted and (part == "." or found or sign < 0):
                return None
            sign, wanted = (-1 if part == "/" else 1), True
            continue
        if not wanted:
            return None
        inner = _product(tokens, depth=depth + 1) if part == "(" else _one(part.strip())
        if inner is None:
            return None
        found += [_Factor(f.prefix, f.atom, f.power * sign, f.note) for f in inner]
        sign, wanted = 1, False
    done = closed and not wanted and (depth > 0 or next(tokens, None) is None)
    return tuple(found) if done else None


def _one(text: str) -> tuple[_Factor, ...] | None:
    """Return the factors of one token: `m3`, `kWh`, `{crate}`, `mbarg`."""
    text = text.translate(_POWERS)
    known = _word(text)
    if known is not None:
        return known
    parts = _FACTOR.match(text)
    assert parts is not None, "the pattern fits any text"
    name, power, note = parts[1], int(parts[2] or 1), parts[3] or ""
    found = _word(name) if name else None
    if found is None or (len(found) != 1 and (power != 1 or note)) or power == 0:
        return None
    if power == 1 and not note:
        return found
    return (_Factor(found[0].prefix, found[0].atom, found[0].power * power, note or found[0].note),)


def _word(text: str) -> tuple[_Factor, ...] | None:
    """Return an atom, a counted thing or a spelling; the first and the last with or without a prefix."""
    if text in SPELLINGS:
        return _parse(SPELLINGS[text])
    if text in ATOMS or _BARE.match(text):
        return (_Factor("", text),)
    prefix, rest = text[:1], text[1:]
    if prefix not in PREFIXES or not rest:
        return None
    found = (_Factor("", rest),) if rest in ATOMS else _parse(SPELLINGS[rest]) if rest in SPELLINGS else None
    if not found or found[0].prefix or found[0].power != 1 or prefix not in ATOMS.get(found[0].atom, ("",))[0]:
        return None
    return (_Factor(prefix, found[0].atom, 1, found[0].note), *found[1:])


def _joined(factors: tuple[_Factor, ...]) -> str:
    above = ".".join(f.code() for f in factors if f.power > 0)
    return above + "".join(f"/{f.code()}" for f in factors if f.power < 0)


@lru_cache(maxsize=4096)
def _measure(code: str) -> _Measure:
    factors = _factors(code)
    scale, dimension = Fraction(1), dict[str, int]()
    for factor in factors:
        one = _atom(factor.atom)
        scale *= (one.scale * Fraction(PREFIXES.get(factor.prefix, "1"))) ** factor.power
        for name, power in one.dimension:
            dimension[name] = dimension.get(name, 0) + power * factor.power
        if factor.note[1:-1] in KINDS:
            kind = KINDS[factor.note[1:-1]]
            dimension[kind] = dimension.get(kind, 0) + (1 if factor.power > 0 else -1)
    alone = len(factors) == 1 and factors[0].power == 1
    zero = Fraction(OFFSETS.get(factors[0].atom, "0")) if alone else Fraction(0)
    return _Measure(scale, zero, tuple(sorted((n, p) for n, p in dimension.items() if p)))


def _atom(atom: str) -> _Measure:
    if atom not in ATOMS:
        return _Measure(Fraction(1), Fraction(0), ())
    _, number, unit = ATOMS[atom]
    if not unit:
        return _Measure(Fraction(1), Fraction(0), ((atom, 1),))
    base = _measure(canonical(unit))
    return _Measure(_number(number) * base.scale, Fraction(0), base.dimension)


def _number(text: str) -> Fraction:
    if "pi" not in text:
        return Fraction(text)
    times, _, by = text.partition("pi")
    return Fraction(times or "1") * Fraction(math.pi) / Fraction(by.lstrip("/") or "1")


def _why(given: _Measure, wanted: _Measure) -> str | None:
    kinds = {n for n, _ in (*given.dimension, *wanted.dimension) if n in KINDS.values()}
    plain = [tuple(d for d in m.dimension if d[0] not in kinds) for m in (given, wanted)]
    if kinds and plain[0] == plain[1]:
        return f"these do not convert without the conditions ({', '.join(sorted(kinds))}): declare what arrives"
    return None


_SHOWN = {
    "Cel": "°C",
    "[degF]": "°F",
    "deg": "°",
    "Ohm": "Ω",
    "L": "l",
    "By": "B",
    "[pH]": "pH",
    "har": "ha",
    "[gal_us]": "gal",
    "[bbl_us]": "bbl",
    "m[H2O]": "mH2O",
    "m[Hg]": "mHg",
    "[in_i'H2O]": "inH2O",
    "[Btu_IT]": "BTU",
    "{EUR}": "€",
    "{USD}": "$",
    "{pc}": "pcs",
    "{bottle}": "bottles",
}
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_WRITTEN_TOGETHER = (("W·h", "Wh"), ("V·A(r)", "var"), ("V·A", "VA"), ("A·h", "Ah"), ("var·h", "varh"), ("N·m", "Nm"))


def _shown(factors: tuple[_Factor, ...]) -> str:
    if [f.code() for f in factors] == ["{rev}", "min"] and factors[1].power == -1:
        return "rpm"
    above = _together([f for f in factors if f.power > 0])
    below = _together([f for f in factors if f.power < 0])
    if not below:
        return above
    return f"{above or '1'}/{f'({below})' if '·' in below else below}"


def _together(factors: list[_Factor]) -> str:
    text = "·".join(_shown_factor(f) for f in factors)
    for apart, joined in _WRITTEN_TOGETHER:
        text = text.replace(apart, joined)
    return text


def _shown_factor(factor: _Factor) -> str:
    name = _SHOWN.get(factor.atom) or factor.atom.strip("[]{}").partition("_")[0]
    prefix = "µ" if factor.prefix == "u" else factor.prefix
    power = abs(factor.power)
    note = factor.note[1:-1]
    text = f"{prefix}{name}{'' if power == 1 else str(power).translate(_RAISED)}"
    if note in {"n", "s"}:
        return note.upper() + text
    return f"{text}({note})" if note and note != "RH" else text + (" RH" if note else "")
