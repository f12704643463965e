"""What the desk for edge nodes needs of the server around it, and facts of this server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from plantverse.platform.detection import Detection
from plantverse.platform.edge.nodes import Node
from plantverse.twins.samples import SampleBatch


class Commit(Protocol):
    """Takes rows of a node through the rest of the way."""

    def __call__(self, rows: SampleBatch, *, link: int, number: int, derive: bool) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the desk needs of the server around it.

    Attributes:
        commit: Takes rows; `acknowledged` is called once they are safe.
        flush: Commits what the server itself has decoded.
        topics: Returns the topics that feed each twin, and those that the server keeps for itself.
        speed: Returns the rows per second that this process decodes; measured when the first node comes.
        lag_s: How late the server's own work is.
        rtt_s: Round trip from the server to its broker.
        load: Returns the share of a core that the server used since the last call.
        broker_url: Without a password.
        show: Told when a node came, went or changed.
        keep: Stores the names of groups that have a session of their own.
        kept: Those of the run before.
        detection: Detectors of the plant.
    """

    commit: Commit
    flush: Callable[[], None]
    topics: Callable[[], tuple[dict[str, set[str]], set[str]]]
    speed: Callable[[], float]
    lag_s: Callable[[], float]
    rtt_s: Callable[[], float]
    load: Callable[[], float]
    broker_url: Callable[[], str]
    show: Callable[[Node], None]
    keep: Callable[[Sequence[str]], None]
    detection: Detection
    kept: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeOptions:
    """Facts of this server.

    Attributes:
        epoch: Of this run.
        client_id: Of the main session at the broker.
        future_ns, past_ns: How far a device's stamp may lie from its arrival.
        server_penalty_s: Added to the server's latency in decisions.
        max_nodes: Names remembered.
    """

    epoch: int
    origin: str = ""
    client_id: str = "plantverse"
    qos: int = 1
    session_expiry_s: int = 86_400
    future_ns: int = 5_000_000_000
    past_ns: int = 30 * 86_400 * 1_000_000_000
    server_penalty_s: float = 0.05
    max_nodes: int = 64
