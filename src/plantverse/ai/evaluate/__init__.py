"""The harness that judges detectors by one protocol, beside controls that know nothing."""

from plantverse.ai.evaluate.metrics import Counts, count
from plantverse.ai.evaluate.protocol import CONTROLS, evaluate, is_causal, score_run
from plantverse.ai.evaluate.vus import vus_pr

__all__ = ["CONTROLS", "Counts", "count", "evaluate", "is_causal", "score_run", "vus_pr"]
