"""The alarm state machine: every transition of ISA-18.2 that we have, and what is told of it."""

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

S = 1_000_000_000
PLAIN = Behaviour()
LATCHING = Behaviour(latching=True)
SLOW = Behaviour(on_delay_ns=5 * S, off_delay_ns=3 * S)


class Life:
    """One alarm and what was told of it since the last look."""

    def __init__(self, behaviour: Behaviour = PLAIN) -> None:
        self.behaviour, self.state, self.told = behaviour, AlarmState(), list[Action]()

    def take(self, step: Step) -> "Life":
        self.state = step[0]
        self.told += step[1]
        return self

    def see(self, condition: bool, at_s: float = 0) -> "Life":
        return self.take(observe(self.state, self.behaviour, condition=condition, now_ns=round(at_s * S)))

    def wait(self, at_s: float) -> "Life":
        return self.take(advance(self.state, self.behaviour, now_ns=round(at_s * S)))

    def ack(self) -> "Life":
        return self.take(acknowledge(self.state, now_ns=0))

    def check(self, phase: str, *told: Action) -> "Life":
        assert (self.state.phase, self.told) == (phase, list(told))
        self.told.clear()
        return self


def test_acknowledged_then_gone() -> None:
    life = Life().see(True, 1).check("unacknowledged", "raised")
    assert (life.state.since_ns, life.state.count) == (1 * S, 1)
    life.ack().check("acknowledged", "acknowledged")
    life.see(False).check("normal", "cleared")
    assert life.state.at_rest


def test_gone_then_acknowledged() -> None:
    life = Life().see(True).see(False).check("returned", "raised", "returned")
    life.ack().check("normal", "acknowledged", "cleared")
    assert life.state.at_rest


def test_back_before_it_was_acknowledged_counts_again() -> None:
    life = Life().see(True).see(False).see(True).check("unacknowledged", "raised", "returned", "raised")
    assert life.state.count == 2


def test_acknowledging_what_needs_none_changes_nothing() -> None:
    assert acknowledge(AlarmState(), now_ns=1) == (AlarmState(), ())
    seen = Life().see(True).ack().state
    assert acknowledge(seen, now_ns=1) == (seen, ())


def test_the_same_condition_again_changes_nothing() -> None:
    life = Life().see(True, 1)
    assert observe(life.state, PLAIN, condition=True, now_ns=9 * S) == (life.state, ())


def test_latching_stays_until_acknowledged() -> None:
    life = Life(LATCHING).see(True).see(False).check("unacknowledged", "raised")
    life.see(True).see(False).check("unacknowledged")
    life.ack().check("normal", "acknowledged", "cleared")


def test_latching_goes_by_itself_once_acknowledged() -> None:
    Life(LATCHING).see(True).ack().see(False).check("normal", "raised", "acknowledged", "cleared")


def test_on_delay() -> None:
    life = Life(SLOW).see(True, 10).wait(14.9).check("normal")
    assert not life.state.at_rest
    life.wait(15).check("unacknowledged", "raised")
    assert life.state.since_ns == 15 * S


def test_on_delay_starts_anew_when_the_condition_was_gone() -> None:
    life = Life(SLOW).see(True, 10).see(False, 14).check("normal")
    assert life.state.at_rest
    life.see(True, 14.5).wait(16).check("normal").wait(19.5).check("unacknowledged", "raised")


def test_off_delay() -> None:
    life = Life(SLOW).see(True, 0).wait(5).ack()
    life.see(False, 10).wait(12.9).check("acknowledged", "raised", "acknowledged")
    life.see(True, 12.95).wait(20).check("acknowledged")
    life.see(False, 30).wait(33).check("normal", "cleared")


def test_a_later_sample_ends_a_delay_as_a_tick_does() -> None:
    Life(SLOW).see(True, 0).see(True, 5).check("unacknowledged", "raised")


def test_what_held_for_its_delay_is_raised_though_it_went_before_the_next_tick() -> None:
    Life(SLOW).see(True, 0).see(False, 5.5).check("unacknowledged", "raised")
    Life(SLOW).see(True, 0).see(False, 4.9).check("normal")


def test_what_was_gone_for_its_delay_comes_again_though_no_tick_fell_between() -> None:
    quick = Life(Behaviour(off_delay_ns=3 * S)).see(True, 0).see(False, 10)
    quick.see(True, 13.5).check("unacknowledged", "raised", "returned", "raised")
    assert quick.state.count == 2


def test_a_clock_set_back_does_not_hold_a_delay_for_ever() -> None:
    Life(SLOW).see(True, 3600).wait(10).check("normal").wait(15).check("unacknowledged", "raised")


def test_shelved_alarm_is_not_heard_and_raised_when_its_time_is_over() -> None:
    life = Life().take(shelve(AlarmState(), until_ns=10 * S)).see(True, 1).check("unacknowledged", "shelved")
    assert life.state.quiet
    life.wait(9.9).check("unacknowledged")
    life.wait(10).check("unacknowledged", "unshelved", "raised")
    assert not life.state.quiet


def test_what_came_and_went_while_shelved_leaves_nothing_to_acknowledge() -> None:
    life = Life().take(shelve(AlarmState(), until_ns=10 * S)).see(True, 1).see(False, 2).check("normal", "shelved")
    life.take(unshelve(life.state)).check("normal", "unshelved")
    assert life.state.at_rest


def test_an_alarm_heard_before_it_was_shelved_ends_in_the_log() -> None:
    life = Life().see(True)
    life.take(shelve(life.state, until_ns=10 * S)).see(False).check("normal", "raised", "shelved", "cleared")


def test_an_alarm_heard_before_it_was_shelved_is_not_raised_twice() -> None:
    life = Life().see(True)
    life.take(shelve(life.state, until_ns=10 * S)).wait(10).check("unacknowledged", "raised", "shelved", "unshelved")


def test_one_acknowledged_while_shelved_is_not_raised_after() -> None:
    life = Life().take(shelve(AlarmState(), until_ns=10 * S)).see(True, 1).ack().wait(10)
    life.check("acknowledged", "shelved", "acknowledged", "unshelved").see(False).check("normal", "cleared")


def test_a_latching_trip_while_suppressed_is_heard_afterwards() -> None:
    life = Life(LATCHING).take(suppress(AlarmState())).see(True).see(False).check("unacknowledged", "suppressed")
    life.take(unsuppress(life.state)).check("unacknowledged", "unsuppressed", "raised")


def test_suppressed_and_shelved_is_quiet_until_both_are_over() -> None:
    life = Life().take(suppress(AlarmState()))
    life.take(shelve(life.state, until_ns=10 * S)).see(True, 1)
    life.take(unsuppress(life.state)).check("unacknowledged", "suppressed", "shelved", "unsuppressed")
    life.take(unshelve(life.state)).check("unacknowledged", "unshelved", "raised")


def test_impossible_actions_change_nothing() -> None:
    state = AlarmState()
    suppressed = suppress(state)[0]
    assert unshelve(state) == (state, ())
    assert unsuppress(state) == (state, ())
    assert suppress(suppressed) == (suppressed, ())
