"""Which number of the running server stands where on the Prometheus page."""

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from plantverse.platform.detection import Detection
from plantverse.platform.edge.desk import EdgeDesk
from plantverse.platform.history.writer import HistoryWriter
from plantverse.platform.metrics import Metrics, Readings
from plantverse.platform.requests import Requests
from plantverse.platform.services import Status
from plantverse.platform.version import VERSION
from plantverse.platform.websocket import SyncHub
from plantverse.twins.revision import Revision


class MessageCounts(Protocol):
    """What ingestion counts."""

    @property
    def received(self) -> int:
        """Messages handed in."""

    @property
    def accepted(self) -> int:
        """Messages of which something was used."""

    @property
    def rejected(self) -> Mapping[str, int]:
        """The others, by cause."""


def server_metrics(
    *,
    stats: MessageCounts,
    hub: SyncHub,
    writer: HistoryWriter,
    requests: Requests,
    status: Status,
    detection: Detection,
    revision: Revision,
    edge: EdgeDesk,
) -> Metrics:
    """Return the page; each number is read when the page is asked for."""
    return Metrics(
        Readings(
            received=lambda: stats.received,
            accepted=lambda: stats.accepted,
            rejected=lambda: stats.rejected,
            samples_per_second=lambda: status.rate,
            viewers=lambda: len(hub),
            frames_sent=lambda: hub.frames,
            bytes_sent=lambda: hub.bytes,
            bytes_unsent=lambda: hub.bytes_unsent,
            slow_clients=lambda: hub.slow_clients,
            clients_dropped=lambda: hub.clients_dropped,
            history_pending=lambda: writer.pending_rows,
            history_committed=lambda: writer.committed_rows,
            history_failed=lambda: writer.failed_commits,
            history_repeated=lambda: writer.repeated_rows,
            history_events_dropped=lambda: writer.dropped_events,
            history_spool=writer.store_counts,
            tick_lag_s=lambda: hub.lag_s,
            overruns=lambda: hub.overruns,
            commands=lambda: requests.counts,
            detector_rows=detection.counts,
            worker_ended=lambda: {how: detection.worker()[how] for how in ("crashes", "hangs")},
            broker_connected=lambda: status.broker == "connected",
            edge_nodes=lambda: Counter(node.phase for node in edge.nodes.values()),
            edge_rows=lambda: {name: node.counts.rows for name, node in edge.nodes.items()},
            edge_refused=lambda: {name: node.counts.stale for name, node in edge.nodes.items()},
            revision=lambda: revision.value,
        ),
        version=VERSION,
    )
