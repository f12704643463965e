"""The harness that judges generators by one protocol, beside controls that learn next to nothing."""

from plantverse.ai.generate.evaluate.judges import JUDGES
from plantverse.ai.generate.evaluate.lift import fault_lift
from plantverse.ai.generate.evaluate.protocol import Case, HarnessBroken, Material, evaluate, judge
from plantverse.ai.generate.evaluate.tep import tep_runs

__all__ = ["JUDGES", "Case", "HarnessBroken", "Material", "evaluate", "fault_lift", "judge", "tep_runs"]
