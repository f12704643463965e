"""What is subscribed, and under which name."""

from pathlib import Path

import pytest

from plantverse.platform.config import MqttSettings
from plantverse.platform.mqtt_options import client_id, covers, topic_filters


def test_the_client_id_is_the_same_after_a_restart_and_another_for_another_state_folder() -> None:
    mqtt = MqttSettings()
    assert client_id(mqtt, "plant", Path("/a")) == client_id(mqtt, "plant", Path("/a"))
    assert client_id(mqtt, "plant", Path("/a")) != client_id(mqtt, "plant", Path("/b"))
    assert client_id(MqttSettings(client_id="mine"), "plant", Path("/a")) == "mine"


def test_a_plant_name_of_any_letters_makes_a_client_id_of_plain_ones() -> None:
    assert client_id(MqttSettings(), "Halle 2/Füller", Path("/a")).isascii()


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("#", "a/b", True),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("a/+", "a/b", True),
        ("a/+", "a/+", True),
        ("a/b", "a/+", False),
        ("a/+", "a/#", False),
        ("a/+", "a", False),
        ("#", "$SYS/load", False),
        ("+/b", "$SYS/b", False),
        ("$SYS/#", "$SYS/load", True),
    ],
)
def test_one_filter_covers_another(wide: str, narrow: str, expected: bool) -> None:
    assert covers(wide, narrow) is expected


def test_what_the_plant_needs_is_added_where_people_narrowed_the_view() -> None:
    mqtt = MqttSettings(subscribe=("shop/#",))
    assert topic_filters(mqtt, ["shop/a", "plant/p1"]) == ["shop/#", "plant/p1"]
    assert topic_filters(MqttSettings(), ["shop/a"]) == ["#"]
