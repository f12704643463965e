"""Textbook results on queues: what a simulation must agree with, and what a quick estimate may use.

Rates are per second, times in seconds. A queue without a steady state raises.

Source:
    Kleinrock, Queueing Systems I (1975): M/M/1, M/M/c, processor sharing. Kaul, Yates, Gruteser, Real-time status: how
    often should one update?, INFOCOM 2012: age of first come, first served M/M/1.
"""

from plantverse.errors import RequestInvalid


def mm1_sojourn_s(arrival: float, service: float) -> float:
    """Return the mean time in an M/M/1 queue, waiting and service together."""
    _stable(arrival, service)
    return 1 / (service - arrival)


def erlang_c(arrival: float, service: float, servers: int) -> float:
    """Return the probability that an arrival at an M/M/c queue has to wait."""
    _stable(arrival, service * servers)
    offered = arrival / service
    blocking = 1.0
    for busy in range(1, servers + 1):
        blocking = offered * blocking / (busy + offered * blocking)
    rho = offered / servers
    return blocking / (1 - rho * (1 - blocking))


def mmc_sojourn_s(arrival: float, service: float, servers: int) -> float:
    """Return the mean time in an M/M/c queue."""
    return erlang_c(arrival, service, servers) / (servers * service - arrival) + 1 / service


def sharing_sojourn_s(alone_s: float, rho: float) -> float:
    """Return the mean time under processor sharing of a job that takes `alone_s` alone, whatever the law of sizes."""
    _stable(rho, 1.0)
    return alone_s / (1 - rho)


def mm1_age_s(arrival: float, service: float) -> float:
    """Return the mean age of information behind a first come, first served M/M/1 queue."""
    _stable(arrival, service)
    rho = arrival / service
    return (1 + 1 / rho + rho**2 / (1 - rho)) / service


def mm1_peak_age_s(arrival: float, service: float) -> float:
    """Return the mean age just before a result arrives, behind a first come, first served M/M/1 queue."""
    return 1 / arrival + mm1_sojourn_s(arrival, service)


def _stable(arrival: float, service: float) -> None:
    if not 0 < arrival < service:
        raise RequestInvalid("arrival", expected=f"a rate above 0 and below {service:g}", got=arrival)
