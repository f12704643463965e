"""`/metrics` for Prometheus: numbers that others count, read when the page is asked for.

Nothing here is called while messages flow: each number is a plain callable that is read once per scrape.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Number = Callable[[], float]
ByLabel = Callable[[], Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Where the numbers come from; what a server does not have is left out of the page.

    Attributes:
        received: Messages from the broker since the start.
        accepted: Messages of which at least one value was taken.
        rejected: Messages that were not taken, by cause.
        samples_per_second: Samples over the last seconds.
        viewers: Open sync sessions.
        frames_sent: Data frames to all viewers since the start.
        bytes_sent: Their bytes.
        bytes_unsent: Bytes made for viewers that wait for their sockets.
        slow_clients: Sessions that are behind at the moment.
        clients_dropped: Sessions ended because they took or acknowledged nothing.
        history_pending: Rows that wait for their commit.
        history_committed: Rows committed since the start.
        history_failed: Commits that failed and are tried again.
        history_repeated: Rows that came again and were left out.
        history_events_dropped: Events that history had no room for.
        history_spool: Rows in the spool of a store that is away, by what became of them.
        tick_lag_s: How late the last sync tick was, seconds.
        overruns: Ticks that took longer than their interval.
        commands: Commands since the start, by status.
        detector_rows: Rows of the detectors that are bound, by what became of them.
        worker_ended: How often the process of the models crashed or hung.
        broker_connected: Whether the MQTT session stands.
        edge_nodes: Edge nodes by phase.
        edge_rows: Rows taken, by node.
        edge_refused: Batches refused because their token was old, by node.
        revision: Of the planes.
    """

    received: Number | None = None
    accepted: Number | None = None
    rejected: ByLabel | None = None
    samples_per_second: Number | None = None
    viewers: Number | None = None
    frames_sent: Number | None = None
    bytes_sent: Number | None = None
    bytes_unsent: Number | None = None
    slow_clients: Number | None = None
    clients_dropped: Number | None = None
    history_pending: Number | None = None
    history_committed: Number | None = None
    history_failed: Number | None = None
    history_repeated: Number | None = None
    history_events_dropped: Number | None = None
    history_spool: ByLabel | None = None
    tick_lag_s: Number | None = None
    overruns: Number | None = None
    commands: ByLabel | None = None
    detector_rows: ByLabel | None = None
    worker_ended: ByLabel | None = None
    broker_connected: Callable[[], bool] | None = None
    edge_nodes: ByLabel | None = None
    edge_rows: ByLabel | None = None
    edge_refused: ByLabel | None = None
    revision: Number | None = None


class Metrics:
    """The page.

    Args:
        readings: The numbers.
        version: Of plantverse, for `plantverse_build_info`.

    Example:
        >>> page = Metrics(Readings(viewers=lambda: 3), version="1.0").render().decode()
        >>> "plantverse_viewers 3.0" in page
        True
    """

    def __init__(self, readings: Readings, *, version: str) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Page(readings, version))
        ProcessCollector(registry=self._registry)

    def render(self) -> bytes:
        """Return the page in Prometheus' text format; its type is `CONTENT_TYPE`."""
        return generate_latest(self._registry)


class _Page(Collector):
    def __init__(self, readings: Readings, version: str) -> None:
        self._readings = readings
        self._version = version

    def describe(self) -> Iterable[Metric]:
        # Registering must not read the numbers: their owners may not be ready.
        return []

    def collect(self) -> Iterator[Metric]:
        from_ = self._readings
        build = GaugeMetricFamily("plantverse_build_info", "Version that runs.", labels=["version"])
        build.add_metric([self._version], 1)
        yield build
        yield from _counter("messages_received", "Messages from the broker.", from_.received)
        yield from _counter("messages_accepted", "Messages of which a value was taken.", from_.accepted)
        yield from _counters("messages_rejected", "Messages that were not taken.", "cause", from_.rejected)
        yield from _gauge("samples_per_second", "Samples per second, lately.", from_.samples_per_second)
        yield from _gauge("viewers", "Open sync sessions.", from_.viewers)
        yield from _counter("sync_frames_sent", "Data frames to viewers.", from_.frames_sent)
        yield from _counter("sync_bytes_sent", "Bytes of data frames to viewers.", from_.bytes_sent)
        yield from _gauge("sync_bytes_unsent", "Bytes that wait for viewers' sockets.", from_.bytes_unsent)
        yield from _gauge("sync_slow_clients", "Sessions that are behind.", from_.slow_clients)
        yield from _counter("sync_clients_dropped", "Sessions ended for slowness.", from_.clients_dropped)
        yield from _gauge("sync_tick_lag_seconds", "How late the last tick was.", from_.tick_lag_s)
        yield from _counter("sync_overruns", "Ticks that took longer than their interval.", from_.overruns)
        yield from _gauge("history_rows_pending", "Rows that wait for their commit.", from_.history_pending)
        yield from _counter("history_rows_committed", "Rows committed.", from_.history_committed)
        yield from _counter("history_commits_failed", "Commits that failed.", from_.history_failed)
        yield from _counter("history_rows_repeated", "Rows that came again.", from_.history_repeated)
        yield from _counter("history_events_dropped", "Events without room in history.", from_.history_events_dropped)
        yield from _counters("history_spool_rows", "Rows of the spool.", "fate", from_.history_spool)
        yield from _counters("commands", "Commands.", "status", from_.commands)
        yield from _counters("detector_rows", "Rows of detectors.", "outcome", from_.detector_rows)
        yield from _counters("models_worker_ended", "Ends of the models' process.", "how", from_.worker_ended)
        yield from _gauge("broker_connected", "1 while the MQTT session stands.", from_.broker_connected)
        yield from _gauges("edge_nodes", "Edge nodes.", "phase", from_.edge_nodes)
        yield from _counters("edge_rows", "Rows taken from edge nodes.", "node", from_.edge_rows)
        yield from _counters("edge_batches_refused", "Batches under an old token.", "node", from_.edge_refused)
        yield from _gauge("revision", "Revision of the planes.", from_.revision)


def _counter(name: str, text: str, read: Number | None) -> Iterator[Metric]:
    if read is not None:
        yield CounterMetricFamily(f"plantverse_{name}", text, value=float(read()))


def _gauge(name: str, text: str, read: Number | None) -> Iterator[Metric]:
    if read is not None:
        yield GaugeMetricFamily(f"plantverse_{name}", text, value=float(read()))


def _gauges(name: str, text: str, label: str, read: ByLabel | None) -> Iterator[Metric]:
    if read is not None:
        family = GaugeMetricFamily(f"plantverse_{name}", text, labels=[label])
        for key, value in sorted(read().items()):
            family.add_metric([key], float(value))
        yield family


def _counters(name: str, text: str, label: str, read: ByLabel | None) -> Iterator[Metric]:
    if read is not None:
        family = CounterMetricFamily(f"plantverse_{name}", text, labels=[label])
        for key, count in sorted(read().items()):
            family.add_metric([key], float(count))
        yield family
