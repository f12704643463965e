"""What is known of one group while it goes from holder to holder, and what its hand-over needs of the broker."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from plantverse.platform.edge.columns import NodeBatch
from plantverse.platform.edge.groups import TwinGroup
from plantverse.platform.edge.overlap import Overlap


class GroupBroker(Protocol):
    """The server's own sessions at the broker."""

    def cut(self, done: Callable[[], None]) -> None:
        """Call back once all that the broker had sent on the main session has been taken."""

    def split(self, topics: frozenset[str]) -> None:
        """Take these topics no more from the main session: a session of their own has them."""

    def open(self, group: str, client_id: str, topics: Sequence[str], ready: Callable[[], None]) -> None:
        """Read a group's session here, however long it takes to reach the broker; call back once it is subscribed."""

    def close(self, group: str, done: Callable[[], None]) -> None:
        """Give a group's session up; call back when nothing of it is left here. The broker keeps it."""

    def forget(self, client_id: str, done: Callable[[], None]) -> None:
        """Make the broker forget a session and what it keeps for it; call back then."""


@dataclass(slots=True)
class Life:
    """One group.

    Attributes:
        group: What belongs to it.
        own: bool by slot: its signals, derived ones too.
        derived: bool by slot: those that are computed.
        split: Topics that its own session has.
        derives: Whether its holder computes what it derives.
        last_us: Arrival of the newest row from a node, server's clock.
        moves: How often it got another holder.
        cutting: Token of the lease whose cut is under way, 0 for none.
        held: Batches that wait for the cut.
        gap_from_us: Since when nobody has read it, 0 if somebody does.
        avoid: Until when a place is not asked again.
        budget_s: Age that the most demanding of its signals may have (`max_age_s`); inf for any.
        asked: Detectors that its holder was asked to run: (id, hash, model).
        detects: What the holder said to that: "" or why not, by id.
        busy: The broker is forgetting its session; nobody can have it meanwhile.
    """

    group: TwinGroup
    own: NDArray[np.bool_]
    derived: NDArray[np.bool_]
    split: frozenset[str] = frozenset()
    derives: bool = False
    last_us: float = 0.0
    moves: int = 0
    changed_s: float = float("-inf")
    cutting: int = 0
    held: list[tuple[str, NodeBatch]] = field(default_factory=list)
    overlap: Overlap | None = None
    overlap_until_s: float = 0.0
    gap_from_us: float = 0.0
    gap_holder: str = ""
    avoid: dict[str, float] = field(default_factory=dict)
    budget_s: float = float("inf")
    asked: tuple[tuple[str, str, str], ...] = ()
    detects: dict[str, str] = field(default_factory=dict)
    busy: bool = False
