"""What marks data that no plant has measured, and keeps it apart from data that one has.

Three marks, each enough by itself: a topic below `ROOT`; a member `MEMBER` at the top of a payload, neither null nor
false; an MQTT 5 user property `MEMBER`. A real twin takes nothing that bears one, and all that a synthetic twin holds
is synthetic, however it came.
"""

from typing import Final

from plantverse.twins.specs import TwinSpec

ROOT: Final = "plantverse/synthetic"
"""Topics below it carry synthetic data only."""
MEMBER: Final = "synthetic"


GHOST_OF: Final = "ghost_of"
"""Relation of a synthetic twin to the real one that it stands beside."""
SYNTHETIC_PREFIX: Final = "synthetic!"
"""Stands before the name under which history keeps what belongs to a synthetic twin. A twin id cannot have it, so no
real twin, whatever it is or was called, can come by such a history."""


def ghost_id(twin_id: str) -> str:
    """Return the id of the ghost of a twin."""
    return f"{twin_id}.ghost"


def ghost_topic(twin_id: str) -> str:
    """Return the topic on which the ghost of a twin is fed."""
    return f"{ROOT}/ghost/{twin_id}"


def stored_name(spec: TwinSpec, name: str) -> str:
    """Return the name under which history keeps a twin id, signal or document of that twin."""
    return f"{SYNTHETIC_PREFIX}{name}" if spec.synthetic is not None else name


def bears_mark(document: object) -> bool:
    """Return whether a decoded payload says that it is synthetic.

    Example:
        >>> bears_mark({"synthetic": "gen v3", "flow": 1}), bears_mark({"synthetic": False}), bears_mark([1])
        (True, False, False)
    """
    mark = document.get(MEMBER) if isinstance(document, dict) else None
    return mark is not None and mark is not False


def is_synthetic_topic(topic: str) -> bool:
    """Return whether a topic is reserved for synthetic data.

    Example:
        >>> is_synthetic_topic("plantverse/synthetic/ghost/pump-1"), is_synthetic_topic("plantverse/synthetics")
        (True, False)
    """
    return topic == ROOT or topic.startswith(f"{ROOT}/")
