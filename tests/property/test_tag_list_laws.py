"""A tag list that was read can be imported, and any bytes are a tag list or a named mistake."""

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plantverse.errors import PlantInvalid
from plantverse.twins.interop import import_tags, load_plant, parse_tag_list

_words = st.text("abcXYZ019äß -_", min_size=1, max_size=8).map(str.strip).filter(bool)
_rows = st.lists(
    st.tuples(_words, _words, st.sampled_from(["", "bar", "m3/h", "°C"]), st.integers(-9, 9), st.integers(10, 99)),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row[:2],
)


@given(_rows, st.sampled_from(";,\t"))
@settings(max_examples=60, deadline=None)
def test_what_was_read_is_what_the_plant_has(rows: list[tuple[str, str, str, int, int]], delimiter: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(["tag", "machine", "description", "unit", "min", "max"])
    for machine, signal, unit, low, high in rows:
        writer.writerow([f"{machine}.{signal}", machine, f"{signal} of {machine}", unit, low, high])
    with tempfile.TemporaryDirectory() as folder:
        tags, plant = Path(folder) / "tags.csv", Path(folder) / "plant.toml"
        tags.write_text(text.getvalue(), encoding="utf-8")
        report = import_tags(tags, plant, skip_bad=True)
        assert report.signals + len(report.problems) == len(rows)
        read = {t.id: t.extra for t in load_plant(plant).twins}
        assert read == {t.id: t.extra for t in report.twins}


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_list_or_a_named_mistake(content: bytes) -> None:
    try:
        report = parse_tag_list(content, source="tags.csv")
    except PlantInvalid as exc:
        assert str(exc).startswith("tags.csv")  # noqa: PT017  most bytes are mistakes, some are lists
    else:
        assert report.signals + len(report.problems) >= 0
