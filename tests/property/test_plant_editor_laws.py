"""Any series of edits gives a plant file that reads, says what was edited, and keeps every comment and foreign line."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plantverse.twins.interop import PlantEditor, load_plant
from plantverse.twins.specs import Placement

_coordinates = st.floats(-50, 50).map(lambda n: round(n, 2))
_places = st.tuples(_coordinates, _coordinates, _coordinates)
_ids = st.sampled_from(["a", "b", "c"])
_edits = st.lists(
    st.one_of(
        st.tuples(st.just("place"), _ids, _places),
        st.tuples(st.just("unplace"), _ids, st.none()),
        st.tuples(st.just("rename"), _ids, st.none()),
    ),
    max_size=8,
)
_comments = st.lists(st.text("abc äöü#=[]\"'", max_size=12), min_size=4, max_size=4)


def _text(comments: list[str], blank: int) -> str:
    gap = "\n" * blank
    tables = [
        f"{gap}# {comments[i]}\n[[twin]]\nid = \"{name}\" # id {name}\n  topic = 'plant/{name}'\n"
        f"[twin.signals]\n  level = {{unit='%',  decimals = 1}} # level of {name}\n"
        for i, name in enumerate("abc")
    ]
    return f'[plant]\nname = "x"  # {comments[3]}\n' + "".join(tables)


@given(_edits, _comments, st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_edits_keep_comments_and_other_text(
    edits: list[tuple[str, str, tuple[float, float, float] | None]], comments: list[str], blank: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plant.toml"
        path.write_text(_text(comments, blank), encoding="utf-8")
        present = {name: name for name in "abc"}
        former: dict[str, list[str]] = {name: [] for name in "abc"}
        places: dict[str, tuple[float, float, float] | None] = dict.fromkeys("abc")
        editor = PlantEditor(path)
        for number, (what, name, place) in enumerate(edits):
            if what == "rename":
                editor.rename(present[name], f"{name}-{number}")
                former[name].append(present[name])
                present[name] = f"{name}-{number}"
            else:
                editor.place(present[name], None if place is None else Placement(position=place))
                places[name] = place
        editor.save()
        spec = load_plant(path)
        for twin, name in zip(spec.twins, "abc", strict=True):
            assert twin.id == present[name]
            assert twin.formerly == tuple(former[name])
            assert (None if twin.placement is None else twin.placement.position) == places[name]
        after = path.read_text(encoding="utf-8")
        edited = ("id =", "position", "formerly")
        kept = [line for line in after.splitlines() if line and not line.startswith(edited)]
        written = _text(comments, blank).splitlines()
        assert kept == [line for line in written if line and not line.startswith(edited)]
        assert all(f"# id {name}" in after for name in "abc")
