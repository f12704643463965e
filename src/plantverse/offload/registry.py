"""Policies by name, for the command line and the settings."""

from collections.abc import Callable
from random import Random

from plantverse.errors import RequestInvalid
from plantverse.offload.policy import Policy
from plantverse.offload.prophet import Prophet, Truth
from plantverse.offload.rules import RandomChoice, RoundRobin, ShortestCompletion, Tiered, crash_avoid, least_loaded
from plantverse.offload.ucb import MonotoneUcb
from plantverse.offload.work import Tier

POLICIES: dict[str, Callable[[int], Policy]] = {
    "local": lambda _seed: Tiered("local", Tier.DEVICE),
    "nearest": lambda _seed: Tiered("nearest", Tier.EDGE),
    "cloud": lambda _seed: Tiered("cloud", Tier.CLOUD),
    "random": lambda seed: RandomChoice(Random(seed)),  # noqa: S311 -- a baseline, not a secret
    "round-robin": lambda _seed: RoundRobin(),
    "least-loaded": lambda _seed: least_loaded(),
    "crash-avoid": lambda _seed: crash_avoid(),
    "jsec": lambda _seed: ShortestCompletion(),
    "monotone-ucb": lambda _seed: MonotoneUcb(),
}
"""Every policy that can run live, made from a seed."""


def make_policy(name: str, *, seed: int = 0, truth: Truth | None = None) -> Policy:
    """Return a fresh policy.

    Args:
        name: A key of `POLICIES`, or `prophet`.
        seed: For those that draw.
        truth: What the prophet knows; only a simulator has it.

    Raises:
        RequestInvalid: There is no such policy, or a prophet without a truth.
    """
    if name == "prophet" and truth is not None:
        return Prophet(truth)
    if name not in POLICIES:
        raise RequestInvalid("policy", expected=f"one of {', '.join(POLICIES)}", got=name)
    return POLICIES[name](seed)
