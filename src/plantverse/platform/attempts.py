"""Counts failed attempts per address, so that guessing and flooding cost the guesser and not the server."""

from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address, ip_network

_WINDOW_NS = 60 * 1_000_000_000
_MAX_ADDRESSES = 4096


class FailedAttempts:
    """A sliding window of failures per address; pure, time is passed in.

    Args:
        limit: Failures within a minute after which an address has to wait.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._failures: OrderedDict[str, deque[int]] = OrderedDict()

    def wait_s(self, address: str, now_ns: int) -> float:
        """Return how many seconds the address has to wait, 0.0 if it may try.

        Args:
            address: IP address of the peer; IPv6 peers count together within their /64, which one host owns
                whole.
            now_ns: Monotonic time, ns.
        """
        failures = self._failures.get(_subject(address))
        if failures is None or len(failures) < self._limit:
            return 0.0
        return max(0.0, (failures[0] + _WINDOW_NS - now_ns) / 1e9)

    def failed(self, address: str, now_ns: int) -> None:
        """Note one failure; the addresses that failed longest ago are forgotten beyond 4096."""
        subject = _subject(address)
        failures = self._failures.setdefault(subject, deque(maxlen=self._limit))
        failures.append(now_ns)
        self._failures.move_to_end(subject)
        if len(self._failures) > _MAX_ADDRESSES:
            self._failures.popitem(last=False)


def _subject(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ip_network((parsed, 64), strict=False))
    return str(parsed)
