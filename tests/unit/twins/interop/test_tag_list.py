"""Tag lists as control systems export them: headers, numbers, encodings, mistakes with line and column."""

from pathlib import Path

import pytest

from plantverse.errors import PlantInvalid
from plantverse.twins.interop import import_tags, load_plant, parse_tag_list, read_tag_list
from plantverse.twins.specs import Binding, Limits

ENGLISH = b"""tag,description,unit,min,max,lolo,lo,hi,hihi,area,topic
P101.flow,Flow of the feed pump,m3/h,0,120,,5,110,115,Hall 1,plant/p101
P101.running,Runs,,,,,,,,Hall 1,plant/p101
T200/level,Level,%,0,100,10,20,85,95,Hall 2,scada/t200/level
"""


def test_rows_become_twins() -> None:
    report = parse_tag_list(ENGLISH, source="tags.csv")
    report.check()
    assert (report.rows, report.signals, report.delimiter, report.decimal_comma) == (3, 3, ",", False)
    pump, tank = report.twins
    assert (pump.id, pump.area, pump.topic, pump.bindings) == ("P101", "Hall 1", "plant/p101", ())
    flow = pump.extra[0]
    assert (flow.path, flow.unit, flow.name, flow.range) == ("flow", "m3/h", "Flow of the feed pump", (0.0, 120.0))
    assert flow.limits == Limits(l=5.0, h=110.0, hh=115.0)
    assert tank.bindings == (Binding(path="level", topic="scada/t200/level"),)
    assert tank.source == "tags.csv:4"


