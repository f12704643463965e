"""The models by name, with their parameters as text: what the command line and the benchmarks choose from."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Final

from plantverse.errors import RequestInvalid
from plantverse.sim.traffic.events import Sizes, Traffic, TrafficModel, generate
from plantverse.sim.traffic.files import SUFFIXES, read_traffic
from plantverse.sim.traffic.mmpp import MarkovModulated
from plantverse.sim.traffic.onoff import ParetoOnOff
from plantverse.sim.traffic.periodic import Periodic
from plantverse.sim.traffic.poisson import Poisson
from plantverse.sim.traffic.replay import Replay
from plantverse.sim.traffic.sizes import LogNormalSizes

MODELS: Final[Mapping[str, type[Poisson | Periodic | MarkovModulated | ParetoOnOff]]] = {
    "poisson": Poisson,
    "periodic": Periodic,
    "mmpp": MarkovModulated,
    "onoff": ParetoOnOff,
}

_WORDS: Final = {"true": True, "false": False}


def parameters_of(name: str) -> dict[str, float | bool]:
    """Return the parameters of a model with their defaults.

    Raises:
        RequestInvalid: No such model.
    """
    made = _class(name)()
    return {f.name: getattr(made, f.name) for f in fields(made)}


def make_model(name: str, given: Mapping[str, str | float | bool] | None = None) -> TrafficModel:
    """Return a model.

    Args:
        name: One of `MODELS`.
        given: Parameters that differ from the default, as numbers or their text.

    Raises:
        RequestInvalid: No such model or parameter, or a value out of range.
    """
    known = parameters_of(name)
    values: dict[str, float | bool] = {}
    for key, value in (given or {}).items():
        if key not in known:
            raise RequestInvalid(key, expected=f"one of {', '.join(known)}", got=key)
        values[key] = _read(key, value, known[key])
    made: TrafficModel = _class(name)(**values)  # type: ignore[arg-type]
    return made


def make_traffic(
    what: str,
    *,
    seconds: float | None,
    seed: int = 7,
    given: Mapping[str, str | float | bool] | None = None,
    sizes: Sizes | None = None,
    prefix: str = "traffic",
    factor: float = 1.0,
) -> Traffic:
    """Return the messages of a model by name, or of a captured log by its file.

    Args:
        what: One of `MODELS`, or the path of a `.jsonl` or `.csv` log.
        seconds: Length of the run; None plays a log once, and is no length for a model.
        seed: Of a model; a log has no chance in it.
        given: Parameters of a model.
        sizes: Payload sizes of a model; log-normal ones by default.
        prefix: Put before every topic.
        factor: Speed of a log.

    Raises:
        RequestInvalid: What is asked for does not exist or is out of range.
    """
    if Path(what).suffix in SUFFIXES:
        if given:
            raise RequestInvalid("parameters", expected="none with a captured log", got=dict(given))
        return Replay(log=read_traffic(Path(what)), factor=factor).play(seconds, prefix)
    model = make_model(what, given)
    if seconds is None:
        raise RequestInvalid("seconds", expected="the length of the run", got=None)
    told = " ".join(f"{f}={getattr(model, f):g}" for f in parameters_of(what))
    return generate(
        model,
        sizes or LogNormalSizes(),
        seconds=seconds,
        seed=seed,
        prefix=prefix,
        origin=f"{what} {told} seed={seed}",
    )


def _class(name: str) -> type[Poisson | Periodic | MarkovModulated | ParetoOnOff]:
    if name not in MODELS:
        raise RequestInvalid(
            "model", expected=f"one of {', '.join(MODELS)}, or a captured log (.jsonl, .csv)", got=name
        )
    return MODELS[name]


def _read(key: str, value: object, default: object) -> float | bool:
    if isinstance(default, bool):
        word = _WORDS.get(str(value).lower())
        if word is None:
            raise RequestInvalid(key, expected="true or false", got=value)
        return word
    try:
        number = float(str(value))
    except ValueError as exc:
        raise RequestInvalid(key, expected="a number", got=value) from exc
    if isinstance(default, int):
        if number != int(number):
            raise RequestInvalid(key, expected="a whole number", got=value)
        return int(number)
    return number
