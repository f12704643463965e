"""Which twin each node of a hall is the picture of."""

import re
from collections.abc import Iterable, Mapping

from plantverse.twins.problems import closest


def bound_nodes(
    bind: Mapping[str, str], nodes: Iterable[str], twins: Iterable[str]
) -> tuple[dict[str, str], list[str]]:
    """Return (twin id by node name, what is wrong in words).

    The first pattern that matches a node counts; of several nodes for one twin, the first.

    Args:
        bind: Twin ids by pattern, see `Hall.bind`.
        nodes: Names in the hall.
        twins: Ids that exist.

    Example:
        >>> bound_nodes({"Pump_*": "hall/pump-{1}"}, ["Pump_1", "Wall"], ["hall/pump-1"])
        ({'Pump_1': 'hall/pump-1'}, [])
    """
    known = list(twins)
    patterns = [(pattern, _compiled(pattern), twin) for pattern, twin in bind.items()]
    found: dict[str, str] = {}
    problems: list[str] = []
    matched: set[str] = set()
    for node in nodes:
        for pattern, expression, template in patterns:
            match = expression.fullmatch(node)
            if match is None:
                continue
            matched.add(pattern)
            twin = _filled(template, node, match)
            if twin not in known:
                hint = closest(twin, known)
                problems.append(f"node {node}: no twin {twin}" + (f" ({hint})" if hint else ""))
            elif twin in found.values():
                problems.append(f"node {node}: {twin} has a node already")
            else:
                found[node] = twin
            break
    problems += [f"no node is called {pattern}" for pattern in bind if pattern not in matched]
    return found, problems


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("(.*)".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def _filled(template: str, node: str, match: re.Match[str]) -> str:
    values = {"name": node, **{str(i): text for i, text in enumerate(match.groups(), 1)}}
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), template)
