"""Nothing looks younger than it is: last wills, a lost broker, age limits, and a host clock that is set."""

from pathlib import Path

import pytest

from plantverse._clock import ManualClock
from plantverse.platform.config import Settings
from plantverse.platform.core import Core
from plantverse.platform.freshness import Freshness
from plantverse.platform.services import Status
from plantverse.twins import quality as q
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.specs import SignalSpec, TwinSpec, TwinType

KIND = TwinType(name="K", signals=(SignalSpec(path="a", max_age_s=10.0), SignalSpec(path="b", max_age_s=10.0)))


class Site:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.core = Core.build(Settings(), Path("plant.toml"), self.clock)
        self.status = Status()
        self.freshness = Freshness(self.core, self.status)
        self.core.registry.add(TwinSpec(id="t", type=KIND))
        self.core.telemetry.ensure()

    def sample(self, slot: int, value: float) -> None:
        """A sample without a device time."""
        now_ns = self.clock.time_ns()
        self.core.telemetry.commit(SampleBatch.of(slot, value, now_ns, flags=Flag.NONE), now_ns)

    def age_s(self, slot: int) -> float:
        return (self.clock.time_ns() - int(self.core.telemetry.observed_ns[slot])) / 1e9

    def quality(self, slot: int) -> int:
        return int(self.core.telemetry.quality[slot])

    def events(self, kind: str) -> list[dict[str, object]]:
        found, _, _ = self.core.events.read(0, 100)
        return [e.body for e in found if e.kind == kind]


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_value_is_stale_after_its_limit_and_good_again_with_the_next(site: Site) -> None:
    site.sample(0, 1.0)
    site.clock.advance(9.0)
    site.freshness.check_ages()
    assert site.quality(0) == q.GOOD
    site.clock.advance(2.0)
    site.freshness.check_ages()
    assert site.quality(0) == q.STALE
    site.sample(0, 2.0)
    assert site.quality(0) == q.GOOD


def test_a_last_will_greys_what_was_seen_and_tells_once(site: Site) -> None:
    site.sample(0, 1.0)
    for _ in range(2):
        site.freshness.presence("t", online=False, now_ns=site.clock.time_ns())
    assert site.quality(0) == q.DISCONNECTED
    assert site.quality(1) == q.NEVER_SEEN
    assert len(site.events("death")) == 1
    site.freshness.presence("t", online=True, now_ns=site.clock.time_ns())
    assert len(site.events("birth")) == 1
    assert site.core.state.get("t")["connectivity"]["online"] is True


def test_a_lost_broker_greys_everything_unless_it_is_back_at_once(site: Site) -> None:
    site.sample(0, 1.0)
    site.freshness.broker("waiting", "refused", connected=False, was_connected=True)
    site.clock.advance(1.5)
    site.freshness.check_ages()
    assert site.quality(0) == q.GOOD
    site.clock.advance(1.0)
    site.freshness.check_ages()
    assert site.quality(0) == q.DISCONNECTED
    assert site.status.broker == "waiting"


@pytest.mark.parametrize("back_s", [5.0, 3_600.0])
def test_a_clock_set_back_neither_freezes_a_signal_nor_makes_it_young(site: Site, back_s: float) -> None:
    site.sample(0, 1.0)
    site.clock.advance(4.0)
    site.freshness.check_ages()
    site.clock.jump(-back_s)
    site.freshness.check_ages()
    assert site.age_s(0) == pytest.approx(4.0)
    site.sample(0, 2.0)
    assert site.core.telemetry.value[0] == 2.0
    assert site.age_s(0) == pytest.approx(0.0)
    assert "-" in str(site.events("system")[0]["message"])


def test_a_clock_set_forward_makes_values_older_never_younger(site: Site) -> None:
    site.sample(0, 1.0)
    site.freshness.check_ages()
    site.clock.jump(3_600.0)
    site.freshness.check_ages()
    assert site.age_s(0) >= 0.0
    assert site.quality(0) == q.STALE
    site.sample(0, 2.0)
    assert site.quality(0) == q.GOOD


def test_slow_drift_is_no_jump(site: Site) -> None:
    for _ in range(100):
        site.clock.jump(-0.01)
        site.clock.advance(0.5)
        site.freshness.check_ages()
    assert site.events("system") == []
