"""Where a twin's work runs: cost model, policies and the model cache. Pure decisions, without clock, socket or disk."""

from plantverse.offload.context import FadingContext, FewShot, LeakyContext
from plantverse.offload.cost import Energy, Terms, Weights, completion_s, fits, latency_s
from plantverse.offload.model_cache import Eviction, Lease, ModelCache, ModelSize, Refusal
from plantverse.offload.policy import Policy, decide_all
from plantverse.offload.registry import POLICIES, make_policy
from plantverse.offload.retention import Fifo, LeastContext, Lfu, Lru, Retention
from plantverse.offload.work import DEFER, REJECT, Link, Outcome, Request, Route, Target, Tier

__all__ = [
    "DEFER",
    "POLICIES",
    "REJECT",
    "Energy",
    "Eviction",
    "FadingContext",
    "FewShot",
    "Fifo",
    "LeakyContext",
    "Lease",
    "LeastContext",
    "Lfu",
    "Link",
    "Lru",
    "ModelCache",
    "ModelSize",
    "Outcome",
    "Policy",
    "Refusal",
    "Request",
    "Retention",
    "Route",
    "Target",
    "Terms",
    "Tier",
    "Weights",
    "completion_s",
    "decide_all",
    "fits",
    "latency_s",
    "make_policy",
]
