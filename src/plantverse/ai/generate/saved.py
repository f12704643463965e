"""A generator as a saved model and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.errors import ModelInvalid, RowsUnfit
from plantverse.ai.generate.condition import Condition, Seen
from plantverse.ai.generate.core import Core
from plantverse.ai.generate.generator import Generator, Shape
from plantverse.ai.generate.methods import CORES
from plantverse.ai.generate.pool import Near
from plantverse.ai.generate.rules import Rule
from plantverse.ai.models import Model

PREFIX = "generator."
CORE_ARRAY, BEGUN_ARRAY = "core.", "begun."


def save_generator(generator: Generator, extra: Mapping[str, Any] | None = None) -> Model:
    """Return a generator as a model, for `write_model` or a registry.

    Args:
        generator: What was learned.
        extra: What else belongs to it; plain JSON.
    """
    shape = generator.shape
    return Model(
        kind=PREFIX + generator.kind,
        facts={
            "columns": list(shape.columns),
            "length": shape.length,
            "every_s": shape.every_s,
            "rules": [rule.facts() for rule in shape.rules],
            "seen": generator.seen.facts(),
            "report": generator.report,
            "extra": dict(extra or {}),
        },
        arrays={
            "mean": shape.mean,
            "scale": shape.scale,
            "moving": shape.moving,
            "bases": shape.bases,
            "phases": shape.phases,
            **{BEGUN_ARRAY + name: array for name, array in Near(shape.begun, shape.length).arrays().items()},
            **{CORE_ARRAY + name: array for name, array in generator.core.arrays().items()},
        },
    )


def load_generator(
    model: Model, *, name: str = "", version: int = 0, cores: Mapping[str, type[Core]] = CORES
) -> Generator:
    """Return the generator that was saved; its windows are those of the one that was, to the byte.

    Args:
        model: As read.
        name: Under which it is kept, for provenance; the method by default.
        version: Of that name, for provenance.
        cores: Methods by name.

    Raises:
        ModelInvalid: Not a generator, of an unknown method, or with parts that do not fit together.
    """
    kind = model.kind.removeprefix(PREFIX)
    if kind == model.kind or kind not in cores:
        raise ModelInvalid(f"model of kind {model.kind}: expected a generator of {', '.join(cores)}")
    facts, arrays = model.facts, model.arrays
    try:
        shape = Shape(
            columns=tuple(facts["columns"]),
            length=int(facts["length"]),
            every_s=float(facts["every_s"]),
            rules=tuple(Rule.from_facts(f) for f in facts["rules"]),
            mean=arrays["mean"],
            scale=arrays["scale"],
            moving=arrays["moving"].astype(np.int64),
            bases=arrays["bases"],
            begun=Near.of(_named(arrays, BEGUN_ARRAY), int(facts["length"])).labels,
            phases=arrays["phases"].astype(np.int64),
        )
        core = cores[kind].of(_named(arrays, CORE_ARRAY))
        generator = Generator(core, shape, Seen.from_facts(facts["seen"]), facts["report"])
        tried = generator.sample(1, _any(generator.seen)).values
    except (KeyError, ValueError, IndexError, TypeError, AttributeError, RowsUnfit) as exc:
        raise ModelInvalid(f"model of kind {model.kind}: its parts do not fit together ({exc})") from exc
    if not len(shape.columns) == len(shape.rules) == len(shape.mean) == len(shape.scale) or np.isnan(tried).any():
        raise ModelInvalid(f"model of kind {model.kind}: its parts do not fit together")
    generator.id = f"{name or kind}@{model.hash[:12]}" if model.hash else name or kind
    generator.version = version
    return generator


def _named(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _any(seen: Seen) -> Condition:
    return Condition(fault=seen.faults[0], severity=seen.severity[0][1], onset=seen.onset[0][1])
