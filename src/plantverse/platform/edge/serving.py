"""The edge part of a server: desk, group sessions, connections of nodes and their twins, put together."""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from plantverse.errors import Conflict
from plantverse.offload.registry import make_policy
from plantverse.platform.access import User
from plantverse.platform.config import Settings
from plantverse.platform.core import Core
from plantverse.platform.detection import Detection
from plantverse.platform.edge.around import Around, EdgeOptions
from plantverse.platform.edge.desk import TICK_S, EdgeDesk
from plantverse.platform.edge.leases import SERVER
from plantverse.platform.edge.link import EdgeLink
from plantverse.platform.edge.nodes import Node
from plantverse.platform.edge.placement import Placement
from plantverse.platform.edge.sessions import GroupSessions, MakeSession, Session
from plantverse.platform.edge.speed import ProcessLoad, decoding_speed
from plantverse.platform.edge.twin import twin_of, values_of
from plantverse.platform.history.merging import joined
from plantverse.platform.pipeline import LINGER_S
from plantverse.platform.private_files import write_private
from plantverse.platform.ticker import Ticker
from plantverse.twins.samples import SampleBatch

_log = logging.getLogger(__name__)

SHOW_S = 1.0
REVOKED_S = 5.0
PROBE_S = 1.0


class Way(Protocol):
    """The pipeline behind the decoder."""

    def flush(self) -> None:
        """Commit what was decoded."""

    def commit(self, batch: SampleBatch, waiting: Sequence[tuple[int, list[int]]] = (), *, derive: bool = True) -> None:
        """Take rows through the rest of the way."""


