"""The bottling plant as twins: what stands where and what gives to what.

The line runs along x in the middle of the hall, the process stands behind its start, utilities behind its end, and the
vehicles drive in front. Lengths are metres; a position is the point of the floor below the middle of the machine.
"""

from collections.abc import Mapping
from typing import Any, Final

from plantverse import Availability, Binding, Carry, Plant, Twin
from plantverse.sim.bottling import types_line as line
from plantverse.sim.bottling import types_process as process
from plantverse.sim.bottling import types_utilities as utilities
from plantverse.sim.bottling.faults import KINDS
from plantverse.sim.load_point import LOAD_TOPIC, LoadPoint

TOPIC: Final = "plant"
STATUS_TOPIC: Final = "plant/status"
CONTROL_TOPIC: Final = "sim/control"
TRUTH_TOPIC: Final = "sim/truth"
PLACES_TOPIC: Final = "sim/places"
SIM_ID: Final = "sim/simulation"
GATEWAY_ID: Final = "utilities/gateway"

_AREAS: Final = {
    "hall/fan-1": "utilities",
    "hall/weather": "utilities",
    SIM_ID: "utilities",
    "hall/climate-1": "line",
    "hall/climate-2": "line",
}
"""Where a twin stands, if not where its id says."""

_VISUALS: Final = {"line/conveyor-4": (Carry("belt_speed", item="case", amount="fill", high=100),)}
"""Behind the packer, bottles are in cases."""

_ONLINE = Availability(topic=STATUS_TOPIC)

Place = tuple[type[Twin], str, str, float, float, Mapping[str, Any]]

