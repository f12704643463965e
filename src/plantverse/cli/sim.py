"""`plantverse sim`: the devices of the bottling plant, and faults in them."""

import secrets
import threading
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from plantverse.cli.output import show_table
from plantverse.errors import RequestInvalid

_MQTT = "mqtt://127.0.0.1:1883"
_MqttOption = Annotated[str, typer.Option(help="mqtt://HOST:PORT of the broker.")]


def run(
    mqtt: _MqttOption = _MQTT,
    rate: Annotated[float, typer.Option(help="Messages a second of what moves, 1 to 20.")] = 10.0,
    factor: Annotated[float, typer.Option(help="Simulated seconds in a second, 0.1 to 100.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Of noise, weather and faults.")] = 7,
    no_faults: Annotated[bool, typer.Option("--no-faults", help="Nothing breaks by itself.")] = False,
    seconds: Annotated[float | None, typer.Option(help="End after this time; without, on Ctrl-C.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    """Run the devices of the bottling plant against a broker."""
    from plantverse.cli.logs import configure
    from plantverse.sim.bottling.publisher import BottlingPublisher

    configure(verbose=verbose)
    devices = BottlingPublisher(mqtt, rate_hz=rate, factor=factor, seed=seed, faults=not no_faults)
    devices.start()
    typer.echo(f"{len(devices.world.units)} devices at {mqtt}", err=True)
    try:
        threading.Event().wait(seconds)
    except KeyboardInterrupt:
        typer.echo("stopping", err=True)
    devices.stop()


def fault(
    kind: Annotated[str | None, typer.Argument(help="Which; `plantverse sim ls` lists them.")] = None,
    target: Annotated[
        str | None, typer.Argument(help="Twin, for sensors TWIN:SIGNAL; without, the usual place.")
    ] = None,
    severity: Annotated[float, typer.Option(help="Above 0 and at most 1.")] = 0.8,
    onset: Annotated[float, typer.Option(help="Seconds until it is as bad as that.")] = 0.0,
    clear: Annotated[bool, typer.Option("--clear", help="End faults of that kind and place, or all, instead.")] = False,
    mqtt: _MqttOption = _MQTT,
) -> None:
    """Inject a fault into the running simulation, or end faults."""
    from plantverse.cli.sim_control import Control

    if kind is None and not clear:
        raise RequestInvalid(
            "kind", expected="a fault, or --clear", got=None, hint="plantverse sim ls lists them; --clear ends all"
        )
    args: dict[str, object] = {"kind": kind or "", "target": target or ""}
    if not clear:
        args |= {"severity": severity, "onset": onset}
    with Control(mqtt) as control:
        typer.echo(control.order("clear" if clear else "inject", args))


def load(
    rate: Annotated[float, typer.Argument(help="Messages a second, 1 to 100000.", min=1, max=100_000)],
    mqtt: _MqttOption = _MQTT,
    seconds: Annotated[float | None, typer.Option(help="End after this time; without, on Ctrl-C.")] = None,
) -> None:
    """Turn the load up: that many more messages a second, beside the devices that run."""
    from plantverse.ingest.mqtt.options import SessionOptions
    from plantverse.sim.load import LoadPublisher
    from plantverse.sim.load_point import LOAD_TOPIC

    broker = SessionOptions.from_url(mqtt, client_id=f"plantverse-load-{secrets.token_hex(4)}")
    dial = LoadPublisher(broker, prefix=LOAD_TOPIC, rate=rate)
    dial.start()
    typer.echo(f"{rate:g} messages a second on {LOAD_TOPIC}/# at {mqtt}", err=True)
    try:
        threading.Event().wait(seconds)
    except KeyboardInterrupt:
        typer.echo("stopping", err=True)
    dial.stop()
    typer.echo(f"{dial.sent} messages")


def ls(mqtt: _MqttOption = _MQTT) -> None:
    """List the kinds of faults with their usual places, and what of them stands in the running simulation."""
    from plantverse.cli.sim_control import Control
    from plantverse.sim.bottling.faults import KINDS

    with Control(mqtt) as control:
        truths = control.truths()
    show_table(
        ("fault", "what", "usual place", "stands"),
        ((name, k.text, k.usual, _standing(truths.get(name, ()))) for name, k in KINDS.items()),
    )


def _standing(faults: Iterable[dict[str, Any]]) -> str:
    return "; ".join(f"{f['target']} {f['level']:g} of {f['severity']:g}" for f in faults) or "-"
