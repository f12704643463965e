"""When to look at which group, what came of it, and what people pinned by hand; where it should be says `placement`."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from plantverse.errors import Conflict, NotFound, PlantverseError
from plantverse.platform.edge.handover import HandOver
from plantverse.platform.edge.latency import Latencies
from plantverse.platform.edge.leases import LeaseTable, Phase
from plantverse.platform.edge.lives import Life
from plantverse.platform.edge.placement import STAY_S, Decision, Place, Placement

_log = logging.getLogger(__name__)

DECIDE_S = 1.0
"""Between two looks at running groups; a change of the set of nodes is looked at at once."""
AT_ONCE = 4
"""One group in so many moves per look for the sake of latency: what a move does to a link shows only afterwards."""
OUTCOME_S = 5.0
"""After a move, what it brought is written down."""
CAUGHT_UP_S = 2.5
"""After a move; until then what the broker had kept comes as well."""
DECISIONS_KEPT = 200


class Tell(Protocol):
    """Writes into the event log."""

    def __call__(self, change: str, **body: Any) -> None: ...


class Scheduler:
    """Keeps every group where it should be.

    Args:
        places: Returns the places that can be compared, those included that take nothing at the moment.
        known: Returns a place by name, also one that has just come.
        offered: Returns the rows per second that come to a group at a node, sent or not; None where that is not known.

    Attributes:
        decisions: The newest that changed something, oldest first, as REST shows them.
        current: The last one of each group.
        pinned: Place by group, where a person said so.
        rates: Rows per second by group, smoothed over some seconds.
        brought: Rows that came by each place so far.
    """

    def __init__(
        self,
        *,
        placement: Placement,
        leases: LeaseTable,
        handover: HandOver,
        latencies: Latencies,
        places: Callable[[], list[Place]],
        known: Callable[[str], Place | None],
        offered: Callable[[str, str], float | None],
        tell: Tell,
        now_us: Callable[[], float],
    ) -> None:
        self._placement = placement
        self._leases = leases
        self._handover = handover
        self._latencies = latencies
        self._places = places
        self._known = known
        self._offered = offered
        self._tell = tell
        self._now_us = now_us
        self._due_s = float("-inf")
        self._next: dict[str, str] = {}
        self._may_move = 1
        self._rows: dict[str, int] = {}
        self._outcomes: list[tuple[float, str, str, dict[str, Any]]] = []
        self.decisions: deque[dict[str, Any]] = deque(maxlen=DECISIONS_KEPT)
        self.current: dict[str, Decision] = {}
        self.pinned: dict[str, str] = {}
        self.rates: dict[str, float] = {}
        self.brought: dict[str, int] = {}
        self._relieved_s: dict[str, float] = {}

    @property
    def policy(self) -> str:
        """Name of the policy."""
        return self._placement.policy.name

    def hurry(self) -> None:
        """Look at everything with the next tick."""
        self._due_s = float("-inf")

    def pin(self, group: str, place: str) -> None:
        """Keep a group at a place while that lives, or with "" leave it to the policy again.

        Raises:
            NotFound: No such group or place.
            Conflict: The place is dead or drained.
        """
        if group not in self._handover.lives:
            raise NotFound(f"no group {group}", hint="`plantverse edge nodes` lists them")
        if not place:
            self.pinned.pop(group, None)
        else:
            known = self._known(place)
            if known is None:
                raise NotFound(f"no node {place}", hint="`plantverse edge nodes` lists them")
            if not known.alive or known.drained:
                raise Conflict(f"{place} is {'drained' if known.alive else 'gone'}")
            self.pinned[group] = place
            self._handover.lives[group].avoid.pop(place, None)
        self.hurry()

    def lost(self, holder: str, groups: Sequence[str]) -> None:
        """A holder died with these groups."""
        for group in groups:
            self._placement.learn(group, holder, float("inf"), lost=True)
        self.hurry()

    def measure(self, now_s: float, passed_s: float) -> None:
        """Take the rates since the last call."""
        for name, rows in self._latencies.rows.items():
            lease, came = self._leases.get(name), rows - self._rows.get(name, rows)
            self._rows[name] = rows
            holder = "" if lease is None else lease.holder
            self.brought[holder] = self.brought.get(holder, 0) + came
            self._rate_of(name, holder, came / passed_s, now_s)
        for name, decision in self.current.items():
            lease, realised = self._leases.get(name), self._latencies.of(name)
            if lease is not None and lease.holder == decision.place and realised is not None:
                self._placement.compare(decision, realised[0])

    def _rate_of(self, name: str, holder: str, came: float, now_s: float) -> None:
        """What is offered counts; what came is less on a full link, and more after a hand-over."""
        life = self._handover.lives.get(name)
        offered = self._offered(holder, name)
        if offered is not None:
            self.rates[name] = offered
        elif name not in self.rates or life is None or now_s - life.changed_s > CAUGHT_UP_S:
            self.rates[name] = 0.5 * self.rates.get(name, came) + 0.5 * came

    def tick(self, now_s: float) -> None:
        """Decide what is due."""
        free = any(self._leases.get(name) is None and not life.busy for name, life in self._handover.lives.items())
        if free or now_s >= self._due_s:
            self._due_s = now_s + DECIDE_S
            self._may_move = max(1, len(self._handover.lives) // AT_ONCE)
            for name, life in list(self._handover.lives.items()):
                self._look(name, life, now_s)
        self._tell_outcomes(now_s)

    def rates_by_place(self) -> dict[str, float]:
        """Return rows per second by place."""
        found: dict[str, float] = {}
        for name in self._handover.lives:
            lease = self._leases.get(name)
            place = self._next.get(name) or (lease.holder if lease is not None else "")
            if place:
                found[place] = found.get(place, 0.0) + self._rate(name)
        return found

    def late(self, name: str, life: Life) -> bool:
        """Return whether one value in a hundred comes later than its budget: then the group need not rest."""
        realised = self._latencies.of(name)
        return realised is not None and realised[1] > life.budget_s

    def _rate(self, name: str) -> float:
        """Rows per second; before anything was measured one for each signal."""
        life = self._handover.lives[name]
        return self.rates.get(name) or float(life.own.sum())

    def _look(self, name: str, life: Life, now_s: float) -> None:
        lease = self._leases.get(name)
        if life.busy or life.cutting or (lease is not None and lease.phase is not Phase.RUNNING):
            return
        here = "" if lease is None else lease.holder
        promised = self._next.pop(name, "")
        if not here and any(p.name == promised and p.alive and not p.drained for p in self._places()):
            self._give(name, promised)
            return
        decision = self._decide(name, life, here, now_s)
        if decision.place != here and decision.can_wait and name not in self.pinned:
            if not self._may_move:
                decision = replace(decision, place=here, reason=f"waits its turn to go to {decision.place}")
            self._may_move = max(0, self._may_move - 1)
        self.current[name] = decision
        if decision.place == here:
            return
        if not decision.can_wait:
            self._relieved_s[here] = now_s
        self._record(decision, here, now_s)
        if lease is not None:
            self._next[name] = decision.place
            self._handover.take_back(name)
        if self._leases.get(name) is None:
            self._next.pop(name, None)
            self._give(name, decision.place)

    def _give(self, name: str, place: str) -> None:
        try:
            self._handover.give(name, place)
        except PlantverseError as exc:
            _log.info("group could not be given: group=%s to=%s why=%s", name, place, exc)

    def _decide(self, name: str, life: Life, here: str, now_s: float) -> Decision:
        resting = now_s - life.changed_s < STAY_S and not self.late(name, life)
        # Groups have just left because the place was full: what that brings shows only now.
        resting |= now_s - self._relieved_s.get(here, float("-inf")) < STAY_S
        avoided = {place for place, until_s in life.avoid.items() if until_s > now_s}
        places = [p for p in self._places() if p.name not in avoided or p.name == here]
        decision = self._placement.decide(
            name,
            rate=self._rate(name),
            here=here,
            places=places,
            rates=self.rates_by_place(),
            now_s=now_s,
            resting=resting,
            budget_s=life.budget_s,
        )
        pinned = self.pinned.get(name, "")
        if any(a.place == pinned and a.alive for a in decision.alternatives):
            return replace(decision, place=pinned, reason="pinned by hand")
        return decision

    def _record(self, decision: Decision, here: str, now_s: float) -> None:
        body = {
            "group": decision.group,
            "from": here,
            "to": decision.place,
            "chosen": decision.chosen,
            "reason": decision.reason,
            "policy": decision.policy,
            "features": dict(decision.features),
            "alternatives": [
                {"place": a.place, "predicted_ms": round(a.predicted_s * 1e3, 3), "fits": a.fits, "alive": a.alive}
                for a in decision.alternatives
            ],
            "predicted_ms": round(decision.predicted_s * 1e3, 3),
        }
        self._tell("decision", **body)
        kept = {"at_us": self._now_us(), **body, "realised_ms": None}
        self.decisions.append(kept)
        self._latencies.forget(decision.group)
        self._outcomes.append((now_s + OUTCOME_S, decision.group, decision.place, kept))

    def _tell_outcomes(self, now_s: float) -> None:
        due = [entry for entry in self._outcomes if entry[0] <= now_s]
        if not due:
            return
        self._outcomes = [entry for entry in self._outcomes if entry[0] > now_s]
        for _, group, place, kept in due:
            lease, realised = self._leases.get(group), self._latencies.of(group)
            if lease is None or lease.holder != place or realised is None:
                continue
            kept["realised_ms"] = round(realised[0] * 1e3, 3)
            self._placement.learn(group, place, realised[0])
            self._tell(
                "outcome", group=group, place=place, predicted_ms=kept["predicted_ms"], realised_ms=kept["realised_ms"]
            )
