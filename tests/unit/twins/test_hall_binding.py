"""Nodes of a hall and the twins that they picture."""

from plantverse.twins.hall_binding import bound_nodes

TWINS = ["pumps/P1", "pumps/P2", "tanks/a-1"]


def test_the_first_pattern_that_matches_counts_and_fills_in_the_id() -> None:
    bind = {"Pump_*": "pumps/{1}", "*-*": "tanks/{1}-{2}", "*": "pumps/{name}"}
    found, problems = bound_nodes(bind, ["Pump_P1", "a-1", "P2"], TWINS)
    assert found == {"Pump_P1": "pumps/P1", "a-1": "tanks/a-1", "P2": "pumps/P2"}
    assert problems == []


def test_what_does_not_fit_is_said_and_the_rest_goes_on() -> None:
    bind = {"Pump_*": "pumps/{1}", "Valve_*": "valves/{1}"}
    found, problems = bound_nodes(bind, ["Pump_P1", "Pump_P11", "Pump_P1", "Roof"], TWINS)
    assert found == {"Pump_P1": "pumps/P1"}
    assert problems == [
        "node Pump_P11: no twin pumps/P11 (did you mean pumps/P1?)",
        "node Pump_P1: pumps/P1 has a node already",
        "no node is called Valve_*",
    ]


def test_signs_of_regular_expressions_mean_themselves() -> None:
    assert bound_nodes({"P.(1)": "pumps/P1"}, ["P.(1)", "Px1"], TWINS)[0] == {"P.(1)": "pumps/P1"}
