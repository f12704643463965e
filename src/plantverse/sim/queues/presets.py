"""The worlds that studies run in, each parameter with its origin.

Origins: [S] survey and [R] public repository of the ASP selection benchmark (AGOD by Lizonghang, Apache-2.0; values
only), [P] our choice.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class AspPreset:
    """ASP selection: jobs for twenty providers of unknown utility; an overloaded provider loses all that it runs.

    Args:
        name: Name of the preset.
        capacities: What a provider's capacity is drawn from, in diffusion steps.
        rate: Arrivals per second.
        horizon_s: Length of an episode.
        providers: How many there are [S, R: 20].
        demands: What a job's demand is drawn from, in diffusion steps [R].
    """

    name: str
    capacities: tuple[int, ...]
    rate: float
    horizon_s: float
    providers: int = 20
    demands: tuple[int, ...] = tuple(range(100, 251, 10))


ASP_PRESETS = {
    "asp-repo": AspPreset(  # all [R]
        name="asp-repo", capacities=tuple(range(400, 901, 100)), rate=0.001, horizon_s=1e6
    ),
    # [S], but its 0.288 jobs per hour over 288 h are 83 jobs, not its 1000: the rate is what gives 1000 [P].
    "asp-survey": AspPreset(
        name="asp-survey", capacities=tuple(range(600, 1501)), rate=1000 / (288 * 3600), horizon_s=288 * 3600.0
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkClass:
    """One class of a device's work.

    Args:
        kind: Name of the class.
        input_bits: Bits sent.
        output_bits: Bits sent back.
        work: Cycles.
        deadline_s: Seconds of use.
        rate: Requests per second and device.
        periodic: Periodic with jitter of a tenth of the period, else Poisson.
        scaled: Whether the load factor scales its rate.
    """

    kind: str
    input_bits: float
    output_bits: float
    work: float
    deadline_s: float
    rate: float
    periodic: bool
    scaled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactoryPreset:
    """Devices, edge nodes and a cloud that share the twins' work; every value [P].

    Args:
        plcs: Wired devices.
        sensors: Wireless devices that stand still.
        agvs: Wireless devices that move.
        edges: Edge nodes.
        edge_servers: Servers of an edge node.
        cloud_servers: Servers of the cloud.
        device_hz: Cycles per second of a device, one server.
        edge_hz: The same of an edge server.
        cloud_hz: The same of a cloud server.
        wired_bit_s: LAN, from a wired device and between edge nodes.
        wireless_bit_s: Lowest and highest rate; each wireless device has one drawn from between.
        hop_s: One way to the device's own edge node; a second hop leads to the others.
        wan_s: One way from the edge to the cloud.
        queue: Requests that fit on a device or, per server, on an edge node or the cloud; more overflow and are lost.
        heartbeat_s: How old a policy's picture of the load may be, apart from its own placements.
        work_spread: Spread (sigma of the logarithm) of the true work around what a request says.
        edge_sharing: Edge nodes share their servers among all requests instead of queueing.
        classes: The work; the first class is what keeps a twin fresh.
    """

    name: str = "factory"
    plcs: int = 20
    sensors: int = 30
    agvs: int = 10
    edges: int = 4
    edge_servers: int = 4
    cloud_servers: int = 64
    device_hz: float = 1e9
    edge_hz: float = 10e9
    cloud_hz: float = 30e9
    wired_bit_s: float = 1e9
    wireless_bit_s: tuple[float, float] = (20e6, 100e6)
    hop_s: float = 0.0005
    wan_s: float = 0.020
    queue: int = 50
    heartbeat_s: float = 0.5
    work_spread: float = 0.2
    edge_sharing: bool = False
    classes: tuple[WorkClass, ...] = field(
        default=(
            WorkClass(
                kind="state", input_bits=16e3, output_bits=1e3, work=1e6, deadline_s=0.05, rate=10, periodic=True,
                scaled=False,
            ),
            WorkClass(
                kind="anomaly", input_bits=512e3, output_bits=1e3, work=200e6, deadline_s=0.3, rate=1, periodic=True,
                scaled=True,
            ),
            WorkClass(
                kind="what-if", input_bits=8e6, output_bits=8e6, work=20e9, deadline_s=10, rate=0.01, periodic=False,
                scaled=True,
            ),
        )
    )  # fmt: skip
