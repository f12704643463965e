"""Spellings, exact conversion, kinds and the texts of mistakes; pint is the second opinion on the factors."""

import pint
import pytest

from plantverse.errors import PlantInvalid, UnitMismatch
from plantverse.twins.unit_table import COMMON, SPELLINGS
from plantverse.twins.units import canonical, conversion, display

SPELLED = {
    "m3/h": "m3/h",
    "m³/h": "m3/h",
    "m^3/h": "m3/h",
    "cbm/h": "m3/h",
    "°C": "Cel",
    "degC": "Cel",
    "barg": "bar{g}",
    "bar(g)": "bar{g}",
    "mbar(g)": "mbar{g}",
    "kPag": "kPa{g}",
    "psig": "[psi]{g}",
    "Nm3/h": "m3{n}/h",
    "Nm³/h": "m3{n}/h",
    "m3(N)/h": "m3{n}/h",
    "%RH": "%{RH}",
    "l/min": "L/min",
    "kWh": "kW.h",
    "MWh": "MW.h",
    "kvarh": "kV.A{r}.h",
    "rpm": "{rev}/min",
    "µS/cm": "uS/cm",
    "W/(m2.K)": "W/m2/K",
    "kg.m-3": "kg/m3",
    "s-1": "/s",
    "1/min": "/min",
    "€/kWh": "{EUR}/kW/h",
    "{crate}/h": "{crate}/h",
    "bottles/min": "{bottle}/min",
    "dB(A)": "dB{A}",
    "1": "",
    "": "",
    # All capitals, as older control systems write them.
    "M3/H": "m3/h",
    "BAR": "bar",
    "MM/S": "mm/s",
    "PA": "Pa",
    "KW": "kW",
}


@pytest.mark.parametrize(("written", "code"), SPELLED.items())
def test_spelling_becomes_the_ucum_code(written: str, code: str) -> None:
    assert canonical(written) == code


@pytest.mark.parametrize("unit", [*COMMON, *SPELLINGS])
def test_a_code_is_its_own_code(unit: str) -> None:
    assert canonical(canonical(unit)) == canonical(unit)


@pytest.mark.parametrize("unit", [*COMMON])
def test_what_people_read_can_be_written_again(unit: str) -> None:
    assert canonical(display(unit)) == canonical(unit)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("Cel", "°C"),
        ("m3/h", "m³/h"),
        ("m3{n}/h", "Nm³/h"),
        ("kW.h", "kWh"),
        ("{rev}/min", "rpm"),
        ("W/m2/K", "W/(m²·K)"),
        ("uS/cm", "µS/cm"),
        ("/min", "1/min"),
        ("no unit", "no unit"),
    ],
)
def test_display(code: str, shown: str) -> None:
    assert display(code) == shown


@pytest.mark.parametrize(
    ("given", "wanted", "factor", "offset"),
    [
        ("l/min", "m3/h", 0.06, 0.0),
        ("°F", "°C", 5 / 9, -160 / 9),
        ("°C", "K", 1.0, 273.15),
        ("K/min", "°C/h", 60.0, 0.0),
        ("barg", "mbarg", 1000.0, 0.0),
        ("kWh", "MJ", 3.6, 0.0),
        ("%", "1", 0.01, 0.0),
        ("m3/h", "m3/h", 1.0, 0.0),
        ("", "", 1.0, 0.0),
    ],
)
def test_conversion(given: str, wanted: str, factor: float, offset: float) -> None:
    assert conversion(given, wanted) == (factor, offset)


@pytest.mark.parametrize(
    ("given", "wanted", "pint_given", "pint_wanted"),
    [
        ("psi", "bar", "psi", "bar"),
        ("gpm", "l/min", "gallon/minute", "liter/minute"),
        ("cfm", "m3/h", "foot**3/minute", "meter**3/hour"),
        ("rpm", "rad/s", "rpm", "radian/second"),
        ("hp", "kW", "horsepower", "kilowatt"),
        ("PS", "W", "metric_horsepower", "watt"),
        ("BTU", "kJ", "british_thermal_unit", "kilojoule"),
        ("mmHg", "Pa", "mmHg", "pascal"),
        ("lb/h", "kg/s", "pound/hour", "kilogram/second"),
        ("cP", "Pa.s", "centipoise", "pascal*second"),
        ("cSt", "m2/s", "centistokes", "meter**2/second"),
        ("mph", "km/h", "mph", "kilometer/hour"),
        ("kgf", "N", "kilogram_force", "newton"),
        ("TR", "kW", "ton_of_refrigeration", "kilowatt"),
        ("deg", "rad", "degree", "radian"),
        ("oz", "g", "ounce", "gram"),
    ],
)
def test_factors_agree_with_pint(given: str, wanted: str, pint_given: str, pint_wanted: str) -> None:
    expected = pint.UnitRegistry().Quantity(1.0, pint_given).to(pint_wanted).magnitude
    assert conversion(given, wanted)[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("barg", "bara"),
        ("bar", "barg"),
        ("m3/h", "Nm3/h"),
        ("Nm3", "Sm3"),
        ("kW", "kvar"),
        ("m", "kg"),
        ("rpm", "Hz"),
        ("bar", ""),
    ],
)
def test_different_kinds_do_not_convert(given: str, wanted: str) -> None:
    with pytest.raises(UnitMismatch) as caught:
        conversion(given, wanted, "plant.toml:7: pump-1: bind.flow")
    assert str(caught.value).startswith(
        f"plant.toml:7: pump-1: bind.flow: unit {given} given, {wanted or 'none'} declared"
    )


def test_gauge_pressure_says_what_to_do() -> None:
    with pytest.raises(UnitMismatch, match="gauge pressure"):
        conversion("bar", "barg")


@pytest.mark.parametrize(
    ("unit", "hint"),
    [
        ("barz", "did you mean bar?"),
        ("m3/hh", "did you mean m3/h?"),
        ("kWhh", "did you mean kWh?"),
        ("C", "°C for a temperature, A.s for a charge"),
        ("flurb", "counted things go in braces, for example {crate}/h; docs/reference/units.md has the rest"),
    ],
)
def test_an_unknown_unit_names_the_nearest(unit: str, hint: str) -> None:
    with pytest.raises(PlantInvalid) as caught:
        canonical(unit)
    assert caught.value.expected == "a unit"
    assert caught.value.got == unit
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    "unit", ["m//s", "m.", "(m", "m)", "{", "{}", "/", ".", "m3h", "m0", "x" * 10_000, "(" * 60, "m s", "F/1", "(C)"]
)
def test_what_is_no_unit_is_refused(unit: str) -> None:
    with pytest.raises(PlantInvalid):
        canonical(unit)
