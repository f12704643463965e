"""Authors' formulas, run so that one that raises is switched off where it does, and nothing else notices."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.platform.formula_groups import Group
from plantverse.platform.moments import Table

NAMED = 3
"""Twins that a message names; a formula that fails for a whole type would name them all."""

Mask = NDArray[np.bool_]
OnFault = Callable[[str, str, Exception], None]
"""Called with (twin id or "" for several, sentence, error)."""


class FormulaFaults:
    """Runs formulas over all twins at once, and remembers for which twins they failed.

    Args:
        what: Kind of formula, for messages: `alarm rule`.
        on_fault: Told once for each twin and formula.
    """

    def __init__(self, what: str, on_fault: OnFault) -> None:
        self._what = what
        self._on_fault = on_fault
        self._off: dict[Hashable, set[str]] = {}
        self._on: dict[Hashable, Mask] = {}

    def rebuild(self, groups: Iterable[Group]) -> None:
        """Take over changed groups; a formula that failed for a twin stays off for it until its text changes."""
        kept = [group for group in groups if group.key in self._off]
        self._off = {group.key: self._off[group.key] for group in kept}
        self._on = {group.key: self._mask(group) for group in kept}

    def run(self, group: Group, table: Table, known: Mask, kind: type[np.generic]) -> tuple[Mask, NDArray[Any]]:
        """Return which rows have a result, and those results.

        Args:
            group: The formula.
            table: Its inputs.
            known: bool, shape (n,): which rows of the table are to be computed.
            kind: dtype of the result.
        """
        on = self._on.get(group.key)
        if on is not None:
            known = known & on[table.row]
        if not known.any():
            return known, np.zeros(0, kind)
        try:
            return known, group(table.value[known]).astype(kind)
        except Exception as exc:
            return self._one_by_one(group, table, known, kind, exc)

    def _one_by_one(
        self, group: Group, table: Table, known: Mask, kind: type[np.generic], why: Exception
    ) -> tuple[Mask, NDArray[Any]]:
        """Find the twins whose values it does not take; where each works alone, it is no formula over columns."""
        rows = np.unique(table.row[known]).tolist()
        ran, result = known.copy(), np.zeros(len(known), kind)
        failed = []
        for row in rows if len(rows) > 1 else ():
            mine = known & (table.row == row)
            try:
                result[mine] = group(table.value[mine]).astype(kind)
            except Exception:
                ran[mine] = False
                failed.append(row)
        if not failed:
            failed, ran = rows, np.zeros_like(known)
        self._switch_off(group, [group.twins[row].spec.id for row in failed], why)
        return ran, result[ran]

    def _switch_off(self, group: Group, twins: list[str], why: Exception) -> None:
        self._off.setdefault(group.key, set()).update(twins)
        self._on[group.key] = self._mask(group)
        names = ", ".join(twins[:NAMED]) + (f" and {len(twins) - NAMED} more" if len(twins) > NAMED else "")
        message = f"{self._what} {group.title} is switched off for {names}, it failed: {type(why).__name__}: {why}"
        self._on_fault(twins[0] if len(twins) == 1 else "", message[:1_000], why)

    def _mask(self, group: Group) -> Mask:
        off = self._off[group.key]
        return np.array([twin.spec.id not in off for twin in group.twins], np.bool_)
