"""`plantverse sim traffic`: message traffic by models or from a captured log."""

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plantverse.cli.output import number, show_table
from plantverse.errors import RequestInvalid
from plantverse.twins.synthetic import ROOT, is_synthetic_topic

if TYPE_CHECKING:
    from plantverse.sim.traffic import Traffic

_What = Annotated[str, typer.Argument(help="A model of `plantverse sim traffic list`, or a log (.jsonl, .csv).")]
_Seconds = Annotated[float | None, typer.Option(help="Length; a log is played once without it.")]
_Seed = Annotated[int, typer.Option(help="Of the model.")]
_Set = Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE of a parameter; may be repeated.")]
_Bytes = Annotated[int, typer.Option("--bytes", help="Payload size; 0 draws log-normal ones around 120.")]
_Factor = Annotated[float, typer.Option(help="Seconds of traffic in a second.")]
_Mqtt = Annotated[str, typer.Option(help="mqtt://HOST:PORT of the broker.")]
_MQTT = "mqtt://127.0.0.1:1883"
SCALES_S = (0.1, 1.0, 10.0, 100.0)
LOADS = (0.5, 0.7, 0.9)


def list_models() -> None:
    """List the models with their parameters."""
    from plantverse.sim.traffic import MODELS, parameters_of

    show_table(
        ("model", "what", "parameters"),
        (
            (name, _summary(kind), " ".join(f"{k}={number(v)}" for k, v in parameters_of(name).items()))
            for name, kind in MODELS.items()
        ),
    )


def describe(
    what: _What,
    seconds: _Seconds = None,
    seed: _Seed = 7,
    given: _Set = None,
    factor: _Factor = 1.0,
) -> None:
    """Say what a model is, and measure a run of it: rate, dispersion over scales, Hurst exponent, delay in a queue."""
    from plantverse.sim.traffic import MODELS
    from plantverse.sim.traffic.measures import counts, hurst

    if what in MODELS:
        typer.echo(inspect.getdoc(MODELS[what]))
        typer.echo("")
    is_log = what not in MODELS
    traffic = _made(what, seconds if seconds is not None or is_log else 4096.0, seed, given, factor=factor)
    rows = [("messages", str(len(traffic))), ("rate, 1/s", number(len(traffic) / traffic.seconds))]
    rows += [("mean payload, bytes", number(float(traffic.size.mean()) if len(traffic) else None))]
    rows += [(f"dispersion over {s:g} s", number(_dispersion(traffic, s))) for s in SCALES_S]
    try:
        exponent, error = hurst(counts(traffic.at_s, traffic.seconds, 1.0))
        rows.append(("Hurst exponent from 16 s on", f"{exponent:.2f} ± {1.96 * error:.2f}"))
    except RequestInvalid:
        rows.append(("Hurst exponent from 16 s on", "-"))
    rows += [(f"p99 wait at load {load:g}, service times", number(_p99(traffic, load))) for load in LOADS]
    show_table(("measure", "value"), rows)


def generate(
    what: _What,
    out: Annotated[Path, typer.Option("--out", "-o", help="A .jsonl or .csv file.")],
    seconds: _Seconds = None,
    seed: _Seed = 7,
    given: _Set = None,
    size: _Bytes = 0,
    prefix: Annotated[str, typer.Option(help="Put before every topic.")] = f"{ROOT}/traffic",
    factor: _Factor = 1.0,
) -> None:
    """Write the messages of a model, or of a log at another speed, to a file."""
    from plantverse.sim.traffic import write_traffic

    traffic = _made(what, seconds, seed, given, size=size, prefix=prefix, factor=factor)
    write_traffic(traffic, out)
    typer.echo(f"{len(traffic)} messages written to {out}", err=True)


def publish(
    what: _What,
    seconds: _Seconds = None,
    seed: _Seed = 7,
    given: _Set = None,
    size: _Bytes = 0,
    prefix: Annotated[str, typer.Option(help="Put before every topic.")] = f"{ROOT}/traffic",
    factor: _Factor = 1.0,
    mqtt: _Mqtt = _MQTT,
) -> None:
    """Publish the messages of a model or a log to a broker, at true or scaled time, marked as synthetic."""
    from plantverse.ingest.mqtt.options import SessionOptions
    from plantverse.sim.traffic.publish import publish as send

    broker = SessionOptions.from_url(mqtt, client_id=_client_id())
    is_log = Path(what).suffix != ""
    traffic = _made(what, seconds, seed, given, size=size, prefix=prefix, factor=factor if is_log else 1.0)
    if not is_synthetic_topic(prefix):
        typer.echo(f"outside {ROOT}/ only synthetic twins take this: the messages are marked", err=True)
    sent = send(broker, traffic, factor=1.0 if is_log else factor)
    typer.echo(
        f"{sent.messages} messages, {sent.size} bytes in {sent.seconds:.1f} s, at worst {sent.late_s * 1e3:.1f} ms late"
    )


def capture(
    out: Annotated[Path, typer.Option("--out", "-o", help="A .jsonl or .csv file.")],
    topics: Annotated[list[str] | None, typer.Option("--topic", help="Topic filter; may be repeated.")] = None,
    seconds: Annotated[float, typer.Option(help="How long.")] = 60.0,
    payloads: Annotated[bool, typer.Option("--payloads", help="Keep what messages say, not only how long.")] = False,
    mqtt: _Mqtt = _MQTT,
) -> None:
    """Write what a broker delivers to a file: times, topics and sizes."""
    from plantverse.ingest.mqtt.options import SessionOptions
    from plantverse.sim.traffic import write_traffic
    from plantverse.sim.traffic.capture import capture as take

    broker = SessionOptions.from_url(mqtt, client_id=_client_id())
    traffic = take(broker, topics or ["#"], seconds, payloads=payloads)
    write_traffic(traffic, out)
    typer.echo(f"{len(traffic)} messages on {len(traffic.topics)} topics in {traffic.seconds:.1f} s", err=True)


def _made(
    what: str,
    seconds: float | None,
    seed: int,
    given: list[str] | None,
    *,
    size: int = 0,
    prefix: str = "traffic",
    factor: float = 1.0,
) -> "Traffic":
    from plantverse.sim.traffic import EqualSizes, make_traffic

    parameters = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals:
            raise RequestInvalid("--set", expected="NAME=VALUE", got=text)
        parameters[name] = value
    return make_traffic(
        what,
        seconds=seconds,
        seed=seed,
        given=parameters,
        sizes=EqualSizes(size=size) if size else None,
        prefix=prefix,
        factor=factor,
    )


def _dispersion(traffic: "Traffic", span_s: float) -> float | None:
    from plantverse.sim.traffic.measures import dispersion

    try:
        return dispersion(traffic.at_s, traffic.seconds, span_s)
    except RequestInvalid:
        return None


def _p99(traffic: "Traffic", load: float) -> float | None:
    """Return the 99th percentile of the wait before one server with constant service, in service times."""
    import numpy as np

    from plantverse.sim.traffic.measures import waits

    if not len(traffic):
        return None
    service_s = load * traffic.seconds / len(traffic)
    return float(np.percentile(waits(traffic.at_s, np.full(len(traffic), service_s)), 99) / service_s)


def _summary(kind: type) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0].rstrip(".")


def _client_id() -> str:
    import secrets

    return f"plantverse-{secrets.token_hex(4)}"
