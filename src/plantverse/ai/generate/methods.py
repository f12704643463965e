"""Every method of generation by name. A new one is a core in a file of its own and a line here."""

from collections.abc import Mapping

from plantverse.ai.errors import RowsUnfit
from plantverse.ai.generate.bootstrap import BootstrapCore
from plantverse.ai.generate.core import Core
from plantverse.ai.generate.flow import FlowCore
from plantverse.ai.generate.generator import Generator, fit_core
from plantverse.ai.generate.jitter import JitterCore
from plantverse.ai.generate.recordings import Windows
from plantverse.ai.generate.replay import ReplayCore
from plantverse.ai.generate.rules import Rule
from plantverse.ai.generate.smote import SmoteCore
from plantverse.ai.generate.var import VarCore

CORES: dict[str, type[Core]] = {
    core.kind: core for core in (VarCore, FlowCore, JitterCore, SmoteCore, BootstrapCore, ReplayCore)
}
"""Every method by name."""
DEFAULT_KIND = VarCore.kind
"""The simplest, and no worse than the network; docs/explanation/generated-data.md has the figures."""


def fit(
    kind: str, windows: Windows, *, rules: Mapping[str, Rule] | None = None, seed: int = 0, steps: int = 0
) -> Generator:
    """Return a generator that has learned from windows.

    Args:
        kind: Name of a method, see `CORES`.
        windows: At least 20 whole ones, normal and with faults.
        rules: What is known of columns, by name; the rest is learned. See `rules.rules_of_twins`.
        seed: Of the training; the same windows and seed give the same generator on the same machine.
        steps: Of training, 0 for the method's own choice.

    Raises:
        RowsUnfit: No such method, or windows that cannot be learned from.
    """
    if kind not in CORES:
        raise RowsUnfit(f"method {kind}: expected one of {', '.join(CORES)}")
    return fit_core(CORES[kind], windows, rules=rules, seed=seed, steps=steps)
