"""Where a group should run: what is known of every place, put before a policy of `plantverse.offload`. Pure.

The unit of work is the decoded row. A place's speed is measured in rows per second, its capacity is the part of that
which may be planned with; a group's demand is its rate. So one policy object decides here as it does in simulation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, log2

from plantverse.offload.cost import fits, latency_s
from plantverse.offload.policy import Policy
from plantverse.offload.work import DEFER, Link, Outcome, Request, Route, Target, Tier

PLANNED_SHARE = 0.7
"""Of a place's speed that is given away: above it, queues grow out of proportion (M/M/1: 3.3 service times)."""
STEP_S = 0.005
"""Differences below it are noise: among places so close the one with the most room gets the group."""
BATCH_S = 0.004
"""Rows of so long travel together (`pipeline.LINGER_S`)."""
GAIN_SHARE = 0.2
GAIN_S = 0.005
"""A running group moves only for a fifth less latency and at least 5 ms, or it would swing between equal places."""
STAY_S = 5.0
"""And not again so soon."""
CARRIED_SHARE = 0.8
"""Of what a link carries is given away, and left where work has piled up: a fifth brings that down."""


@dataclass(slots=True, kw_only=True)
class Place:
    """A node or the server, as last heard.

    Attributes:
        speed: Rows per second that it can decode.
        rtt_s: Round trip to it.
        lag_s: How late its work is.
        load: Share of a core in use.
        carries: Rows per second that its link carries, as far as it was ever filled.
        late: Work lies about there, because the link takes no more.
        penalty_s: Added to its latency in decisions: what a group there costs others.
        drained: Takes no new groups and gives back those it has.
        alive: Heard of within the lease time.
    """

    name: str
    tier: Tier
    speed: float = 1.0
    rtt_s: float = 0.0
    lag_s: float = 0.0
    load: float = 0.0
    carries: float = inf
    late: bool = False
    penalty_s: float = 0.0
    drained: bool = False
    alive: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One place as a decision saw it; `predicted_s` is the age of values there, without penalty and way back."""

    place: str
    predicted_s: float
    fits: bool
    alive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where a group should be, and why.

    Attributes:
        place: The present one if nothing should change.
        reason: In words.
        can_wait: It would only be better elsewhere; where it is, it can stay.
        chosen: What the policy said: a place, `reject` or `defer`.
        features: What the policy was told of the work.
    """

    group: str
    place: str
    chosen: str
    reason: str
    can_wait: bool
    policy: str
    features: Mapping[str, float]
    alternatives: Sequence[Alternative]

    @property
    def predicted_s(self) -> float:
        """The predicted latency where the group should be, 0 if unknown."""
        return next((a.predicted_s for a in self.alternatives if a.place == self.place), 0.0)


IDLE_LOAD = 0.05
"""Share of a core that a place uses for itself, heart-beats included."""


def heaviness(place: Place, rates: Mapping[str, float]) -> float:
    """Return what a row really costs at a place, in rows of its measured speed; at least 1.

    Rows differ: one of a hundred in a message is cheap, one in a compressed text with a formula behind it is not.
    """
    rows = rates.get(place.name, 0.0)
    spent = max(0.0, place.load - IDLE_LOAD) * place.speed
    return min(1_000.0, max(1.0, spent / rows)) if rows >= 1.0 else 1.0


def _back_s(place: Place) -> float:
    """What the policy counts and no value waits for: the way back, and the penalty both ways."""
    return _stepped(place.rtt_s / 2) + 2 * place.penalty_s


def _stepped(seconds: float) -> float:
    return STEP_S * round(seconds / STEP_S)


def _rounded(speed: float) -> float:
    """Equal machines measure unequal speeds; the nearest power of two is what can be told apart."""
    return float(2 ** round(log2(max(1.0, speed))))


