"""Selectors: text and tree are two forms of one thing, and the connectives are those of Boolean algebra."""

from hypothesis import given, settings
from hypothesis import strategies as st

from plantverse import Plant, Telemetry, Twin
from plantverse.errors import SelectorInvalid
from plantverse.twins.selectors import parse


class Tank(Twin):
    level = Telemetry(unit="%")
    temperature = Telemetry(unit="°C")


class Pump(Twin):
    flow = Telemetry(unit="m3/h")
    temperature = Telemetry(unit="°C")


_plant = Plant("demo")
_plant.add(Tank("hall-1/tank", area="Hall 1", tags=["spare"], position=(0, 0, 0)))
_plant.add(Pump("hall-1/pump", area="Hall 1", position=(5, 0, 0)))
_plant.add(Pump("hall-2/pump", area='Hall "2"\\', tags=["spare"]))
_TWINS = _plant.spec().twins
_ALL = frozenset((t.id, s.path) for t in _TWINS for s in t.signals())

_words = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)
_numbers = st.floats(-100, 100).map(lambda n: round(n, 3))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_terms = st.one_of(
    st.sampled_from(
        [
            "*",
            "hall-1/*",
            "**",
            "hall-1/tank",
            ":flow",
            ":t*",
            "hall-2/pump:temperature",
            "type:Pump",
            "tag:spare",
            "feeds:x",
        ]
    ),
    _words.map(lambda w: f"area:{_quoted(w)}"),
    _words.map(lambda w: f"tag:{_quoted(w)}"),
    st.tuples(_numbers, _numbers, _numbers, _numbers.map(abs)).map(lambda n: f"near:({','.join(map(str, n))})"),
)
texts = st.recursive(
    _terms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or ", " "]), inner).map(lambda p: f"({p[0]}{p[1]}{p[2]})"),
        inner.map(lambda t: f"not {t}"),
    ),
    max_leaves=8,
)


def _chosen(text: str) -> frozenset[tuple[str, str]]:
    selector = parse(text)
    return frozenset((t.id, path) for t in _TWINS for path in selector.signals(t))


@given(texts)
@settings(max_examples=100, deadline=None)
def test_the_canonical_text_parses_to_an_equal_selector(text: str) -> None:
    selector = parse(text)
    again = parse(str(selector))
    assert again == selector
    assert str(again) == str(selector)
    assert _chosen(str(selector)) == _chosen(text)


@given(texts, texts)
@settings(max_examples=100, deadline=None)
def test_connectives_are_those_of_sets(one: str, other: str) -> None:
    assert _chosen(f"({one}) and ({other})") == _chosen(one) & _chosen(other)
    assert _chosen(f"({one}) or ({other})") == _chosen(one) | _chosen(other)
    assert _chosen(f"not ({one})") == _ALL - _chosen(one)
    assert _chosen(f"not (({one}) or ({other}))") == _chosen(f"not ({one}) and not ({other})")


@given(st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_selector_or_a_named_mistake(text: str) -> None:
    try:
        selector = parse(text)
    except SelectorInvalid as exc:
        assert str(exc).startswith("position ")  # noqa: PT017  most texts are mistakes, some are selectors
    else:
        assert parse(str(selector)) == selector
