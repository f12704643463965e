"""What a placement costs: the predicted latency of a route, and the weighted objective of a whole run."""

from dataclasses import dataclass

from plantverse.offload.work import Request, Route


def fits(request: Request, route: Route) -> bool:
    """Return whether the target is alive and has room, as far as is known."""
    target = route.target
    return target.alive and request.demand <= target.capacity - target.used


def completion_s(request: Request, route: Route, now_s: float) -> float:
    """Return when the result would be back at the asker: way there, wait, model load, service, way back."""
    link = route.link
    return route.target.finish_s(request, now_s + link.up_s(request)) + link.down_s(request)


def latency_s(request: Request, route: Route, now_s: float) -> float:
    """Return the predicted seconds from the measurement to the result; the result's age on arrival."""
    return completion_s(request, route, now_s) - request.generated_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """What work and transmission cost a battery.

    Args:
        per_cycle_j: Joule per cycle on the device; 1e-9 is a small processor of 1 W at 1 GHz.
        per_bit_j: Joule per bit sent; 1e-8 is about 0.5 W at 50 Mbit/s.
    """

    per_cycle_j: float = 1e-9
    per_bit_j: float = 1e-8

    def of(self, request: Request, *, on_device: bool) -> float:
        """Return the joules that the device spends on a request."""
        return request.work * self.per_cycle_j if on_device else request.input_bits * self.per_bit_j


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The parts of the objective, each a mean per request except the age, which is a mean over time and twins.

    Args:
        latency_s: Mean latency of what was done.
        age_s: Mean age of information.
        missed: Share of requests done after their deadline.
        energy_j: Mean energy of the device.
        lost: Share of requests rejected, overflowed or lost in a crash.
    """

    latency_s: float
    age_s: float
    missed: float
    energy_j: float
    lost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How the terms are weighed against each other; all per unit of the term, >= 0."""

    latency: float = 1.0
    age: float = 1.0
    missed: float = 1.0
    energy: float = 0.1
    lost: float = 5.0

    def objective(self, terms: Terms) -> float:
        """Return the weighted sum, lower is better. Report it beside the terms, never alone."""
        return (
            self.latency * terms.latency_s
            + self.age * terms.age_s
            + self.missed * terms.missed
            + self.energy * terms.energy_j
            + self.lost * terms.lost
        )
