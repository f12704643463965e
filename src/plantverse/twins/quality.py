"""Quality of a sample: OPC UA's three severities and a cause, packed in one byte.

The byte is `severity << 6 | cause`, so that a column of qualities is `uint8` and severities compare as integers.

Source: OPC UA Part 8, section 7.3 (severity in the two highest bits of a status code); the causes are ours.
"""

from enum import IntEnum


class Severity(IntEnum):
    """How far a value can be trusted; the numbers are OPC UA's."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class Cause(IntEnum):
    """Why a value is not good. Numbers are wire format: append, never renumber."""

    NONE = 0
    OUT_OF_RANGE = 1
    STALE = 2
    SUBSTITUTED = 3
    CLOCK_SKEW = 4
    NOT_A_NUMBER = 5
    PRECISION_LOST = 6
    NO_READING = 7
    TYPE_CHANGED = 8
    RETAINED = 9
    RESTORED = 10
    DEVICE = 11
    DISCONNECTED = 12
    LOCAL_TIME_AMBIGUOUS = 13
    BIRTH_MISSING = 14
    SEQUENCE_GAP = 15
    UNKNOWN_CODE = 16
    COUNTER_RESET = 17
    NEVER_SEEN = 18


def pack(severity: Severity, cause: Cause = Cause.NONE) -> int:
    """Return the quality byte."""
    return severity << 6 | cause


def severity_of(quality: int) -> Severity:
    """Return the severity of a quality byte."""
    return Severity(quality >> 6)


def cause_of(quality: int) -> Cause:
    """Return the cause of a quality byte; a cause of a newer version reads as `UNKNOWN_CODE`."""
    try:
        return Cause(quality & 0x3F)
    except ValueError:
        return Cause.UNKNOWN_CODE


def describe(quality: int) -> str:
    """Return `good` or for example `uncertain: stale`.

    Example:
        >>> describe(STALE)
        'uncertain: stale'
    """
    severity, cause = severity_of(quality), cause_of(quality)
    return severity.name.lower() if cause is Cause.NONE else f"{severity.name.lower()}: {cause.name.lower()}"


GOOD = pack(Severity.GOOD)
STALE = pack(Severity.UNCERTAIN, Cause.STALE)
RETAINED = pack(Severity.UNCERTAIN, Cause.RETAINED)
RESTORED = pack(Severity.UNCERTAIN, Cause.RESTORED)
DISCONNECTED = pack(Severity.UNCERTAIN, Cause.DISCONNECTED)
CLOCK_SKEW = pack(Severity.UNCERTAIN, Cause.CLOCK_SKEW)
OUT_OF_RANGE = pack(Severity.UNCERTAIN, Cause.OUT_OF_RANGE)
NOT_A_NUMBER = pack(Severity.BAD, Cause.NOT_A_NUMBER)
NO_READING = pack(Severity.UNCERTAIN, Cause.NO_READING)
TYPE_CHANGED = pack(Severity.UNCERTAIN, Cause.TYPE_CHANGED)
NEVER_SEEN = pack(Severity.BAD, Cause.NEVER_SEEN)
