"""The twin that stands for a node, so that it is charted, alarms and is searched like everything else."""

import numpy as np

from plantverse.platform.edge.nodes import Node
from plantverse.twins.fields import Property, Telemetry
from plantverse.twins.look_specs import Geometry
from plantverse.twins.methods import Column, alarm
from plantverse.twins.model import Twin
from plantverse.twins.registry import TwinEntry
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import TwinSpec

PHASES = {0: "lost", 1: "up", 2: "draining", 3: "left"}
_CODES = {word: code for code, word in PHASES.items()}
AREA = "edge"


class EdgeNode(Twin):
    """A process that decodes the messages of twin groups, near their broker."""

    state = Telemetry(int, codes=PHASES, name="State", max_age_s=5)
    load = Telemetry(unit="%", range=(0, 10_000), decimals=0, description="Of one processor core", max_age_s=5)
    rtt = Telemetry(unit="ms", range=(0, 60_000), decimals=1, name="Round trip", max_age_s=5)
    lag = Telemetry(unit="ms", range=(0, 600_000), decimals=1, description="Oldest row not yet sent", max_age_s=5)
    queue = Telemetry(int, description="Rows that the server has not confirmed", max_age_s=5)
    groups = Telemetry(int, description="Groups that it holds", max_age_s=5)
    rate = Telemetry(unit="1/s", range=(0, 1e9), decimals=0, name="Rows per second", max_age_s=5)
    latency = Telemetry(unit="ms", range=(0, 1e9), decimals=1, name="Age on arrival, 99 %", max_age_s=5)
    refused = Telemetry(int, description="Batches that came under an old token", max_age_s=5)
    phase = Property(choices=tuple(PHASES.values()))

    geometry = Geometry(size=(0.6, 1.4, 0.6), color="#5b6b7d")

    @alarm("Edge node does not answer", priority="high")
    def lost(self) -> Column:
        return self.state == 0


def twin_of(node: Node) -> TwinSpec:
    """Return the twin of a node; it belongs to the server, no plant file declares it."""
    return TwinSpec(
        id=node.twin,
        type=EdgeNode.twin_type(),
        name=f"Edge node {node.name}",
        area=AREA,
        tags=("edge",),
        own=True,
        source="edge node",
    )


def values_of(
    node: Node, entry: TwinEntry, now_ns: int, *, groups: int, rate: float, latency_s: float | None
) -> SampleBatch:
    """Return what is known of a node as samples; of one that is gone only that.

    Args:
        node: The node.
        entry: Of its twin.
        now_ns: Wall clock.
        groups: How many it holds.
        rate: Rows per second that it sends.
        latency_s: Age of its values on arrival, 99th percentile; None where nothing came.
    """
    known = {"state": float(_CODES.get(node.phase, 0)), "groups": float(groups), "refused": float(node.counts.stale)}
    if node.place.alive:
        known |= {
            "load": 100.0 * node.place.load,
            "rtt": 1e3 * node.place.rtt_s,
            "lag": 1e3 * node.place.lag_s,
            "queue": float(node.queue),
            "rate": rate,
        }
        if latency_s is not None:
            known["latency"] = 1e3 * latency_s
    slots = np.array([entry.slots[path] for path in known], np.int32)
    return SampleBatch.of(slots, list(known.values()), now_ns)