@dataclass(slots=True)
class Placement:
    """Decides with one policy, and tells it what came of its decisions.

    Args:
        policy: Of `plantverse.offload`.
        fallback: The place where a group goes that the policy rejects or defers and that is nowhere.

    Attributes:
        overhead_s: What predictions lack everywhere: the way to the broker, waiting for company, the commit. Learned
            from what came of them.
    """

    policy: Policy
    fallback: str
    overhead_s: float = 0.0
    _asked: dict[str, Request] = field(default_factory=dict)

    def decide(
        self, group: str, *, rate: float, here: str, places: Sequence[Place], rates: Mapping[str, float], now_s: float,
        resting: bool = False, budget_s: float = float("inf"),
    ) -> Decision:  # fmt: skip
        """Return where a group should be.

        Args:
            group: Its name.
            rate: Its rows per second.
            here: Where it is, "" for nowhere.
            places: All, also dead and drained ones.
            rates: Rows per second by place, of all groups there, this one included.
            now_s: Time of the decision.
            resting: It moved a moment ago and should stay if it can.
            budget_s: Age that its values may have on arrival; what is later is of no use.
        """
        weight = next((heaviness(p, rates) for p in places if p.name == here), 1.0)
        work = max(1.0, rate * BATCH_S) * weight
        if all(work / _rounded(p.speed) < STEP_S / 5 for p in places):
            work = 0.0
        request = Request(
            kind="decode",
            twin=group,
            generated_s=now_s,
            work=work,
            demand=max(rate * weight, 1e-9),
            deadline_s=budget_s,
        )
        routes = [self._route(place, request, rate=rate, rates=rates, here=here) for place in places]
        action = self.policy.decide(request, routes, now_s)
        chosen = places[action].name if action >= 0 else ("defer" if action == DEFER else "reject")
        scenes = {
            p.name: _Scene(latency_s(request, r, now_s), fits(request, r), r.target.alive)
            for p, r in zip(places, routes, strict=True)
        }
        settled = self._unusable(chosen, here, scenes)
        to, reason = settled or _worth_moving(here, chosen, scenes, resting=resting)
        self._asked[group] = request
        features = {
            "rows_per_s": round(rate, 3),
            "weight": round(weight, 3),
            "budget_ms": round(min(budget_s, 1e9) * 1e3, 3),
            **{f"rtt_ms:{p.name}": round(p.rtt_s * 1e3, 3) for p in places},
            **{f"lag_ms:{p.name}": round(p.lag_s * 1e3, 3) for p in places},
            **{f"load:{p.name}": round(p.load, 3) for p in places},
            **{f"carries:{p.name}": round(p.carries, 1) for p in places if p.carries != inf},
        }
        return Decision(
            group=group,
            place=to,
            chosen=chosen,
            reason=reason,
            can_wait=settled is None and scenes[here].fits,
            policy=self.policy.name,
            features=features,
            alternatives=[
                Alternative(
                    place=p.name,
                    predicted_s=scenes[p.name].latency_s - _back_s(p) + self.overhead_s,
                    fits=scenes[p.name].fits,
                    alive=scenes[p.name].alive,
                )
                for p in places
            ],
        )

    def compare(self, decision: Decision, realised_s: float) -> None:
        """Take note of how far a prediction was off."""
        error_s = realised_s - (decision.predicted_s - self.overhead_s)
        self.overhead_s += 0.1 * (min(1.0, max(0.0, error_s)) - self.overhead_s)

    def learn(self, group: str, place: str, latency: float, *, lost: bool = False) -> None:
        """Tell the policy what came of the last decision on a group; its worth falls with the latency in seconds."""
        request = self._asked.get(group)
        if request is not None:
            utility = 0.0 if lost else 1.0 / (1.0 + max(0.0, latency))
            self.policy.learn(request, Outcome(target=place, latency_s=latency, utility=utility, lost=lost))

    def _route(self, place: Place, request: Request, *, rate: float, rates: Mapping[str, float], here: str) -> Route:
        rows, used = rates.get(place.name, 0.0), rates.get(place.name, 0.0) * heaviness(place, rates)
        if place.name == here:
            rows, used = rows - rate, used - request.demand
        rows, used = max(0.0, rows), max(0.0, used)
        share = CARRIED_SHARE if place.late or place.name != here else 1.0
        # Processor and link may each be full. The link's room is in rows, however heavy they are to decode.
        weight = request.demand / rate if rate > 0 else 1.0
        room = min(PLANNED_SHARE * _rounded(place.speed) - used, (share * place.carries - rows) * weight)
        target = Target(
            name=place.name,
            tier=place.tier,
            capacity=used + room,
            speed=_rounded(place.speed),
            alive=place.alive and not place.drained,
        )
        target.observe(used=used, running=0, free_at_s=[request.generated_s + _stepped(place.lag_s)])
        return Route(target, Link(delay_s=_stepped(place.rtt_s / 2) + place.penalty_s))

    def _unusable(self, chosen: str, here: str, scenes: Mapping[str, "_Scene"]) -> tuple[str, str] | None:
        """Return where a group goes whose place or whose chosen place cannot be; None if both can."""
        usable = here in scenes and scenes[here].alive
        if chosen not in scenes:
            if usable:
                return here, f"stays: the policy says {chosen}"
            return self.fallback, f"the policy says {chosen}, so the {self.fallback} takes it"
        if not usable:
            return chosen, "it had no place" if not here else f"{here} is gone or drained"
        return None


@dataclass(frozen=True, slots=True)
class _Scene:
    """A place as the policy saw it: `latency_s` with the penalty."""

    latency_s: float
    fits: bool
    alive: bool


def _worth_moving(here: str, chosen: str, scenes: Mapping[str, _Scene], *, resting: bool) -> tuple[str, str]:
    """Return where a running group should be: it is not moved for little."""
    if chosen == here:
        return here, "stays: still the best"
    if not scenes[here].fits and scenes[chosen].fits:
        return chosen, f"{here} is full"
    if resting:
        return here, "stays: it moved a moment ago"
    now_s, then_s = scenes[here].latency_s, scenes[chosen].latency_s
    if now_s - then_s < max(GAIN_S, GAIN_SHARE * now_s):
        return here, f"stays: {chosen} would gain only {max(0.0, now_s - then_s) * 1e3:.1f} ms"
    return chosen, f"{then_s * 1e3:.1f} instead of {now_s * 1e3:.1f} ms"
