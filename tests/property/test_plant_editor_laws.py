"""Any series of edits gives a plant file that reads, says what was edited, and keeps every comment and foreign line."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plantverse.twins.interop import PlantEditor, load_plant
from plantverse.twins.specs import Binding, Placement, SignalSpec, TwinSpec, TwinType

_coordinates = st.floats(-50, 50).map(lambda n: round(n, 2))
_names = st.sampled_from("abc")
_edits = st.lists(
    st.one_of(
        st.tuples(st.just("place"), _names, st.tuples(_coordinates, _coordinates, _coordinates)),
        st.tuples(st.sampled_from(["unplace", "rename", "remove", "bind"]), _names, st.none()),
    ),
    max_size=8,
)
_comments = st.lists(st.text("abc äöü#=[]\"'", max_size=12), min_size=4, max_size=4)
_styles = st.tuples(*[st.sampled_from(["table", "dotted", "inline", "nested"])] * 3)

_SIGNALS = {
    "table": "[twin.signals]\n  level = {{unit='%',  decimals = 1}} # level of {0}\n",
    "nested": "  [twin.signals.level]   # level of {0}\n  unit = '%'\n",
    "dotted": "signals.level = {{ unit = '%' }} # level of {0}\n",
    "inline": "signals = {{ level = {{ unit = '%' }} }} # level of {0}\n",
}


def _text(comments: list[str], styles: tuple[str, ...], blank: int) -> str:
    gap = "\n" * blank
    tables = [
        f"{gap}# {comments[i]}\n[[twin]]\nid = \"{name}\" # id {name}\n  topic = 'plant/{name}'\n"
        + _SIGNALS[styles[i]].format(name)
        for i, name in enumerate("abc")
    ]
    return f'[plant]\nname = "x"  # {comments[3]}\n' + "".join(tables)


class _Model:
    """What the file should say."""

    def __init__(self) -> None:
        self.ids = {name: name for name in "abc"}
        self.former: dict[str, list[str]] = {name: [] for name in "abc"}
        self.places: dict[str, tuple[float, float, float] | None] = dict.fromkeys("abc")
        self.paths = {name: {"level"} for name in "abc"}

    def edit(
        self, editor: PlantEditor, number: int, what: str, name: str, place: tuple[float, float, float] | None
    ) -> None:
        if name not in self.ids:
            return
        if what == "rename":
            editor.rename(self.ids[name], f"{name}-{number}")
            self.former[name].append(self.ids[name])
            self.ids[name] = f"{name}-{number}"
        elif what == "remove":
            editor.remove(self.ids.pop(name))
        elif what == "bind":
            path = f"extra_{number}"
            editor.bind(
                TwinSpec(
                    id=self.ids[name],
                    type=TwinType(name="Machine"),
                    extra=(SignalSpec(path=path, unit="bar"),),
                    bindings=(Binding(path=path, topic="x"),),
                )
            )
            self.paths[name].add(path)
        else:
            editor.place(self.ids[name], None if place is None else Placement(position=place))
            self.places[name] = place


@given(_edits, _comments, _styles, st.integers(0, 2))
@settings(max_examples=80, deadline=None)
def test_edits_keep_comments_and_other_text(
    edits: list[tuple[str, str, tuple[float, float, float] | None]],
    comments: list[str],
    styles: tuple[str, ...],
    blank: int,
) -> None:
    before = _text(comments, styles, blank)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plant.toml"
        path.write_text(before, encoding="utf-8")
        editor, model = PlantEditor(path), _Model()
        for number, (what, name, place) in enumerate(edits):
            model.edit(editor, number, what, name, place)
        editor.save()
        spec = load_plant(path)
        after = path.read_text(encoding="utf-8")
    assert [t.id for t in spec.twins] == list(model.ids.values())
    for twin, name in zip(spec.twins, model.ids, strict=True):
        assert twin.formerly == tuple(model.former[name])
        assert (None if twin.placement is None else twin.placement.position) == model.places[name]
        assert {s.path for s in twin.extra} == model.paths[name]
        assert {b.path for b in twin.bindings} == model.paths[name] - {"level"}
        assert f"# id {name}" in after
        assert f"# level of {name}" in after
    assert all(f"# {comment}".rstrip() in after for comment in comments)
    if not any(what == "bind" for what, _, _ in edits):
        edited = ("id =", "position", "formerly")
        kept = [line for line in after.splitlines() if line.strip() and not line.startswith(edited)]
        written = iter(before.splitlines())
        assert all(line in written for line in kept), "every line that is left stood there before, in this order"
