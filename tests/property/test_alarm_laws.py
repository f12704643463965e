"""Laws of alarms that hold for every history of conditions, actions and time."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from plantverse.twins.alarms import (
    Action,
    AlarmState,
    Behaviour,
    Step,
    acknowledge,
    advance,
    observe,
    shelve,
    suppress,
    unshelve,
    unsuppress,
)
from plantverse.twins.limits import LimitTable
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import Limits

Kind = Literal["on", "off", "wait", "acknowledge", "shelve", "unshelve", "suppress", "unsuppress"]
KINDS: tuple[Kind, ...] = ("on", "off", "wait", "acknowledge", "shelve", "unshelve", "suppress", "unsuppress")
steps = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 4)), max_size=40)
quiet_free = st.lists(st.tuples(st.sampled_from(KINDS[:4]), st.integers(0, 4)), max_size=40)
behaviours = st.builds(Behaviour, on_delay_ns=st.integers(0, 5), off_delay_ns=st.integers(0, 5), latching=st.booleans())


@dataclass
class History:
    behaviour: Behaviour
    now: int = 0
    state: AlarmState = field(default_factory=AlarmState)
    told: list[Action] = field(default_factory=list)

    def do(self, kind: Kind, wait: int) -> tuple[Action, ...]:
        self.now += wait
        self.state, told = self._step(kind)
        self.told += told
        return told

    def _step(self, kind: Kind) -> Step:
        match kind:
            case "on" | "off":
                return observe(self.state, self.behaviour, condition=kind == "on", now_ns=self.now)
            case "wait":
                return advance(self.state, self.behaviour, now_ns=self.now)
            case "acknowledge":
                return acknowledge(self.state, now_ns=self.now)
            case "shelve":
                return shelve(self.state, until_ns=self.now + 3)
            case "unshelve":
                return unshelve(self.state)
            case "suppress":
                return suppress(self.state)
            case "unsuppress":
                return unsuppress(self.state)


@settings(max_examples=100)
@given(behaviours, steps)
def test_never_two_raises_without_an_end_between(behaviour: Behaviour, history: list[tuple[Kind, int]]) -> None:
    life = History(behaviour)
    for kind, wait in history:
        life.do(kind, wait)
    heard = [a for a in life.told if a in {"raised", "returned", "cleared"}]
    for before, after in zip(["cleared", *heard], heard, strict=False):
        assert (before, after) not in {("raised", "raised"), ("returned", "returned"), ("cleared", "returned")}


@settings(max_examples=100)
@given(behaviours, steps)
def test_nothing_ends_that_nobody_heard_of(behaviour: Behaviour, history: list[tuple[Kind, int]]) -> None:
    life = History(behaviour)
    for kind, wait in history:
        life.do(kind, wait)
    heard = [a for a in life.told if a in {"raised", "returned", "cleared", "acknowledged"}]
    for before, after in zip(["cleared", *heard], heard, strict=False):
        assert (before, after) != ("cleared", "cleared")


@settings(max_examples=100)
@given(behaviours, steps)
def test_acknowledging_again_changes_nothing(behaviour: Behaviour, history: list[tuple[Kind, int]]) -> None:
    life = History(behaviour)
    for kind, wait in history:
        life.do(kind, wait)
        once, _ = acknowledge(life.state, now_ns=life.now)
        assert acknowledge(once, now_ns=life.now + 1) == (once, ())
        assert once.phase in {"normal", "acknowledged"}


@settings(max_examples=100)
@given(behaviours, steps)
def test_latched_stays_until_acknowledged(behaviour: Behaviour, history: list[tuple[Kind, int]]) -> None:
    life = History(Behaviour(on_delay_ns=behaviour.on_delay_ns, off_delay_ns=behaviour.off_delay_ns, latching=True))
    for kind, wait in history:
        before = life.state.phase
        life.do(kind, wait)
        assert life.state.phase != "returned"
        if before == "unacknowledged" and kind != "acknowledge":
            assert life.state.phase == "unacknowledged"


@settings(max_examples=100)
@given(behaviours, steps)
def test_phase_and_cause_agree(behaviour: Behaviour, history: list[tuple[Kind, int]]) -> None:
    life = History(behaviour)
    for kind, wait in history:
        life.do(kind, wait)
        state = life.state
        if state.standing:
            assert state.phase in {"unacknowledged", "acknowledged"}
        elif not behaviour.latching:
            assert state.phase in {"normal", "returned"}
        assert (state.pending_ns is None) == (state.condition == state.standing)
        if state.phase == "normal":
            assert state.told == ""
        if state.phase == "unacknowledged" and not state.quiet:
            assert state.told == "raised"


@settings(max_examples=100)
@given(behaviours, steps)
def test_nothing_is_raised_while_quiet(behaviour: Behaviour, history: list[tuple[Kind, int]]) -> None:
    life = History(behaviour)
    for kind, wait in history:
        told = life.do(kind, wait)
        if life.state.quiet:
            assert "raised" not in told


@settings(max_examples=100)
@given(behaviours, quiet_free)
def test_delays_hold(behaviour: Behaviour, history: list[tuple[Kind, int]]) -> None:
    """It stands exactly when the cause has been there for the on-delay, until it was gone for the off-delay.

    Whether a tick fell into the time between does not matter.
    """
    life = History(behaviour)
    seen, since, standing, came = False, 0, False, 0

    def settle() -> None:
        nonlocal standing, came
        if seen != standing and life.now - since >= (behaviour.on_delay_ns if seen else behaviour.off_delay_ns):
            standing = seen
            came += standing

    for kind, wait in history:
        life.do(kind, wait)
        if kind != "acknowledge":
            settle()
        if kind in {"on", "off"} and (kind == "on") != seen:
            seen, since = kind == "on", life.now
            settle()
        assert life.state.standing == standing
    if not behaviour.latching:
        assert life.told.count("raised") == came


values = st.lists(st.floats(-20, 120), min_size=1, max_size=60)
LIMITS = Limits(ll=0, l=10, h=90, hh=100)
LIVE = np.zeros(64, np.int64)


@settings(max_examples=100)
@given(values, st.floats(0, 30), st.integers(1, 60))
def test_deadband(path: list[float], deadband: float, cut: int) -> None:
    """Each limit comes only beyond it and goes only once back by the deadband, however the rows are cut in batches."""
    table = LimitTable()
    table.set(5, LIMITS, deadband)
    found = []
    for start in range(0, len(path), cut):
        part = path[start : start + cut]
        found += table.crossings(SampleBatch.of([5] * len(part), part, np.arange(len(part)) + start), LIVE)
    for name in ("hh", "h", "l", "ll"):
        limit, sign = getattr(LIMITS, name), 1 if name in {"hh", "h"} else -1
        beyond, expected = False, []
        for value in path:
            now = value * sign > limit * sign if not beyond else not value * sign <= limit * sign - deadband
            if now != beyond:
                expected.append((now, value))
            beyond = now
        assert [(c.beyond, c.value) for c in found if c.limit == name] == expected
        assert table.is_beyond(5, "h") is ([c.beyond for c in found if c.limit == "h"] or [False])[-1]
