"""Every error that plantverse raises on purpose.

```
PlantverseError
├── PlantInvalid           a plant file, type or tag list is wrong: names file, twin, field, expected, got
├── UnitMismatch           two units of different kinds
├── SelectorInvalid        a selector does not parse
├── PayloadInvalid         a payload cannot be read with its mapping
├── ProtocolViolation      a sync peer broke a rule of docs/spec/sync.md
├── NotAllowed             a user lacks a role, a broker is foreign
│   └── Unauthenticated    a token is missing or wrong, or the address has to wait
├── AuditUnavailable       the audit log cannot be opened, read or written, so nothing is commanded
├── RequestInvalid         an argument of a request is missing, unknown or out of range
├── NotFound               a twin, signal, command or alarm does not exist
├── Conflict               the request contradicts the present state
├── HistoryUnavailable     the history store cannot be opened, read or written
├── BrokerUnavailable      no MQTT broker at the given address
├── ServerUnavailable      no plantverse server at the given address (raised by the client)
├── ConfigInvalid          a setting is wrong or unsafe
└── ViewerBundleMissing    the browser viewer was never built
```

Each carries a stable `code` (documented in docs/reference/errors.md) and an optional `hint`: what to do next.
"""

from collections.abc import Sequence


class PlantverseError(Exception):
    """Root of the tree; `code` is stable and travels on the wire, `hint` says what to do next."""

    code = "error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class PlantInvalid(PlantverseError):
    """A plant file, a twin type or a tag list is wrong.

    Args:
        where: File, twin and field as far as known, for example `plant.toml: hall/pump-1: flow`.
        expected: What would have been right.
        got: What stood there.

    Attributes:
        problems: Every single mistake where several were found at once, else only this one.
    """

    code = "plant_invalid"

    def __init__(self, where: str, *, expected: str, got: object, hint: str | None = None) -> None:
        self.where, self.expected, self.got = where, expected, got
        super().__init__(f"{where}: expected {expected}, got {_short(got)}", hint=hint)
        self.problems: tuple[PlantInvalid, ...] = (self,)

    @classmethod
    def of(cls, problems: Sequence["PlantInvalid"]) -> "PlantInvalid":
        """Return one error for several mistakes; its text has a line for each."""
        single = tuple(p for problem in problems for p in problem.problems)
        if len(single) == 1:
            return single[0]
        first = single[0]
        error = cls(first.where, expected=first.expected, got=first.got)
        error.problems = single
        error.message = "\n".join([f"{len(single)} problems", *(f"  {problem}" for problem in single)])
        error.args = (error.message,)
        return error


class UnitMismatch(PlantverseError):
    """Two units cannot be converted into each other."""

    code = "unit_mismatch"

    def __init__(self, where: str, *, given: str, declared: str, hint: str | None = None) -> None:
        self.where, self.given, self.declared = where, given, declared
        super().__init__(f"{where}: unit {given} given, {declared} declared", hint=hint)


class SelectorInvalid(PlantverseError):
    """A selector does not parse; the message names the position."""

    code = "selector_invalid"


class PayloadInvalid(PlantverseError):
    """A payload cannot be read; `cause` is the counter it goes to."""

    code = "payload_invalid"

    def __init__(self, cause: str, message: str, *, hint: str | None = None) -> None:
        self.cause = cause
        super().__init__(message, hint=hint)


class ProtocolViolation(PlantverseError):
    """A sync peer broke a rule; `rule` is its number in docs/spec/sync.md."""

    code = "protocol_violation"

    def __init__(self, rule: str, message: str, *, hint: str | None = None) -> None:
        self.rule = rule
        super().__init__(f"{rule}: {message}", hint=hint)


class NotAllowed(PlantverseError):
    """The caller may not do this."""

    code = "not_allowed"


class Unauthenticated(NotAllowed):
    """Who calls is not known: another token helps.

    Args:
        retry_after_s: Seconds to wait after too many failed attempts; None where a right token is taken now.
    """

    code = "unauthenticated"

    def __init__(self, message: str, *, hint: str | None = None, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message, hint=hint)


class AuditUnavailable(PlantverseError):
    """The audit log cannot be opened, read or written; what it should have recorded must not be done."""

    code = "audit_unavailable"


class RequestInvalid(PlantverseError):
    """An argument of a request is wrong.

    Args:
        field: Which argument, for example `speed`.
        expected: What would have been right.
        got: What was sent.
    """

    code = "request_invalid"

    def __init__(self, field: str, *, expected: str, got: object, hint: str | None = None) -> None:
        self.field, self.expected, self.got = field, expected, got
        super().__init__(f"{field}: expected {expected}, got {_short(got)}", hint=hint)


class NotFound(PlantverseError):
    """The named thing does not exist."""

    code = "not_found"


class Conflict(PlantverseError):
    """The request contradicts the present state, for example a command to a stale twin."""

    code = "conflict"


class HistoryUnavailable(PlantverseError):
    """The history store cannot be opened, read or written."""

    code = "history_unavailable"


class BrokerUnavailable(PlantverseError):
    """No MQTT broker answers at the address, or it refused us."""

    code = "broker_unavailable"


class ServerUnavailable(PlantverseError):
    """No plantverse server answers at the address."""

    code = "server_unavailable"


class ConfigInvalid(PlantverseError):
    """A setting is wrong, or safe operation forbids it."""

    code = "config_invalid"


class ViewerBundleMissing(PlantverseError):
    """The browser viewer was never built."""

    code = "viewer_bundle_missing"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
