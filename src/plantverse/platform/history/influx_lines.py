"""Samples as InfluxDB line protocol: one measurement, a series per signal, and what makes equal stamps distinct.

InfluxDB overwrites a point of the same series and time. Further samples of a signal with one stamp therefore get the
tag `n`, counting from 1; the first has none. `key` is the signal's stable number and survives a new name; `signal` is
the name at the time of writing, for people and dashboards.
"""

from collections.abc import Mapping

import numpy as np

from plantverse.twins.samples import F64, I64, Flag, SampleBatch

MEASUREMENT = "plantverse"
INFINITE = 1e300
"""Stands for infinity, which line protocol cannot say, and for everything beyond; the sign is kept. The largest double
would not do: the mean of two of them overflows, and InfluxDB 1.6 then answers with nothing at all."""

_ESCAPES = str.maketrans({" ": "\\ ", ",": "\\,", "=": "\\=", "\n": "\\\\n", "\r": "\\\\r"})


def series_head(origin: str, key: int, signal: str) -> tuple[str, str]:
    """Return what stands before and after the tag `n` of a signal's lines."""
    return f"{MEASUREMENT},history={origin},key={key}", f",signal={signal.translate(_ESCAPES)}"


def lines(batch: SampleBatch, keys: I64, number: I64, heads: Mapping[int, tuple[str, str]]) -> list[str]:
    """Return a line per row.

    Args:
        batch: Samples.
        keys: int64, shape (n,), the key of each row.
        number: int64, shape (n,), 0 for the first row of its signal and stamp.
        heads: `series_head` per key.
    """
    exact = np.zeros(len(batch), np.int64) if batch.exact is None else batch.exact
    has_exact = (batch.flags & Flag.EXACT) != 0
    columns = zip(
        keys.tolist(),
        number.tolist(),
        _finite(batch.value).tolist(),
        batch.observed_ns.tolist(),
        batch.received_ns.tolist(),
        batch.quality.tolist(),
        batch.flags.tolist(),
        batch.stamp_ns.tolist(),
        batch.packet.tolist(),
        exact.tolist(),
        has_exact.tolist(),
        strict=True,
    )
    out = []
    for key, n, value, at, received, quality, flags, stamp, packet, integer, is_exact in columns:
        head, tail = heads[key]
        distinct = f",n={n}" if n else ""
        optional = ""
        if value == value:  # noqa: PLR0124 (NaN is the only number that differs from itself)
            optional = f",value={value!r}"
        if is_exact:
            optional += f",exact={integer}i"
        if stamp != at:
            optional += f",stamp={stamp}i"
        out.append(
            f"{head}{distinct}{tail} quality={quality}i,received={received}i,flags={flags}i,packet={packet}i"
            f"{optional} {at}"
        )
    return out


def ranks(keys: I64, observed_ns: I64) -> I64:
    """Return for each row how many earlier ones have its key and stamp."""
    order = np.lexsort((observed_ns, keys))
    key, at = keys[order], observed_ns[order]
    begins = np.ones(len(keys), np.bool_)
    begins[1:] = (key[1:] != key[:-1]) | (at[1:] != at[:-1])
    first = np.flatnonzero(begins)[np.cumsum(begins) - 1]
    rank = np.empty(len(keys), np.int64)
    rank[order] = np.arange(len(keys)) - first
    return rank


def from_stored(value: F64) -> F64:
    """Return values as they were before they were stored."""
    return np.where(np.abs(value) >= INFINITE, np.copysign(np.inf, value), value)


def _finite(value: F64) -> F64:
    return np.clip(value, -INFINITE, INFINITE)