GERMAN = (
    "Kennzeichen;Bezeichnung;Einheit;Datentyp;Messbereich;Grenzwert HH;Anlagenteil;Bemerkung\r\n"
    "Füller:Druck;Kesseldruck;barü;REAL;0...6,5;5,5;Halle 2;x\r\n"
    "Füller:Läuft;Läuft;;BOOL;;;Halle 2;\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_german_list_with_commas_in_every_encoding(encoding: str) -> None:
    report = parse_tag_list(GERMAN.encode(encoding), source="tags.csv")
    report.check()
    (filler,) = report.twins
    assert (filler.id, filler.name, filler.area) == ("Fueller", "Füller", "Halle 2")
    pressure, runs = filler.extra
    assert (pressure.path, pressure.unit, pressure.range, pressure.limits) == (
        "Druck",
        "bar{g}",
        (0.0, 6.5),
        Limits(hh=5.5),
    )
    assert (runs.path, runs.kind) == ("Laeuft", "bool")
    assert report.decimal_comma
    assert report.ignored == ("Bemerkung",)


def test_excel_says_its_delimiter_on_a_line_of_its_own() -> None:
    report = parse_tag_list(b"sep=;\ntag;unit\na.b;bar\n", source="tags.csv")
    assert report.twins[0].extra[0].unit == "bar"
    assert report.twins[0].source == "tags.csv:3"


def test_a_pattern_says_how_tags_are_made_up() -> None:
    (twin,) = parse_tag_list(b"tag\nH1_P_101_flow\n", source="t.csv", pattern="{area}_{twin}_{signal}").twins
    assert (twin.id, twin.area, twin.extra[0].path) == ("P_101", "H1", "flow")
    report = parse_tag_list(b"tag\nP101.motor.temperature\n", source="t.csv", pattern="{twin}.{signal}")
    assert report.signals == 1
    with pytest.raises(PlantInvalid, match=r"pattern: expected \{twin\}, \{signal\} and perhaps \{area\}, each once"):
        parse_tag_list(b"tag\nx\n", source="t.csv", pattern="{twin}")


def test_a_column_with_the_machine_comes_before_the_tag() -> None:
    (twin,) = parse_tag_list(b"tag,machine\nX.1.flow,Pump 1\n", source="t.csv").twins
    assert (twin.id, twin.name, twin.extra[0].path) == ("Pump-1", "Pump 1", "flow")


MISTAKES = [
    ("tag,unit\na.b,m3/hh\n", "tags.csv:2: unit: expected a unit, got 'm3/hh' (did you mean m3/h?)"),
    ("tag,min,max\na.b,0,x\n", "tags.csv:2: max: expected a number with a decimal point, got 'x'"),
    ("tag,min,max\na.b,0,\n", "tags.csv:2: max: expected both ends of the range, got 'nothing'"),
    ("tag,min,max\na.b,9,1\n", "tags.csv:2: range: range: expected (low, high) with low < high, got (9.0, 1.0)"),
    ("tag,range\na.b,0 to\n", "tags.csv:2: range: expected a range such as 0..120, got '0 to'"),
    ("tag,hi,hihi\na.b,9,1\n", "tags.csv:2: hi: limits: expected ll < l < h < hh, got {'h': 9.0, 'hh': 1.0}"),
    ("tag,datatype\na.b,flot\n", "tags.csv:2: datatype: expected a data type, got 'flot' (did you mean float?)"),
    ("tag,topic\na.b,x/#\n", "tags.csv:2: topic: expected an MQTT topic, got 'x/#'"),
    ("tag,unit\n,bar\n", "tags.csv:2: tag: expected a tag, got 'nothing'"),
    ("tag\na.b\na.b\n", "tags.csv:3: tag: expected each tag once, got 'a.b' (first on line 2)"),
]


@pytest.mark.parametrize(("content", "message"), MISTAKES)
def test_a_mistake_names_file_line_and_column(content: str, message: str) -> None:
    report = parse_tag_list(content.encode(), source="tags.csv")
    with pytest.raises(PlantInvalid) as caught:
        report.check()
    assert message in str(caught.value)


def test_a_bad_row_does_not_take_the_others_with_it() -> None:
    report = parse_tag_list(b"tag,unit\na.b,m3/hh\na.c,bar\n", source="tags.csv")
    assert (report.rows, report.signals, len(report.problems)) == (2, 1, 1)
    assert report.twins[0].extra[0].path == "c"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "tags.csv:1: expected a header row with a column of tags, got ''"),
        (
            b"tagg,unit\na,b\n",
            "tags.csv:1: expected a header row with a column of tags, got 'tagg, unit' (did you mean tag?)",
        ),
        (b'tag\n"open\n', "tags.csv: expected a CSV table, got "),
    ],
)
def test_a_file_that_is_no_tag_list(content: bytes, message: str) -> None:
    with pytest.raises(PlantInvalid) as caught:
        parse_tag_list(content, source="tags.csv")
    assert message in str(caught.value)


def test_an_import_writes_the_plant_file_and_a_second_one_adds_nothing(tmp_path: Path) -> None:
    tags, plant = tmp_path / "tags.csv", tmp_path / "plant.toml"
    tags.write_bytes(ENGLISH)
    plant.write_text('# mine\n[[twin]]\nid = "P101"\nname = "Feed pump"\n', encoding="utf-8")
    import_tags(tags, plant)
    first = plant.read_text(encoding="utf-8")
    spec = load_plant(plant)
    assert [t.id for t in spec.twins] == ["P101", "T200"]
    assert spec.twins[0].name == "Feed pump"
    assert spec.twins[0].topic == "plant/p101"
    assert first.startswith("# mine\n")
    import_tags(tags, plant)
    assert load_plant(plant) == spec
    assert plant.read_text(encoding="utf-8") == first


def test_a_list_with_a_mistake_writes_nothing_unless_told_to(tmp_path: Path) -> None:
    tags, plant = tmp_path / "tags.csv", tmp_path / "plant.toml"
    tags.write_bytes(b"tag,unit\na.b,m3/hh\na.c,bar\n")
    with pytest.raises(PlantInvalid):
        import_tags(tags, plant)
    assert not plant.exists()
    import_tags(tags, plant, skip_bad=True)
    assert [s.path for s in load_plant(plant).twins[0].extra] == ["c"]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PlantInvalid, match="expected a readable file, got 'No such file or directory'"):
        read_tag_list(tmp_path / "none.csv")