class EdgePart:
    """What a server has to do with edge nodes.

    Args:
        reads: Returns the topics that feed each twin, and those that say who is there.
        make: Makes a session at the broker.
        main: The server's main session.
        take: Takes messages of group sessions.
        broker_url: Without a password.
        lag_s: How late the server is.
        detection: Detectors of the plant; those of a group run where the group does.

    Attributes:
        desk: All nodes and groups.
        link: Serves the WebSocket of nodes.
    """

    def __init__(
        self,
        core: Core,
        settings: Settings,
        *,
        way: Way,
        reads: Callable[[], tuple[dict[str, set[str]], set[str]]],
        make: MakeSession,
        main: Callable[[], Session | None],
        take: Callable[[Any], None],
        broker_url: Callable[[], str],
        lag_s: Callable[[], float],
        detection: Detection,
        epoch: int,
        origin: str,
        client_id: str,
    ) -> None:
        self._core = core
        self._way = way
        self._pending: dict[bool, list[tuple[SampleBatch, int, int]]] = {True: [], False: []}
        self._timer: asyncio.TimerHandle | None = None
        self._state = settings.state_dir / "edge.json"
        self._sessions = GroupSessions(make=make, main=main, take=take, wide=settings.mqtt.subscribe)
        self.desk = EdgeDesk(
            core,
            placement=Placement(make_policy(settings.edge.policy), fallback=SERVER),
            broker=self._sessions,
            around=Around(
                commit=self._commit,
                flush=way.flush,
                topics=reads,
                speed=decoding_speed,
                lag_s=lag_s,
                rtt_s=lambda: self._sessions.rtt_s,
                load=ProcessLoad(),
                broker_url=broker_url,
                show=self._show,
                keep=self._keep,
                detection=detection,
                kept=_kept(self._state),
            ),
            options=EdgeOptions(
                epoch=epoch,
                origin=origin,
                client_id=client_id,
                qos=settings.mqtt.qos,
                session_expiry_s=settings.mqtt.session_expiry_s,
                future_ns=round(settings.time.clock_tolerance_s * 1e9),
                past_ns=round(settings.time.past_limit_days * 86_400e9),
                server_penalty_s=settings.edge.server_penalty_ms / 1e3,
                max_nodes=settings.edge.max_nodes,
            ),
        )
        self.link = EdgeLink(self.desk)

    @property
    def elsewhere(self) -> frozenset[str]:
        """Topics that sessions of groups bring."""
        return self._sessions.elsewhere

    def sift(self, batch: Any) -> tuple[Any, Sequence[int]]:
        """Return a batch of the main session without what comes by other sessions, and the packet ids of that."""
        return self._sessions.sift(batch)

    def acknowledge(self, generation: int, packets: Sequence[int]) -> bool:
        """Confirm what came by a node or a group session; False where it came by the main session."""
        if generation < 0:
            self.desk.acknowledged(-generation, packets)
            return True
        return self._sessions.acknowledge(generation, packets)

    def pause(self) -> None:
        """Read no more from group sessions; nodes stop by themselves when nothing is acknowledged."""
        self._sessions.pause()

    def resume(self) -> None:
        """Read on."""
        self._sessions.resume()

    def show(self) -> None:
        """Write what is known of the nodes into their twins; once a second."""
        desk = self.desk
        if not desk.nodes:
            return
        now_ns = self._core.clock.time_ns()
        rates = desk.scheduler.rates_by_place()
        held: dict[str, list[str]] = {}
        for name in desk.handover.lives:
            lease = desk.lease(name)
            if lease is not None:
                held.setdefault(lease.holder, []).append(name)
        for node in desk.nodes.values():
            if node.twin not in self._core.registry:
                continue
            groups = held.get(node.name, [])
            ages = [found[1] for name in groups if (found := desk.latencies.of(name)) is not None]
            entry = self._core.registry.get(node.twin)
            rows = values_of(
                node,
                entry,
                now_ns,
                groups=len(groups),
                rate=rates.get(node.name, 0.0),
                latency_s=max(ages, default=None),
            )
            self._way.commit(rows)

    def pace(self, ticker: Ticker, valid: Callable[[User], bool]) -> None:
        """Have done what is to be done again and again.

        Args:
            ticker: Does it.
            valid: Returns whether a user still is one; nodes of others are sent away.
        """
        ticker.every(TICK_S, self.desk.tick)
        ticker.every(SHOW_S, self.show)
        ticker.every(PROBE_S, self._probe)
        ticker.every(REVOKED_S, lambda: self.link.drop_revoked(valid))

    def _probe(self) -> None:
        if self.desk.active:
            self._sessions.probe()

    async def close(self) -> None:
        """Give the sessions of groups up; the broker keeps them, and with them what was not confirmed."""
        if self._timer is not None:
            self._timer.cancel()
        await self._sessions.end()

    def _commit(self, rows: SampleBatch, *, link: int, number: int, derive: bool) -> None:
        """Let rows wait for company: what a commit costs depends little on how many there are."""
        self._pending[derive].append((rows, link, number))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LINGER_S, self._commit_pending)

    def _commit_pending(self) -> None:
        self._timer = None
        for derive, pending in self._pending.items():
            if pending:
                self._pending[derive] = []
                waiting = [(-link, [number]) for _, link, number in pending]
                self._way.commit(joined([rows for rows, _, _ in pending]), waiting, derive=derive)

    def _show(self, node: Node) -> None:
        try:
            self._core.host.add_own(twin_of(node))
        except Conflict as exc:
            _log.warning("the node has no twin of its own: %s", exc)
            return
        self._core.state.patch(
            node.twin, {"reported": {"phase": node.phase}, "connectivity": {"online": node.place.alive}}
        )

    def _keep(self, names: Sequence[str]) -> None:
        try:
            write_private(self._state, json.dumps({"groups": list(names)}, indent=1).encode())
        except OSError as exc:
            _log.error("which groups have sessions of their own could not be stored: %s", exc)


def _kept(path: Path) -> tuple[str, ...]:
    try:
        names = json.loads(path.read_bytes())["groups"]
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as exc:
        _log.error("%s cannot be read, groups of before are forgotten: %s", path.name, exc)
        return ()
    return tuple(str(name) for name in names)
