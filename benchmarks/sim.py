"""What the demo plant costs: the world alone, and its devices at a real broker at several speeds of time.

    python -m benchmarks.sim [--seconds 30] --json

The devices run in this process; its CPU time counts, the broker's does not. Nothing else runs in it, so that a share of
10 % means a tenth of one core.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.processes import free_port, machine, start_broker, stop
from plantverse.sim.bottling.plant import plant
from plantverse.sim.bottling.publisher import BottlingPublisher
from plantverse.sim.bottling.world import BottlingWorld

START = 1_764_064_800.0


def world_alone(seconds: float) -> dict[str, float]:
    """Return simulated seconds per CPU second, without messages."""
    world = BottlingWorld(start_s=START)
    world.run(60.0)
    began = time.process_time()
    world.run(seconds)
    took = time.process_time() - began
    return {
        "simulated_s_per_cpu_s": round(seconds / took, 1),
        "us_per_step": round(took / seconds * world.step_s * 1e6, 1),
    }


def at_a_broker(url: str, factor: float, seconds: float) -> dict[str, float]:
    """Return messages a second, share of a core, and how well simulated time kept up."""
    devices = BottlingPublisher(url, factor=factor, faults=False)
    devices.start()
    time.sleep(3.0)
    cpu, wall = time.process_time(), time.monotonic()
    sent, elapsed = devices.published, devices.world.elapsed_s
    time.sleep(seconds)
    wall = time.monotonic() - wall
    result = {
        "messages_per_s": round((devices.published - sent) / wall, 1),
        "core_percent": round((time.process_time() - cpu) / wall * 100.0, 1),
        "simulated_s_per_s": round((devices.world.elapsed_s - elapsed) / wall, 2),
    }
    devices.stop()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each measurement")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    given = parser.parse_args()
    spec = plant.spec()
    result: dict[str, Any] = {
        **machine(),
        "twins": len(spec.twins),
        "signals": sum(len(list(twin.signals())) for twin in spec.twins),
        "seconds": given.seconds,
        "world": world_alone(600.0),
    }
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        broker = start_broker(Path(folder), port)
        try:
            for factor in (1.0, 10.0, 100.0):
                result[f"factor_{factor:g}"] = at_a_broker(f"mqtt://127.0.0.1:{port}", factor, given.seconds)
        finally:
            stop(broker)
    if given.json:
        print(json.dumps(result, indent=1))
        return
    for name, value in result.items():
        print(f"{name:>12}  {value}")


if __name__ == "__main__":
    main()
