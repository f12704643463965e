"""The server of a benchmark: the real one, with settings from the command line instead of a file.

python -m benchmarks.server --port 8420 --mqtt mqtt://127.0.0.1:1883 --data /tmp/x --qos 1
"""

import argparse
import os
from pathlib import Path

from plantverse.platform.config import HistorySettings, HttpSettings, MqttSettings, Settings, SyncSettings
from plantverse.platform.serve import serve

PLANT = Path(os.environ.get("BENCH_PLANT") or Path(__file__).with_name("bench_plant.py"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mqtt", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--qos", type=int, choices=(0, 1), default=1)
    parser.add_argument("--durability", choices=("history", "memory"), default="history")
    parser.add_argument("--tick-ms", type=int, default=SyncSettings().tick_ms)
    parser.add_argument("--history-mb", type=int, default=HistorySettings().memory_limit_mb)
    given = parser.parse_args()
    settings = Settings(
        state_dir=given.data,
        http=HttpSettings(port=given.port),
        mqtt=MqttSettings(url=given.mqtt, qos=given.qos, durability=given.durability, subscribe=("#",)),
        sync=SyncSettings(tick_ms=given.tick_ms),
        history=HistorySettings(memory_limit_mb=given.history_mb),
    )
    serve(settings, plant_path=PLANT, open_browser=False)


if __name__ == "__main__":
    main()
