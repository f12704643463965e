"""Which detectors run on which node: those whose signals all belong to the group that a node holds.

The server goes on following their signals, so that it takes a detector up again in the moment in which its group is
nobody's, or its node cannot run it.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plantverse.platform.core import Core
from plantverse.platform.detection import Detection
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.hearsay import Hearsay
from plantverse.platform.edge.leases import SERVER, Lease, LeaseTable, Phase
from plantverse.platform.edge.lives import Life
from plantverse.platform.edge.nodes import Node
from plantverse.twins.specs import DetectorSpec

_log = logging.getLogger(__name__)

RENEW_S = 1.0
CLOCK_NS = 1_000_000_000
"""A node whose clock is further off finds no value fresh where devices stamp them, and judges nothing."""
MOST_MODEL_BYTES = 4 << 20
"""Larger ones stay on the server: on a thin link they would hold up heart-beats for minutes."""
Files = tuple[Path, Path]
NOT_THERE = frozenset({"failing", "invalid", "no_model", "no_signals", "no_twin"})
"""States in which a node does not do the work: the server takes it up."""


class Delegating:
    """Leaves detectors to nodes.

    Args:
        detection: Of the server.
        lives: Groups by name.
        node: Finds a node by name.
        send: Sends a message to a node.
    """

    def __init__(
        self,
        core: Core,
        detection: Detection,
        *,
        leases: LeaseTable,
        lives: Callable[[], Mapping[str, Life]],
        node: Callable[[str], Node | None],
        send: Callable[[str, m.ServerMessage], None],
    ) -> None:
        self._core = core
        self._detection = detection
        self._leases = leases
        self._lives = lives
        self._node = node
        self._send = send
        self._sent: dict[int, set[str]] = {}
        self._due_s = 0.0

    def wanted(self, life: Life, holder: str) -> list[tuple[DetectorSpec, Files]]:
        """Return what a holder should run for a group, with the files of the models."""
        node = self._node(holder)
        if node is None or abs(node.offset_ns) > CLOCK_NS:
            return []
        found = self._detection.portable(frozenset(life.group.twins))
        return [(spec, files) for spec, files in found if _size(files) <= MOST_MODEL_BYTES]

    def equip(self, life: Life, lease: Lease) -> list[DetectorSpec]:
        """Send a node the models that it lacks for a group, and return the detectors to assign."""
        wanted = self.wanted(life, lease.holder)
        life.asked = _asked(wanted)
        life.detects = {}
        for spec, files in wanted:
            self._provide(lease.holder, spec, files)
        return [spec for spec, _ in wanted]

    def ready(self, group: str, detects: Mapping[str, str]) -> None:
        """A node says which of them it runs."""
        life = self._lives().get(group)
        if life is None:
            return
        asked = {name for name, _, _ in life.asked}
        life.detects = {name: why[: m.MOST_TEXT] for name, why in detects.items() if name in asked}

    def tick(self, now_s: float, renew: Callable[[Lease], None]) -> None:
        """Leave to nodes what they run now, and have groups assigned anew whose detectors or models have changed."""
        running = [
            (life, lease)
            for name, life in self._lives().items()
            if (lease := self._leases.get(name)) is not None
            and lease.holder != SERVER
            and lease.phase is not Phase.STARTING
        ]
        self._detection.leave_to(
            {name: lease.holder for life, lease in running for name, why in life.detects.items() if not why}
        )
        if now_s < self._due_s:
            return
        self._due_s = now_s + RENEW_S
        for life, lease in running:
            wanted = _asked(self.wanted(life, lease.holder))
            if lease.phase is Phase.RUNNING and not life.cutting and wanted != life.asked:
                renew(lease)

    def own(self, life: Life, own: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return what a holder may send: its signals, and the outputs of the detectors that it runs."""
        slots = [slot for name, why in life.detects.items() if not why for slot in self._detection.outputs(name)]
        if not slots:
            return own
        own = own.copy()
        own[[slot for slot in slots if slot < len(own)]] = True
        return own

    def hear(self, life: Life, node: Node, facts: m.Facts, hearsay: Hearsay) -> None:
        """Take what a node says of the detectors that it runs, and of no others, as far as it can be."""
        for name, heard in facts.detectors.items():
            if life.detects.get(name) != "":
                node.counts.foreign += 1
                continue
            if heard.state in NOT_THERE:
                life.detects[name] = heard.message or heard.state
                _log.warning("detector %s does not run on %s: %s", name, node.name, life.detects[name])
                continue
            self._detection.hear(name, node.name, hearsay.standing(heard))
        for name, at_us, anomaly in hearsay.newest(facts.anomalies):
            if life.detects.get(name) != "":
                node.counts.foreign += 1
                continue
            body = hearsay.anomaly(anomaly)
            if body is not None:
                model = next(model for asked, _, model in life.asked if asked == name)
                body = {"detector": name, "model": model, "runs_on": node.name, **body}
                self._core.events.append("anomaly", name.partition(":")[0], hearsay.at_ns(at_us), body)

    def forget(self, node: Node) -> None:
        """A connection is gone."""
        self._sent.pop(node.number, None)

    def _provide(self, holder: str, spec: DetectorSpec, files: Files) -> None:
        node = self._node(holder)
        if node is None:
            return
        sent = self._sent.setdefault(node.number, set(node.hello.models))
        if spec.hash in sent:
            return
        try:
            facts, arrays = (path.read_bytes() for path in files)
        except OSError as exc:
            _log.warning("model %s cannot be sent to %s: %s", spec.model, holder, exc)
            return
        sent.add(spec.hash)
        self._send(holder, m.Model(name=spec.model, version=spec.version, hash=spec.hash, facts=facts, arrays=arrays))


def _asked(wanted: Iterable[tuple[DetectorSpec, Files]]) -> tuple[tuple[str, str, str], ...]:
    return tuple((spec.id, spec.hash, spec.model) for spec, _ in wanted)


def _size(files: Files) -> int:
    try:
        return sum(path.stat().st_size for path in files)
    except OSError:
        return MOST_MODEL_BYTES + 1