_PROCESS: Final[tuple[Place, ...]] = (
    (process.Tank, "process/water-tank", "Water tank", -16.4, -10.2, {"feeds": "process/water-pump"}),
    (
        process.Pump,
        "process/water-pump",
        "Water pump",
        -13.9,
        -9.8,
        {"draws_from": "process/water-tank", "feeds": "process/water-filter"},
    ),
    (process.FilterVessel, "process/water-filter", "Water filter", -12.2, -9.8, {"feeds": "process/water-valve"}),
    (process.ControlValve, "process/water-valve", "Water valve", -10.9, -9.8, {"feeds": "process/blend-tank"}),
    (process.Tank, "process/blend-tank", "Blending tank", -8.8, -10.0, {"feeds": "process/product-pump"}),
    (process.ControlValve, "process/syrup-valve", "Syrup valve", -6.8, -9.8, {"feeds": "process/blend-tank"}),
    (
        process.Pump,
        "process/syrup-pump",
        "Syrup pump",
        -5.1,
        -9.8,
        {"draws_from": "process/syrup-tank", "feeds": "process/syrup-valve"},
    ),
    (process.Tank, "process/syrup-tank", "Syrup tank", -2.8, -10.0, {"feeds": "process/syrup-pump"}),
    (process.CausticTank, "process/cip-tank", "Cleaning tank", 0.0, -10.0, {"feeds": "process/cip-pump"}),
    (
        process.Pump,
        "process/product-pump",
        "Product pump",
        -14.6,
        -5.7,
        {"draws_from": "process/blend-tank", "feeds": "process/product-cooler"},
    ),
    (
        process.HeatExchanger,
        "process/product-cooler",
        "Product cooler",
        -12.4,
        -5.7,
        {"feeds": "process/product-valve"},
    ),
    (process.ControlValve, "process/product-valve", "Product valve", -10.6, -5.7, {"feeds": "process/product-tank"}),
    (process.ProductTank, "process/product-tank", "Product tank", -8.6, -5.7, {"feeds": "line/filler"}),
    (process.ControlValve, "process/cip-valve", "Cleaning valve", -6.2, -5.7, {"feeds": "line/filler"}),
    (process.SteamHeater, "process/cip-heater", "Cleaning heater", -4.4, -5.7, {"feeds": "process/cip-valve"}),
    (
        process.Pump,
        "process/cip-pump",
        "Cleaning pump",
        -2.2,
        -5.7,
        {"draws_from": "process/cip-tank", "feeds": "process/cip-heater"},
    ),
)
_BELT = {
    i: {"from_machine": f"line/{a}", "to_machine": b}
    for i, (a, b) in enumerate(
        (
            ("depalletiser", "line/rinser"),
            ("inspector", "line/labeller"),
            ("labeller", "line/packer"),
            ("packer", "palletising/robot"),
        ),
        1,
    )
}
_LINE: Final[tuple[Place, ...]] = (
    (line.Depalletiser, "line/depalletiser", "Depalletiser", -17.4, 0.0, {"next": "line/conveyor-1"}),
    (line.Conveyor, "line/conveyor-1", "Conveyor to the rinser", -14.1, 0.0, _BELT[1]),
    (line.RinserMachine, "line/rinser", "Rinser", -11.0, 0.0, {"next": "line/filler"}),
    (line.Filler, "line/filler", "Filler", -8.3, 0.0, {"next": "line/capper"}),
    (line.Capper, "line/capper", "Capper", -5.9, 0.0, {"next": "line/inspector"}),
    (line.BottleInspector, "line/inspector", "Inspector", -4.4, 0.0, {"next": "line/conveyor-2"}),
    (line.Conveyor, "line/conveyor-2", "Conveyor to the labeller", -1.8, 0.0, _BELT[2]),
    (line.Labeller, "line/labeller", "Labeller", 1.3, 0.0, {"next": "line/conveyor-3"}),
    (line.Conveyor, "line/conveyor-3", "Conveyor to the packer", 4.4, 0.0, _BELT[3]),
    (line.CasePacker, "line/packer", "Packer", 7.8, 0.0, {"next": "line/conveyor-4"}),
    (line.Conveyor, "line/conveyor-4", "Conveyor to the robot", 11.2, 0.0, _BELT[4]),
    (
        line.PalletisingRobot,
        "palletising/robot",
        "Palletising robot",
        14.6,
        0.0,
        {"fills": "palletising/pallet-place"},
    ),
    (line.PalletPlace, "palletising/pallet-place", "Pallet place", 14.6, 1.75, {}),
    *((line.Agv, f"logistics/agv-{i}", f"Vehicle {i}", 0.0, line.PLACE_Z, {}) for i in range(1, 5)),
    (
        line.ChargerCabinet,
        "logistics/charger-1",
        "Charger 1",
        -10.75,
        11.0,
        {"serves": ["logistics/agv-1", "logistics/agv-2"]},
    ),
    (
        line.ChargerCabinet,
        "logistics/charger-2",
        "Charger 2",
        10.5,
        11.0,
        {"serves": ["logistics/agv-3", "logistics/agv-4"]},
    ),
    (line.PalletTransporter, "logistics/warehouse", "Warehouse", 0.0, 11.6, {}),
)
_UTILITIES: Final[tuple[Place, ...]] = (
    (utilities.SteamBoiler, "utilities/boiler-1", "Steam boiler", 4.6, -10.0, {}),
    (process.Pump, "utilities/feed-pump", "Feed pump", 2.4, -9.8, {"feeds": "utilities/boiler-1"}),
    (utilities.Chiller, "utilities/chiller-1", "Chiller", 8.4, -9.8, {}),
    (process.Pump, "utilities/chilled-pump", "Chilled water pump", 11.4, -9.8, {"feeds": "process/product-cooler"}),
    (utilities.Compressor, "utilities/compressor-1", "Air compressor", 14.6, -9.8, {}),
    (utilities.EnergyMeter, "utilities/main-meter", "Main supply", 10.4, -5.9, {}),
    (utilities.NetworkGateway, "utilities/gateway", "Network gateway", 12.3, -5.9, {}),
    (utilities.VentilationFan, "hall/fan-1", "Ventilator", 3.0, -5.9, {}),
    (utilities.WeatherStation, "hall/weather", "Weather", 16.2, -5.9, {}),
    (utilities.SimulationServer, SIM_ID, "Simulation", 13.9, -5.9, {}),
)

plant = Plant("bottling", title="Bottling plant")


def _add(
    kind: type[Twin], twin_id: str, name: str, at: tuple[float, float, float], relations: Mapping[str, Any]
) -> None:
    simulated = twin_id == SIM_ID
    truths = [Binding(path=f"severity.{kind}", topic=f"{TRUTH_TOPIC}/{kind}", key="level") for kind in KINDS]
    told = (*truths, *(Binding(path=path, topic=PLACES_TOPIC, key=path) for path in ("places", "shows")))
    plant.add(
        kind(
            twin_id,
            name=name,
            area=_AREAS.get(twin_id, twin_id.split("/", maxsplit=1)[0]),
            topic=f"{TOPIC}/{twin_id}",
            command_topic=CONTROL_TOPIC if simulated else "",
            availability=_ONLINE,
            position=at,
            bindings=told if simulated else (),
            relations=relations,
            visuals=_VISUALS.get(twin_id, ()),
        )
    )


for _kind, _id, _name, _x, _z, _relations in (*_PROCESS, *_LINE, *_UTILITIES):
    _add(_kind, _id, _name, (_x, 0.0, _z), _relations)
_add(utilities.Climate, "hall/climate-1", "Filling hall", (-6.6, 3.0, 1.4), {})
_add(utilities.Climate, "hall/climate-2", "Packing hall", (8.4, 3.0, 1.4), {})

plant.map(f"{LOAD_TOPIC}/{{point}}", twin="load/{point}", type=LoadPoint, area="load")
