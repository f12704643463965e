"""The state of nodes and groups as REST gives it."""

from math import inf
from typing import Any

from plantverse.platform.edge.desk import EdgeDesk
from plantverse.platform.edge.leases import BEAT_S, SERVER, TTL_S
from plantverse.platform.edge.lives import Life
from plantverse.platform.edge.nodes import Node
from plantverse.platform.edge.placement import Place

DECISIONS_SHOWN = 50
NEVER_S = 1e9


def report(desk: EdgeDesk) -> dict[str, Any]:
    """Return everything; lists are empty where no node was ever here."""
    groups = [_group(desk, name, life) for name, life in sorted(desk.handover.lives.items())]
    by_place: dict[str, list[str]] = {}
    for group in groups:
        by_place.setdefault(group["place"], []).append(group["name"])
    rates = desk.scheduler.rates_by_place()
    nodes = [_node(desk.nodes[name], by_place.get(name, []), rates.get(name, 0.0)) for name in sorted(desk.nodes)]
    return {
        "active": desk.active,
        "policy": desk.scheduler.policy,
        "beat_s": BEAT_S,
        "ttl_s": TTL_S,
        "nodes": nodes,
        "server": _place(desk.places()[-1], by_place.get(SERVER, []), rates.get(SERVER, 0.0)),
        "groups": groups,
        "twins": {twin: group["place"] for group in groups for twin in group["twins"]},
        "decisions": list(desk.scheduler.decisions)[-DECISIONS_SHOWN:],
    }


def _place(place: Place, groups: list[str], rate: float) -> dict[str, Any]:
    return {
        "name": place.name,
        "tier": place.tier.name.lower(),
        "speed": round(place.speed, 1),
        "load": round(place.load, 4),
        "rtt_ms": round(place.rtt_s * 1e3, 3),
        "lag_ms": round(place.lag_s * 1e3, 3),
        "carries": None if place.carries == inf else round(place.carries, 1),
        "rows_per_s": round(rate, 2),
        "groups": groups,
    }


def _node(node: Node, groups: list[str], rate: float) -> dict[str, Any]:
    counts = node.counts
    received = sum(group.received for group in node.at_groups.values())
    accepted = sum(group.accepted for group in node.at_groups.values())
    return {
        **_place(node.place, groups, rate),
        "twin": node.twin,
        "phase": node.phase,
        "since_us": node.since_us,
        "queue": node.queue,
        "clock_offset_ms": round(node.offset_ns / 1e6, 3),
        "faults": node.hello.faults,
        "fault": node.fault,
        "counts": {
            "received": received,
            "accepted": accepted,
            "batches": counts.batches,
            "rows": counts.rows,
            "stale": counts.stale,
            "foreign": counts.foreign,
            "skewed": counts.skewed,
            "out_of_range": counts.out_of_range,
            "not_a_number": counts.not_a_number,
            "implausible": counts.implausible,
            "repeated": counts.repeated,
        },
    }


def _group(desk: EdgeDesk, name: str, life: Life) -> dict[str, Any]:
    lease, decision = desk.lease(name), desk.scheduler.current.get(name)
    realised = desk.latencies.of(name)
    return {
        "name": name,
        "twins": list(life.group.twins),
        "topics": len(life.group.topics),
        "place": "" if lease is None else lease.holder,
        "wanted": "" if decision is None else decision.place,
        "reason": "" if decision is None else decision.reason,
        "pinned": desk.scheduler.pinned.get(name, ""),
        "phase": "free" if lease is None else ("cutting" if life.cutting else lease.phase.value),
        "token": 0 if lease is None else lease.token,
        "derives": life.derives,
        "detects": dict(life.detects),
        "moves": life.moves,
        "rows": desk.latencies.rows.get(name, 0),
        "rows_per_s": round(desk.scheduler.rates.get(name, 0.0), 2),
        "budget_ms": None if life.budget_s >= NEVER_S else round(life.budget_s * 1e3, 3),
        "late": desk.scheduler.late(name, life),
        "predicted_ms": None if decision is None else round(decision.predicted_s * 1e3, 3),
        "realised_ms": None if realised is None else round(realised[0] * 1e3, 3),
        "realised_p99_ms": None if realised is None else round(realised[1] * 1e3, 3),
        "alternatives": []
        if decision is None
        else [
            {"place": a.place, "predicted_ms": round(a.predicted_s * 1e3, 3), "fits": a.fits, "alive": a.alive}
            for a in decision.alternatives
        ],
    }
