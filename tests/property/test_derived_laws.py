"""Laws of derived signals and rules, for any rows in any batches."""

from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from doubles.alarm_plant import AlarmPlant
from plantverse.twins.specs import DerivedSpec, RuleSpec, SignalSpec, TwinSpec, TwinType

DOUBLE = DerivedSpec(signal=SignalSpec(path="double", derived=True), inputs=("x",), compute=lambda s: 2 * s.x)
BOTH = DerivedSpec(
    signal=SignalSpec(path="both", derived=True), inputs=("double", "y"), compute=lambda s: s.double * 100 + s.y
)
KIND = TwinType(
    name="Kind",
    signals=(SignalSpec(path="x"), SignalSpec(path="y"), DOUBLE.signal, BOTH.signal),
    derived=(DOUBLE, BOTH),
    rules=(RuleSpec(name="high", message="High", inputs=("x",), condition=lambda s: s.x > 5),),
)
TWINS = ("a", "b", "c")
rows = st.lists(st.tuples(st.sampled_from(TWINS), st.sampled_from("xy"), st.integers(0, 9)), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(rows, st.integers(1, 40))
def test_every_row_is_seen_and_the_last_holds(history: list[tuple[str, str, int]], cut: int) -> None:
    plant = AlarmPlant(*(TwinSpec(id=twin, type=KIND) for twin in TWINS))
    made: list[tuple[str, float]] = []
    for start in range(0, len(history), cut):
        part = history[start : start + cut]
        derived = plant.feed([f"{t}:{p}" for t, p, _ in part], [float(v) for _, _, v in part])
        if derived is not None:
            made += zip([plant.registry.names[s] for s in derived.slot.tolist()], derived.value.tolist(), strict=True)
    for twin in TWINS:
        xs = [v for t, p, v in history if (t, p) == (twin, "x")]
        ys = [v for t, p, v in history if (t, p) == (twin, "y")]
        assert [v for name, v in made if name == f"{twin}:double"] == [2.0 * x for x in xs]
        boths = [v for name, v in made if name == f"{twin}:both"]
        if xs and ys:
            assert boths[-1] == 200.0 * xs[-1] + ys[-1]
            assert set(boths) <= {200.0 * x + y for x in xs for y in ys}
        else:
            assert boths == []
        turns = [high for high, _ in groupby([False, *(x > 5 for x in xs)])][1:]
        assert plant.actions(f"{twin}:high") == ["raised" if high else "returned" for high in turns]
