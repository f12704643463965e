"""Charts as SVG text."""

import xml.etree.ElementTree as ET

import pytest

from plantverse.notebook.svg import DOUBTFUL, Line, drawing, steps

NAN = float("nan")


def line(mean, *, name="p1:flow", unit="m3/h", at=None, doubtful=None):
    at = [1e6 * i for i in range(len(mean))] if at is None else at
    low, high = [v - 1 for v in mean], [v + 1 for v in mean]
    return Line(
        name=name, unit=unit, at_us=at, low=low, high=high, mean=list(mean), doubtful=doubtful or [False] * len(mean)
    )


def drawn(*lines, end=10e6):
    tree = ET.fromstring(drawing(lines, 0.0, end))
    name = "{http://www.w3.org/2000/svg}"
    texts = [t.text for t in tree.iter(name + "text")]
    return [p.attrib for p in tree.iter(name + "polyline")], texts


def points(polyline):
    return [tuple(map(float, pair.split(","))) for pair in polyline["points"].split()]


def test_later_is_further_right_and_more_is_further_up():
    ((only,), texts) = drawn(line([1, 3, 2]))
    (x0, y0), (x1, y1), (x2, y2) = points(only)
    assert x0 < x1 < x2
    assert y1 < y2 < y0
    assert {"p1:flow", "m3/h", "00:00:00", "00:00:10 UTC"} <= set(texts)


def test_a_gap_and_a_missing_value_cut_the_line():
    cut, _ = drawn(line([1, 1, 1, 1], at=[0, 1e6, 8e6, 9e6]))
    assert [len(points(p)) for p in cut] == [2, 2]
    cut, _ = drawn(line([1, 1, NAN, 1, 1]))
    assert [len(points(p)) for p in cut] == [2, 2]


def test_doubtful_stretches_are_grey_with_their_links():
    parts, _ = drawn(line([1, 1, 1, 1], doubtful=[False, False, True, True]))
    assert [(len(points(p)), p["stroke"] == DOUBTFUL) for p in parts] == [(2, False), (2, True), (2, True)]


def test_each_unit_has_its_panel_and_each_signal_its_colour():
    parts, texts = drawn(line([1, 2]), line([5, 6], name="p2:flow"), line([300, 301], name="p1:t", unit="K"))
    assert len({p["stroke"] for p in parts}) == 3
    assert texts.count("m3/h") == 1
    flow, other, kelvin = (points(p)[0][1] for p in parts)
    assert kelvin > max(flow, other)


@pytest.mark.parametrize("values", [[], [NAN, NAN]])
def test_nothing_to_draw_is_said(values):
    parts, texts = drawn(line(values))
    assert parts == []
    assert "p1:flow: no values" in texts


def test_names_are_no_markup():
    _, texts = drawn(line([1, 2], name="<script>&", unit="<b>"))
    assert {"<script>&", "<b>"} <= set(texts)


@pytest.mark.parametrize(("low", "high"), [(0, 0), (5, 5), (-3, 4), (0.3, 9.1), (1e-9, 2e-9), (1e6, 1e6 + 1), (0, 7e8)])
def test_steps_enclose_the_values(low, high):
    found = steps(low, high)
    assert found[0] <= low <= high <= found[-1]
    assert 2 <= len(found) <= 7
    assert found[0] < found[-1]
