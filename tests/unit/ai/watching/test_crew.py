"""Detectors on an edge node: models that came over the wire, groups side by side, one worker."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from doubles.watched_plant import SIGNALS, save_model
from doubles.worker_inside import work
from plantverse._clock import ManualClock
from plantverse.ai.errors import ModelInvalid
from plantverse.ai.models.file import ARRAYS_FILE, FACTS_FILE
from plantverse.ai.watching import Crew
from plantverse.ai.worker.serving import Serving
from plantverse.ingest.session import MessageBatch
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.app import _decoder
from plantverse.platform.edge.decoding import GroupDecoding
from plantverse.platform.edge.groups import wire_twin
from plantverse.twins import quality as q
from plantverse.twins.detectors import equipped, outputs
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.samples import Flag
from plantverse.twins.specs import DetectorSpec, SignalSpec, TwinSpec, TwinType

PUMP = TwinType(name="Pump", signals=(SignalSpec(path="flow"), SignalSpec(path="speed")))
ROOM = 1 << 20


@pytest.fixture
def saved(tmp_path: Path) -> tuple[str, bytes, bytes]:
    digest = save_model(tmp_path / "server")
    at = tmp_path / "server" / "pump" / "1"
    return digest, (at / FACTS_FILE).read_bytes(), (at / ARRAYS_FILE).read_bytes()


class Node:
    """A node's half of a group, with the worker's own half instead of a process."""

    def __init__(self, folder: Path, digest: str, *, memory: int = ROOM) -> None:
        self.clock = ManualClock()
        self.crew = Crew(self.clock, folder, memory=memory)
        self.serving = Serving(self.clock)
        self.spec = DetectorSpec(
            twin="hall/pump-1", model="pump", version=1, hash=digest, on_delay_s=2.0, off_delay_s=2.0
        )
        registry = Registry(Revision())
        registry.add(TwinSpec(id="other/x", type=PUMP))
        twin = TwinSpec(id="hall/pump-1", type=PUMP, topic="t/pump")
        self.entry = registry.add(equipped(twin, outputs(self.spec, SIGNALS, 5.0)))

    def take(self) -> GroupDecoding:
        assign = m.Assign(
            group="hall",
            token=1,
            client_id="c",
            qos=1,
            session_expiry_s=60,
            twins=[wire_twin(self.entry)],
            detectors=[self.spec],
        )
        read = m.decode_server(m.encode(assign))
        assert isinstance(read, m.Assign)
        return GroupDecoding(
            read, make=lambda planes: _decoder(planes, self.clock), types={}, clock=self.clock, detectors=self.crew
        )

    def go(self, group: GroupDecoding, seconds: float, flow: float) -> list[tuple[float, int]]:
        """Let time pass with values; returns (score, code of the blamed signal) of each verdict."""
        found: list[tuple[float, int]] = []
        score, blamed = (self.entry.slots[path] for path in ("anomaly.score", "anomaly.blamed"))
        for _ in range(round(seconds / 0.5)):
            self.clock.advance(0.5)
            body = b'{"flow": %g, "speed": 1000}' % flow
            group.feed(MessageBatch(1, self.clock.time_ns(), [b"t/pump"], [body], [0], [0]))
            parts = group.drain()
            group.detect()
            self.work()
            for rows, slots in parts:
                by_slot = dict(zip(slots.tolist(), rows.value.tolist(), strict=True))
                if score in by_slot:
                    assert rows.stamp_ns.tolist() == [0, 0]
                    assert not (rows.flags & Flag.STAMPED).any()
                    found.append((by_slot[score], int(by_slot[blamed])))
        return found

    def work(self) -> None:
        supervisor = self.crew._supervisor
        work(supervisor, self.serving, self.clock.monotonic_ns())
        self.crew._take(supervisor.events())


@pytest.fixture
def make(tmp_path: Path, saved: tuple[str, bytes, bytes]) -> Callable[..., Node]:
    def made(*, memory: int = ROOM, keep: bool = True) -> Node:
        node = Node(tmp_path / "node", saved[0], memory=memory)
        if keep:
            node.crew.keep("pump", 1, *saved)
        return node

    return made


def test_a_node_judges_its_group_and_tells_how_it_stands(make: Callable[..., Node]) -> None:
    node = make()
    group = node.take()
    assert group.detects == {"hall/pump-1:anomaly": ""}
    normal = node.go(group, 10.0, 10.0)
    assert len(normal) >= 8
    assert all(score < 1 and blamed == 0 for score, blamed in normal)
    group.facts()
    strange = node.go(group, 20.0, 6.0)
    assert strange[-1][0] > 1
    assert strange[-1][1] == 1 + SIGNALS.index("hall/pump-1:flow")
    said = group.facts()
    assert said is not None
    assert said.reported == {}
    standing = said.detectors["hall/pump-1:anomaly"]
    assert standing.state == "watching"
    assert standing.shares[0].signal == "hall/pump-1:flow"
    ((detector, _, anomaly),) = said.anomalies
    assert (detector, anomaly.action, anomaly.blamed[0].signal) == (
        "hall/pump-1:anomaly",
        "began",
        "hall/pump-1:flow",
    )
    group.close()
    assert node.crew.used == 0
    assert node.crew._supervisor.jobs() == {}


def test_a_verdict_that_cannot_be_made_is_told_as_no_reading(make: Callable[..., Node]) -> None:
    node = make()
    group = node.take()
    node.go(group, 5.0, 10.0)
    node.clock.advance(60.0)
    group.detect()
    node.work()
    group.detect()
    ((rows, _),) = [part for part in group.drain() if len(part[0]) == 2][-1:]
    assert np.isnan(rows.value).all()
    assert set(rows.quality.tolist()) == {int(q.NO_READING)}


def test_a_group_that_is_taken_again_starts_its_detectors_anew(make: Callable[..., Node]) -> None:
    node = make()
    first = node.take()
    node.go(first, 5.0, 10.0)
    first.close()
    second = node.take()
    assert node.go(second, 10.0, 10.0), "the job of the same name was let go before"


def test_a_model_that_is_not_here_or_too_large_is_left_to_the_server(make: Callable[..., Node]) -> None:
    assert "not among the saved models" in make(keep=False).take().detects["hall/pump-1:anomaly"]
    group = make(memory=100).take()
    assert "100 are left" in group.detects["hall/pump-1:anomaly"]
    assert group.detect() is False


def test_a_node_without_detectors_says_so(make: Callable[..., Node]) -> None:
    node = make()
    assign = m.Assign(
        group="hall", token=1, client_id="c", qos=1, session_expiry_s=60, twins=[wire_twin(node.entry)],
        detectors=[node.spec],
    )  # fmt: skip
    group = GroupDecoding(assign, make=lambda planes: _decoder(planes, node.clock), types={}, clock=node.clock)
    assert group.detects == {"hall/pump-1:anomaly": "this node runs no detectors"}


def test_models_are_kept_and_known_by_their_hash(make: Callable[..., Node], saved: tuple[str, bytes, bytes]) -> None:
    crew = make().crew
    assert crew.hashes() == (saved[0],)
    crew.keep("pump", 1, *saved)
    assert crew.hashes() == (saved[0],)


@pytest.mark.parametrize(
    ("name", "version", "change", "what"),
    [
        ("pump", 1, lambda digest, facts, arrays: (digest[::-1], facts, arrays), "expected the model"),
        ("pump", 1, lambda digest, facts, arrays: (digest, facts.replace(b"mewma", b"mewmb"), arrays), "changed"),
        ("pump", 1, lambda digest, facts, arrays: (digest, facts, arrays[:-30] + b"0" * 30), "arrays"),
        ("pump", 1, lambda digest, facts, _: (digest, facts, b""), "arrays"),
        ("../pump", 1, lambda *files: files, "no name or version"),
        ("pump", 0, lambda *files: files, "no name or version"),
    ],
)
def test_what_is_not_the_model_is_not_kept(
    make: Callable[..., Node],
    saved: tuple[str, bytes, bytes],
    name: str,
    version: int,
    change: Callable[..., tuple[str, bytes, bytes]],
    what: str,
) -> None:
    crew = make().crew
    with pytest.raises(ModelInvalid, match=what):
        crew.keep(name, version, *change(*saved))
    assert crew.hashes() == (saved[0],), "the one of before is still there"
