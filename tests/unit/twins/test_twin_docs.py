"""The pages about twins name everything there is, and their examples do what they say."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import plantverse
from plantverse import Plant
from plantverse.errors import PlantverseError
from plantverse.twins.interop import load_plant, parse_tag_list, read_plant
from plantverse.twins.interop.plant_toml import _PLANT_KEYS, _TOP_KEYS
from plantverse.twins.interop.tag_text import HEADERS
from plantverse.twins.interop.toml_looks import TYPE_KEYS
from plantverse.twins.interop.toml_twins import MAP_KEYS, TWIN_KEYS
from plantverse.twins.look_specs import FloorPlan, Hall
from plantverse.twins.specs import Binding, DetectorSpec, SignalSpec
from plantverse.twins.units import canonical, display

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


def _page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def _section(page: str, heading: str) -> str:
    return page.split(f"{heading}\n", 1)[1].split("\n## ", 1)[0]


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", page, re.DOTALL | re.MULTILINE)


def _first_column(text: str) -> set[str]:
    """Return the names in backticks in the first cell of each row."""
    cells = (line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    return {name for cell in cells for name in re.findall(r"`([a-z_]+)`", cell)}


def _tables(page: str) -> dict[str, str]:
    """Return the text under each heading of a page, up to the next one of any level."""
    parts = re.split(r"^##+ (.*)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_key_of_a_plant_file_is_explained() -> None:
    tables = _tables(_page("reference/plant-toml.md"))
    kinds = {
        "`[plant]`": set(_PLANT_KEYS) - {"hall", "floor"},  # tables of their own
        "`[plant.hall]`": {f.name for f in fields(Hall)},
        "`[plant.floor]`": {f.name for f in fields(FloorPlan)},
        "`[type.NAME]`": set(TYPE_KEYS),
        "`[[twin]]`": set(TWIN_KEYS),
        "`[twin.bind]`": {f.name for f in fields(Binding)} - {"path"},
        "`[[map]]`": set(MAP_KEYS),
        "`[[detector]]`": {f.name for f in fields(DetectorSpec)} - {"source"},
    }
    assert {name: _first_column(tables[name]) for name in kinds} == kinds
    assert {f"`[[{name}]]`" in tables or f"`[{name}]`" in tables or name == "type" for name in _TOP_KEYS} == {True}
    for field in fields(SignalSpec):
        assert f"`{field.name}`" in tables["`[twin.signals]`"] or field.name in {"path", "derived"}


def test_every_public_name_of_the_sdk_is_explained() -> None:
    page = _page("reference/twins.md")
    for name in plantverse.__all__:
        assert re.search(rf"\b{name}\b", page), name


def test_every_header_of_a_tag_list_is_named() -> None:
    page = _page("reference/tag-list.md")
    for column, headers in HEADERS.items():
        (row,) = (line for line in page.splitlines() if line.startswith(f"| {column} |"))
        assert re.findall(r"`([^`]+)`", row.split("|")[3]) == list(headers)


def test_units_are_coded_and_shown_as_the_page_says() -> None:
    rows = [line.split("|") for line in _page("reference/units.md").splitlines() if line.startswith("| ")]
    checked = 0
    for _, _, written, codes, shown, _ in rows[1:]:
        for unit, code, text in zip(
            re.findall(r"`([^`]+)`", written), re.findall(r"`([^`]+)`", codes), shown.strip().split(", "), strict=True
        ):
            assert (canonical(unit), display(unit)) == (code, text)
            checked += 1
    assert checked > 80


@pytest.mark.parametrize("name", ["reference/units.md", "reference/selectors.md"])
def test_sessions_on_the_page_run(name: str) -> None:
    ran = 0
    for block in _blocks(_page(name), "console"):
        names: dict[str, Any] = {}
        for part in block.split(">>> ")[1:]:
            code, _, expected = part.partition("\n")
            ran += 1
            if code.startswith("from "):
                exec(code, names)
                continue
            try:
                said = repr(eval(code, names))
            except PlantverseError as exc:
                said = f"{type(exc).__module__}.{type(exc).__name__}: {exc}"
            assert said == expected.strip()
    assert ran > 1


def test_the_readme_has_the_example_that_runs() -> None:
    example = (ROOT / "examples" / "ten_lines.py").read_text(encoding="utf-8")
    assert example in _blocks((ROOT / "README.md").read_text(encoding="utf-8"), "python")
    assert [t.id for t in load_plant(ROOT / "examples" / "ten_lines.py").twins] == ["hall/pump-1"]


def test_the_tag_list_of_the_how_to_gives_the_plant_it_shows() -> None:
    page = _page("how-to/import-tag-list.md")
    report = parse_tag_list(_blocks(page, "csv")[0].encode(), source="tags.csv")
    report.check()
    assert (report.rows, report.signals, len(report.twins)) == (5, 5, 2)
    flow = report.twins[0].extra[0]
    shown = _blocks(page, "toml")[0]
    assert f'name = "{flow.name}"' in shown
    assert report.twins[0].bindings[0].topic in shown


@pytest.mark.parametrize("name", ["plant.toml", "bottling/plant.toml", "ten_lines.py"])
def test_examples_load(name: str) -> None:
    loaded = read_plant(ROOT / "examples" / name)
    assert loaded.spec.twins
    assert all(loaded.spec.types)


def test_the_python_snippets_of_the_reference_are_python() -> None:
    for page in ("reference/twins.md", "reference/plant-toml.md"):
        for block in _blocks(_page(page), "python"):
            compile(block, page, "exec")
    assert Plant("x").spec().twins == ()
