"""The harness that judges generators by one protocol, beside controls that learn next to nothing."""

from plantverse.ai.generate.evaluate.judges import JUDGES
from plantverse.ai.generate.evaluate.protocol import Case, HarnessBroken, Material, evaluate, judge

__all__ = ["JUDGES", "Case", "HarnessBroken", "Material", "evaluate", "judge"]
