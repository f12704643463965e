"""Laws of units: round trips, composition, codes that parse to themselves."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from plantverse.errors import PlantInvalid
from plantverse.twins.unit_table import AMBIGUOUS, ATOMS
from plantverse.twins.units import canonical, conversion, display

_PRESSURES = ("Pa", "kPa", "bar", "mbar", "psi", "mmHg", "MPa", "mH2O")
_TEMPERATURES = ("°C", "°F", "K")

atoms = st.sampled_from([p + a for a, (prefixes, _, _) in ATOMS.items() for p in ("", *prefixes)])
products = st.lists(st.tuples(st.sampled_from("./"), atoms, st.integers(1, 4)), min_size=1, max_size=4)


@given(products)
@settings(max_examples=100, deadline=None)
def test_a_code_parses_to_itself(parts: list[tuple[str, str, int]]) -> None:
    text = "".join(f"{sign}{atom}{power if power > 1 else ''}" for sign, atom, power in parts).lstrip(".")
    assume(text not in AMBIGUOUS)
    code = canonical(text)
    assert canonical(code) == code
    assert conversion(code, text) == (1.0, 0.0)


@given(st.sampled_from([_PRESSURES, _TEMPERATURES]), st.data(), st.floats(-1e4, 1e4))
@settings(max_examples=100, deadline=None)
def test_there_and_back(kinds: tuple[str, ...], data: st.DataObject, value: float) -> None:
    one, other = data.draw(st.sampled_from(kinds)), data.draw(st.sampled_from(kinds))
    factor, offset = conversion(one, other)
    back, shift = conversion(other, one)
    assert abs((value * factor + offset) * back + shift - value) <= 1e-9 * max(1.0, abs(value))


@given(st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_unit_or_named_as_none(text: str) -> None:
    try:
        code = canonical(text)
    except PlantInvalid:
        assert display(text) == text
    else:
        assert canonical(code) == code
