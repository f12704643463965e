"""What marks data that no plant has measured, and keeps it apart from data that one has.

Three marks, each enough by itself: a topic below `ROOT`; a member `MEMBER` at the top of a payload, neither null nor
false; an MQTT 5 user property `MEMBER`. A real twin takes nothing that bears one, and all that a synthetic twin holds
is synthetic, however it came.
"""

from typing import Final

ROOT: Final = "plantverse/synthetic"
"""Topics below it carry synthetic data only."""
MEMBER: Final = "synthetic"


def is_synthetic_topic(topic: str) -> bool:
    """Return whether a topic is reserved for synthetic data.

    Example:
        >>> is_synthetic_topic("plantverse/synthetic/ghost/pump-1"), is_synthetic_topic("plantverse/synthetics")
        (True, False)
    """
    return topic == ROOT or topic.startswith(f"{ROOT}/")
