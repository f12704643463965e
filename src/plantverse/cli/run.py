"""`plantverse run`: a server for one plant."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from plantverse.errors import ConfigInvalid, PlantInvalid

PLANT_FILES = ("plant.toml", "plant.py")


def run(
    plant: Annotated[
        Path | None, typer.Argument(help="plant.toml, a Python file with a Plant, or a folder; looked for here.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Of the viewer and the API; 8420, 0 takes a free one.")] = None,
    mqtt: Annotated[str | None, typer.Option(help="mqtt://HOST:PORT of your broker; without, one is started.")] = None,
    mqtt_port: Annotated[int | None, typer.Option(help="Of the broker that is started; 1883 or the next free.")] = None,
    allow_write: Annotated[bool, typer.Option("--allow-write", help="Commands may be sent to your broker.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Don't open the viewer.")] = False,
    lan: Annotated[bool, typer.Option("--lan", help="For phones and headsets here: TLS, token and QR code.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="A bottling plant that lives from MQTT.")] = False,
    data: Annotated[Path | None, typer.Option(help="State folder; .plantverse beside the plant file.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings; plantverse.toml beside the plant file.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    """Start the server; Ctrl-C ends it."""
    from plantverse.cli.logs import configure
    from plantverse.platform.config_file import load_settings

    if mqtt is not None and mqtt_port is not None:
        raise ConfigInvalid("--mqtt and --mqtt-port contradict each other", hint="--mqtt takes mqtt://HOST:PORT")
    if demo and plant is not None:
        raise ConfigInvalid("--demo brings its own plant", hint="leave one of the two away")
    path = None if demo else plant_file(plant, Path.cwd())
    folder = path.parent if path is not None else Path.cwd()
    # The demo's history must not mix with that of a plant in the same folder.
    state = data if data is not None or not demo else folder / ".plantverse" / "demo"
    given = overrides(port=port, mqtt=mqtt, mqtt_port=mqtt_port, write=allow_write, state=state)
    settings = load_settings(folder, file=config, overrides=given)
    configure(verbose=verbose)
    try:
        from plantverse.platform.serve import serve
    except ModuleNotFoundError as exc:
        if exc.name is None or exc.name.startswith("plantverse"):
            raise
        hint = "pip install 'plantverse[server]'"
        raise ConfigInvalid(f"{exc.name} is missing: an installation without the server", hint=hint) from exc
    companion = None
    if demo:
        from plantverse.sim.bottling.publisher import BottlingPublisher
        from plantverse.sim.demo_files import write_demo_plant

        path = write_demo_plant(settings.state_dir / "bottling", models=settings.models_path)
        companion = BottlingPublisher
    serve(
        settings,
        plant_path=path,
        open_browser=not no_browser and has_display(os.environ),
        share_on_lan=lan,
        companion=companion,
    )


def plant_file(given: Path | None, folder: Path) -> Path | None:
    """Return the plant file to run; None where the folder has none and the plant starts empty.

    Raises:
        PlantInvalid: The file given is not there.
    """
    if given is None:
        return next((folder / name for name in PLANT_FILES if (folder / name).is_file()), None)
    if given.is_dir():
        found = plant_file(None, given)
        if found is None:
            raise PlantInvalid(str(given), expected="a folder with plant.toml or plant.py", got="neither")
        return found
    if not given.is_file():
        raise PlantInvalid(str(given), expected="a plant file", got="nothing there", hint="plantverse run --demo")
    return given


def overrides(
    *, port: int | None, mqtt: str | None, mqtt_port: int | None, write: bool, state: Path | None
) -> dict[str, object]:
    """Return what the command line says about settings; what it leaves open stays with the settings file."""
    given = {"http.port": port, "mqtt.url": mqtt, "mqtt.port": mqtt_port, "state_dir": state}
    said: dict[str, object] = {key: value for key, value in given.items() if value is not None}
    return said | ({"mqtt.allow_write": True} if write else {})


def has_display(environ: Mapping[str, str]) -> bool:
    """Return whether a browser could show up here."""
    return sys.platform in {"darwin", "win32"} or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
