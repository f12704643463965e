"""Unknown topics: into twins of a pattern where one matches, else into boxes that an engineer can bind with a click."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from plantverse.errors import RequestInvalid
from plantverse.platform.plant_host import PlantHost
from plantverse.twins.documents import StatePlane
from plantverse.twins.identity import slug
from plantverse.twins.interop.toml_twins import GENERIC
from plantverse.twins.registry import Registry
from plantverse.twins.specs import Binding, SignalSpec, Synthetic, TwinSpec, TwinType
from plantverse.twins.synthetic import MEMBER, is_synthetic_topic

_log = logging.getLogger(__name__)

SHOWN = 200
"""Unknown topics that become boxes; the rest is in the list. A broker with ten thousand of them is no plant."""
_UNKNOWN = TwinType(name="Topic", description="A topic that nothing reads yet")
_NUMERIC = ("float", "int", "bool")


class UnknownTopics(Protocol):
    """What ingestion knows about topics that nothing reads."""

    def fresh(self) -> Sequence[str]:
        """Return topics that came up since the last call."""

    def topics(self) -> Sequence[Mapping[str, Any]]:
        """Return all of them with count, sample and suggestion."""

    def keep(self, topics: Sequence[str]) -> Mapping[str, bytes]:
        """Return the newest payload of unknown topics."""

    def read_again(self, topic: str, payload: bytes) -> None:
        """Read a message that was unknown when it came."""

    def is_known(self, topic: str) -> bool:
        """Return whether something reads the topic by now."""

    def sample(self, topic: str) -> str:
        """Return the newest payload of an unknown topic as text, cut."""


class Discovery:
    """Follows unknown topics; `tick` is called about twice a second."""

    def __init__(self, *, unknown: UnknownTopics, host: PlantHost, registry: Registry, state: StatePlane) -> None:
        self._unknown = unknown
        self._host = host
        self._registry = registry
        self._state = state
        self._shown: dict[str, str] = {}

    def tick(self) -> None:
        """Show what is new, refresh what is shown, take away what is bound by now."""
        fresh = self._unknown.fresh()
        if fresh:
            payloads = self._unknown.keep(fresh)
            made = self._host.appear(fresh)
            for topic in fresh:
                if topic in made and topic in payloads:
                    # The message that brought the twin up is its first value.
                    self._unknown.read_again(topic, payloads[topic])
            # A flood of synthetic traffic is no hall full of machines; the list has those topics.
            self._show([t for t in fresh if t not in made and not is_synthetic_topic(t)])
        self._refresh()

    def _show(self, topics: Sequence[str]) -> None:
        room = SHOWN - len(self._shown)
        twins = []
        for topic in topics[: max(0, room)]:
            twin_id = self._free_id(topic)
            if topic in self._shown or twin_id is None:
                continue
            self._shown[topic] = twin_id
            twins.append(TwinSpec(id=twin_id, type=_UNKNOWN, name=topic, topic=topic, source="unknown topic"))
        self._host.discover(twins)

    def _free_id(self, topic: str) -> str | None:
        """A topic may be spelled like the id of a twin that reads another one."""
        plain = slug(topic)
        candidates = (plain, *(f"{plain}-{n}" for n in range(2, 10)))
        return next((c for c in candidates if c not in self._registry), None)

    def _refresh(self) -> None:
        for topic, twin_id in list(self._shown.items()):
            if twin_id not in self._registry or not self._registry.get(twin_id).discovered:
                del self._shown[topic]
            elif self._unknown.is_known(topic):
                self._host.undiscover([twin_id])
                del self._shown[topic]
            else:
                self._state.patch(twin_id, {"reported": {"payload": self._unknown.sample(topic)}})


def suggested_twin(topic: str, suggestion: Mapping[str, Any], *, twin_id: str = "", name: str = "") -> TwinSpec:
    """Return the twin that a suggestion describes.

    Args:
        topic: The unknown topic.
        suggestion: `twin`, and `signals` with path, key, kind.
        twin_id: Instead of the suggested one.
        name: What people read.

    A topic of synthetic data makes a synthetic twin.

    Raises:
        RequestInvalid: Nothing in the topic's payload is a number.
    """
    found = [s for s in suggestion["signals"] if s["kind"] in _NUMERIC]
    if not found:
        raise RequestInvalid(
            "topic",
            expected="a topic whose payload has a number or a truth value",
            got=topic,
            hint="write a twin class with a Property for texts",
        )
    return TwinSpec(
        id=twin_id or suggestion["twin"],
        type=TwinType(name=GENERIC),
        name=name,
        topic=topic,
        extra=tuple(SignalSpec(path=s["path"], kind=s["kind"]) for s in found),
        bindings=tuple(Binding(path=s["path"], topic=topic, key=s["key"]) for s in found if s["key"] != s["path"]),
        synthetic=Synthetic(generator=_generator(suggestion)) if is_synthetic_topic(topic) else None,
    )


def _generator(suggestion: Mapping[str, Any]) -> str:
    """Return what the payload's mark says, as far as it is a text."""
    told = next((s["value"] for s in suggestion["signals"] if s["key"] == MEMBER), None)
    return told if isinstance(told, str) and told else "unknown"
