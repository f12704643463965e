"""Every setting of the server, its range and its default: the only place where they stand.

`plantverse.platform.config_file.load_settings` fills the tree from `plantverse.toml`, which lies beside
`plant.toml`, and from the command line. The names of the TOML tables and keys are the names of the fields
here.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a number, both included."""

    low: float
    high: float


_Port = Annotated[int, Range(0, 65_535)]
_Count = Annotated[int, Range(1, 10_000_000)]
_Seconds = Annotated[float, Range(0.05, 86_400)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """Where browsers and clients reach the server.

    Attributes:
        host: Address to listen on. The default keeps the server on this machine; beyond it, users and TLS are
            asked for.
        port: TCP port; 0 takes a free one. 8420 is our own choice.
        names: Host names under which the server is reached, besides loopback names and plain IP addresses. A
            request with another `Host` is refused, which stops DNS rebinding.
        origins: Web origins besides the server's own that may use it from a browser, such as
            `http://localhost:8888`.
        trusted_proxy: Addresses or networks of reverse proxies that end TLS for us and whose
            `X-Forwarded-For` is believed.
        tls_cert: PEM certificate chain.
        tls_key: PEM private key of `tls_cert`.
    """

    host: str = "127.0.0.1"
    port: _Port = 8420
    names: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    trusted_proxy: tuple[str, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """The broker, and how faithfully it is listened to.

    Attributes:
        url: `mqtt://host:port` or `mqtts://host:port` of a broker; empty starts an embedded one.
        host: Address on which the embedded broker listens.
        port: Port of the embedded broker, 1883 as registered with IANA; the next free one is taken if it is
            in use.
        client_id: MQTT client id; empty makes one from the plant's name and the state folder, stable over
            restarts, because the broker keeps unacknowledged messages under it.
        protocol: `5`, `3.1.1`, or `auto`: 5 first and 3.1.1 if the broker refuses it.
        qos: Asked for in subscriptions. 1 is the least with which nothing acknowledged is lost.
        durability: `history` acknowledges a message when it is committed to history, `memory` when it is in
            the telemetry plane.
        allow_write: Lets the platform publish to a broker that it did not start itself.
        subscribe: Topic filters.
        maximum_packet_size: Bytes; larger packets are refused by the broker. 1 MiB holds 20,000 values in
            JSON.
        receive_maximum: Messages in flight. The largest that MQTT 5 allows: with late acknowledgement the
            broker's rate is this number divided by the commit interval, and its own default of 20 would end
            at 200 msg/s.
        keep_alive_s: Seconds between pings; 1.5 times that is how long the broker takes to notice a dead
            connection.
        session_expiry_s: How long the broker keeps messages for an absent server. A day outlasts a night's
            outage.
        ca: PEM file of the authorities that may sign the broker's certificate; the system's own if absent.
        cert: PEM client certificate.
        key: PEM private key of `cert`.
        user: User name at the broker.
        password_file: File with the password; the environment variable `PLANTVERSE_MQTT_PASSWORD` is the
            other way.
    """

    url: str = ""
    host: str = "127.0.0.1"
    port: _Port = 1883
    client_id: str = ""
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    qos: Literal[0, 1] = 1
    durability: Literal["history", "memory"] = "history"
    allow_write: bool = False
    subscribe: tuple[str, ...] = ("#",)
    maximum_packet_size: Annotated[int, Range(256, 268_435_455)] = 1 << 20
    receive_maximum: Annotated[int, Range(1, 65_535)] = 65_535
    keep_alive_s: Annotated[int, Range(1, 65_535)] = 30
    session_expiry_s: Annotated[int, Range(0, 4_294_967_295)] = 86_400
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    user: str = ""
    password_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSettings:
    """How viewers are served.

    Attributes:
        tick_ms: Milliseconds between frames. A sample waits half of it on average: at 33 (30 frames/s) the
            median age at 50 viewers and 40,000 msg/s is 26 ms, at 50 it is 36 ms, for 10 % more CPU
            (benchmarks.sync).
        max_unacked_frames: Frames in flight per client before changes coalesce: one on the wire, one being
            drawn.
        ack_timeout_s: A client that acknowledges nothing for that long is told why and closed. 30 s outlasts
            a browser tab that is being throttled.
        send_timeout_s: A send that takes longer ends the session; a live connection takes milliseconds.
        hello_timeout_s: A connection that does not introduce itself within that time is closed.
        max_clients: Sessions at once; 200 are within the measured aims, the rest is reserve.
        max_subscriptions_per_client: Bounds the work that one client can ask for.
        max_message_bytes: Largest message that a client may send, 1 MiB.
    """

    tick_ms: Annotated[int, Range(5, 10_000)] = 33
    max_unacked_frames: Annotated[int, Range(1, 64)] = 2
    ack_timeout_s: _Seconds = 30.0
    send_timeout_s: _Seconds = 5.0
    hello_timeout_s: _Seconds = 10.0
    max_clients: _Count = 256
    max_subscriptions_per_client: Annotated[int, Range(1, 4096)] = 64
    max_message_bytes: Annotated[int, Range(1024, 1 << 30)] = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    """What is kept, where and for how long.

    Attributes:
        store: `duckdb` keeps everything in files here; `influx` sends samples to an InfluxDB, see `[influx]`, and
            keeps names, events and documents here.
        path: Where the store lies; `history` in the state folder if absent.
        commit_ms: Longest wait before a batch is committed and acknowledged. At 100 ms a commit of 4,000 rows
            takes 3.4 ms in the median on two cores.
        retention_days: Samples and events older than that are deleted; 0 keeps everything.
        memory_limit_mb: DuckDB's own limit, which stands beside the memory of the server process; it is used up
            over time as a cache. 128 answers range, bucket and as-of queries over 6 million rows in 70 ms.
    """

    store: Literal["duckdb", "influx"] = "duckdb"
    path: Path | None = None
    commit_ms: Annotated[int, Range(5, 10_000)] = 100
    retention_days: Annotated[float, Range(0, 36_500)] = 0.0
    memory_limit_mb: Annotated[int, Range(32, 1 << 20)] = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxSettings:
    """The InfluxDB of `history.store = "influx"`.

    Attributes:
        url: `http://host:port` or `https://host:port`.
        database: Database of 1.x and 3.x; with 2.x the one that a DBRP mapping ties to the bucket.
        bucket: Bucket of 2.x, written through `/api/v2/write`; empty writes to `database` through `/write`.
        org: Organisation of the bucket.
        token_file: File with the API token of 2.x or 3.x.
        user: User of 1.x.
        password_file: File with the password of `user`.
        timeout_s: Longest wait for an answer; then samples go to the spool. Commits wait that long at most once.
        spool_mb: Disk for samples while InfluxDB is away. 1 GiB holds some 20 million samples, over an hour at
            5,000 samples/s. When it is full nothing more is acknowledged and the broker queues.
    """

    url: str = ""
    database: str = "plantverse"
    bucket: str = ""
    org: str = ""
    token_file: Path | None = None
    user: str = ""
    password_file: Path | None = None
    timeout_s: Annotated[float, Range(0.1, 300)] = 10.0
    spool_mb: Annotated[int, Range(1, 1 << 20)] = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSettings:
    """Which device clocks are believed, and when a value is old.

    Attributes:
        clock_tolerance_s: How far a stamp may lie in the future. 5 s covers a controller that sets its clock
            once a day and drifts by 50 ppm.
        past_limit_days: How old a stamp may be before it counts as a wrong clock. 30 days covers a gateway
            that buffered through a holiday, and catches 1970.
        stale_after_s: Age at which a signal is stale unless its type or binding says otherwise: 30 s is three
            periods of the 10 s that many meters use.
    """

    clock_tolerance_s: Annotated[float, Range(0, 86_400)] = 5.0
    past_limit_days: Annotated[float, Range(0.001, 36_500)] = 30.0
    stale_after_s: Annotated[float, Range(0.05, 31_536_000)] = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """Sizes of everything that could otherwise grow without end.

    Attributes:
        dead_letters: Newest rejected messages that are kept with their reason.
        sample_log_rows: Rows of the sample ring: 2^18 hold 6.5 s at 40,000 msg/s for a reader that falls
            behind.
        events: Newest events that are kept in memory for clients that resume.
        discovery_topics: Unmapped topics that are offered for binding.
        pending_commands: Commands that may wait for an answer at once.
    """

    dead_letters: _Count = 1_000
    sample_log_rows: Annotated[int, Range(1_024, 1 << 26)] = 1 << 18
    events: _Count = 10_000
    discovery_topics: _Count = 2_000
    pending_commands: _Count = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSettings:
    """What holds for an alarm that says nothing else.

    Attributes:
        on_delay_s: How long the condition must hold before the alarm comes.
        off_delay_s: How long it must be gone before the alarm goes.
        deadband_percent: Of the signal's range, how far a value must come back from the limit. 1 % is a usual
            starting point for temperatures; noisy flows and levels want 2-5 %.
        max_shelve_s: Longest time for which an alarm may be shelved: 8 hours, one shift.
    """

    on_delay_s: Annotated[float, Range(0, 86_400)] = 0.0
    off_delay_s: Annotated[float, Range(0, 86_400)] = 0.0
    deadband_percent: Annotated[float, Range(0, 50)] = 1.0
    max_shelve_s: Annotated[float, Range(1, 31_536_000)] = 28_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AiSettings:
    """What was learned.

    Attributes:
        models: Folder of saved models; `models` in the state folder if absent, where `plantverse ai fit` puts them.
    """

    models: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """Where groups of twins are decoded once edge nodes are there.

    Attributes:
        policy: One of the policies of `plantverse edge study` that can run live.
        server_penalty_ms: A group leaves the server for a node that is at most so much slower: what it costs on the
            server, everybody who watches pays for. 50 ms is one and a half sync ticks.
        max_nodes: Names of nodes that are remembered.
    """

    policy: Literal[
        "local", "nearest", "cloud", "random", "round-robin", "least-loaded", "crash-avoid", "jsec", "monotone-ucb"
    ] = "jsec"
    server_penalty_ms: Annotated[float, Range(0, 60_000)] = 50.0
    max_nodes: Annotated[int, Range(1, 1_000)] = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthSettings:
    """Users and failed attempts.

    Attributes:
        users_file: Named users and the hashes of their tokens; `users.json` in the state folder if absent.
        failed_attempts: Wrong tokens from one address within a minute before it has to wait. Ten leave room
            for a person's mistakes; tokens of 256 random bits can't be guessed at any rate, the limit
            protects the CPU.
        token_cache: Tokens whose proof is remembered, since a proof costs tens of milliseconds on purpose.
    """

    users_file: Path | None = None
    failed_attempts: Annotated[int, Range(1, 10_000)] = 10
    token_cache: Annotated[int, Range(1, 1_000_000)] = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one server.

    Attributes:
        state_dir: Folder of everything that the server writes, `.plantverse` beside the plant file.
    """

    state_dir: Path = Path(".plantverse")
    http: HttpSettings = field(default_factory=HttpSettings)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    sync: SyncSettings = field(default_factory=SyncSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    influx: InfluxSettings = field(default_factory=InfluxSettings)
    time: TimeSettings = field(default_factory=TimeSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    alarms: AlarmSettings = field(default_factory=AlarmSettings)
    ai: AiSettings = field(default_factory=AiSettings)
    auth: AuthSettings = field(default_factory=AuthSettings)
    edge: EdgeSettings = field(default_factory=EdgeSettings)

    @property
    def history_path(self) -> Path:
        """Where the history store lies."""
        return self.history.path or self.state_dir / "history"

    @property
    def models_path(self) -> Path:
        """Where saved models lie."""
        return self.ai.models or self.state_dir / "models"

    @property
    def users_path(self) -> Path:
        """Where the users file lies."""
        return self.auth.users_file or self.state_dir / "users.json"

    @property
    def audit_path(self) -> Path:
        """Where the audit log lies."""
        return self.state_dir / "audit.jsonl"
