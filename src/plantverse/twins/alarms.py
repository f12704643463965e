"""The life of an alarm as a pure state machine: what happens goes in, the next state and what to tell comes out.

Terms and transitions follow ISA-18.2 (IEC 62682): an alarm is normal, unacknowledged, acknowledged, or returned (back
to normal, unacknowledged). Shelved (by an operator, for a time) and suppressed (out of service, by an engineer) are
states beside these: the alarm lives on, but it is not heard.
"""

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

Phase = Literal["normal", "unacknowledged", "acknowledged", "returned"]
Action = Literal[
    "raised", "returned", "cleared", "acknowledged", "shelved", "unshelved", "suppressed", "unsuppressed"
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How one alarm comes and goes.

    Attributes:
        on_delay_ns: The condition must hold that long before the alarm comes.
        off_delay_ns: It must be gone that long before the alarm goes.
        latching: The alarm stays until it is acknowledged, even when the condition is gone.
    """

    on_delay_ns: int = 0
    off_delay_ns: int = 0
    latching: bool = False


class AlarmState(Struct, frozen=True, kw_only=True):
    """One alarm now; a struct, because a flood makes ten thousand of them at once.

    Attributes:
        condition: Whether the cause is there, deadband included, delays not.
        standing: The same after the delays.
        pending_ns: Since when `condition` differs from `standing`; None where they agree.
        told: What was said last of its coming and going; "" while nothing, or its end.
        since_ns: When the phase began.
        count: How often it came since it was last normal and gone from the list.
        shelved_until_ns: End of shelving, 0 while it is not shelved.
    """

    phase: Phase = "normal"
    condition: bool = False
    standing: bool = False
    pending_ns: int | None = None
    told: Literal["", "raised", "returned"] = ""
    since_ns: int = 0
    count: int = 0
    shelved_until_ns: int = 0
    suppressed: bool = False

    @property
    def quiet(self) -> bool:
        """Whether it is shelved or suppressed."""
        return self.suppressed or self.shelved_until_ns > 0

    @property
    def at_rest(self) -> bool:
        """Whether there is nothing to show or remember."""
        return self.phase == "normal" and not self.quiet and self.pending_ns is None and not self.standing


Step = tuple[AlarmState, tuple[Action, ...]]
"""The next state and what to tell, in order."""


def observe(state: AlarmState, behaviour: Behaviour, *, condition: bool, now_ns: int) -> Step:
    """Take what was seen of the cause. A delay that was over before this change has done its work first.

    Example:
        >>> observe(AlarmState(), Behaviour(), condition=True, now_ns=7)[1]
        ('raised',)
    """
    state, before = advance(state, behaviour, now_ns=now_ns)
    if condition == state.standing:
        pending = None
    elif condition == state.condition and state.pending_ns is not None:
        pending = state.pending_ns
    else:
        pending = now_ns
    state, after = advance(replace(state, condition=condition, pending_ns=pending), behaviour, now_ns=now_ns)
    return state, before + after


def advance(state: AlarmState, behaviour: Behaviour, *, now_ns: int) -> Step:
    """Let time pass: delays and shelving end. A clock that was set back starts a running delay anew."""
    told: tuple[Action, ...] = ()
    if state.shelved_until_ns and now_ns >= state.shelved_until_ns:
        state, told = unshelve(state)
    if state.pending_ns is None:
        return state, told
    began = min(state.pending_ns, now_ns)
    delay = behaviour.on_delay_ns if state.condition else behaviour.off_delay_ns
    if now_ns - began < delay:
        return (state if began == state.pending_ns else replace(state, pending_ns=began)), told
    state = replace(state, standing=state.condition, pending_ns=None)
    state, more = _come(state, now_ns) if state.standing else _go(state, behaviour, now_ns)
    return state, told + more


def acknowledge(state: AlarmState, *, now_ns: int) -> Step:
    """Somebody has seen it; nothing changes where there is nothing to acknowledge."""
    if state.phase == "unacknowledged" and state.standing:
        return replace(state, phase="acknowledged", since_ns=now_ns, told="raised"), ("acknowledged",)
    if state.phase in {"unacknowledged", "returned"}:
        return replace(state, phase="normal", since_ns=now_ns, told=""), ("acknowledged", "cleared")
    return state, ()


def shelve(state: AlarmState, *, until_ns: int) -> Step:
    """Keep it quiet until then; shelving again moves the end."""
    return replace(state, shelved_until_ns=until_ns), ("shelved",)


def unshelve(state: AlarmState) -> Step:
    """Let it be heard again: what came meanwhile and stands is raised now. No change where it is not shelved."""
    if not state.shelved_until_ns:
        return state, ()
    return _heard(replace(state, shelved_until_ns=0), "unshelved")


def suppress(state: AlarmState) -> Step:
    """Take it out of service; no change where it is."""
    return (state, ()) if state.suppressed else (replace(state, suppressed=True), ("suppressed",))


def unsuppress(state: AlarmState) -> Step:
    """Put it back into service; what came meanwhile and stands is raised now."""
    return _heard(replace(state, suppressed=False), "unsuppressed") if state.suppressed else (state, ())


def _come(state: AlarmState, now_ns: int) -> Step:
    if state.phase == "unacknowledged":  # latched: it never went
        return state, ()
    state = replace(state, phase="unacknowledged", since_ns=now_ns, count=state.count + 1)
    return (state, ()) if state.quiet else (replace(state, told="raised"), ("raised",))


def _go(state: AlarmState, behaviour: Behaviour, now_ns: int) -> Step:
    if state.phase == "unacknowledged" and behaviour.latching:
        return state, ()
    if state.phase == "unacknowledged" and not state.quiet:
        return replace(state, phase="returned", since_ns=now_ns, told="returned"), ("returned",)
    told: tuple[Action, ...] = ("cleared",) if state.told else ()
    return replace(state, phase="normal", since_ns=now_ns, told=""), told


def _heard(state: AlarmState, action: Action) -> Step:
    if state.quiet or state.phase != "unacknowledged" or state.told == "raised":
        return state, (action,)
    return replace(state, told="raised"), (action, "raised")
