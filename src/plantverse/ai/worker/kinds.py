"""Which kinds of models a worker can run, and where their code is.

A kind is a name and `module:function` of its `Opener`. The module is imported in the worker alone, when the first model
of that kind is loaded, so that a kind with heavy libraries costs nobody else anything.
"""

import importlib
from collections.abc import Mapping
from typing import Final

from plantverse.ai.errors import ModelInvalid
from plantverse.ai.worker.runner import Opener

KINDS: Final[Mapping[str, str]] = {
    "detector": "plantverse.ai.detectors.running:open_detector",
}


def opener_of(kind: str, kinds: Mapping[str, str] = KINDS) -> Opener:
    """Return the opener of a kind of models.

    Raises:
        ModelInvalid: No such kind.
    """
    if kind not in kinds:
        raise ModelInvalid(f"models of kind {kind!r}: this plantverse runs {', '.join(kinds)}")
    module, _, name = kinds[kind].partition(":")
    found: Opener = getattr(importlib.import_module(module), name)
    return found
