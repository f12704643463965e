"""Patterns that make twins as their topics appear: `plant/{area}/{machine}/state`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from plantverse.twins.identity import slug
from plantverse.twins.specs import Availability, Binding, Synthetic, TwinSpec, TwinType
from plantverse.twins.synthetic import is_synthetic_topic

SIGNAL = "signal"
"""Placeholder that stands for a signal's path: `plant/{machine}/{signal}`, one topic per signal."""

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, kw_only=True)
class TopicPattern:
    """One `[[map]]` of a plant file.

    Attributes:
        topic: Topic with placeholders; each stands for one or more characters other than `/`. `+` and a final `#`
            match as in MQTT.
        twin: Id of the twin; what the placeholders took is made a slug.
        type: Of every twin that it makes.
        name, area, tags: As in `TwinSpec`, with placeholders.
        bindings: Their topics may have placeholders.
        availability: Its topic may have placeholders.
        base: Topic of the whole twin, with placeholders; "" takes the one that matched.
        synthetic: Of every twin that it makes; without it, topics of synthetic data make none.
    """

    topic: str
    twin: str
    type: TwinType
    name: str = ""
    area: str = ""
    tags: tuple[str, ...] = ()
    base: str = ""
    bindings: tuple[Binding, ...] = ()
    availability: Availability | None = None
    key: str | None = None
    synthetic: Synthetic | None = None
    source: str = field(default="", compare=False)

    def placeholders(self) -> set[str]:
        """Return the names in the topic."""
        return set(_PLACEHOLDER.findall(self.topic))

    def filter(self) -> str:
        """Return the MQTT topic filter of everything that may match.

        Example:
            >>> from plantverse.twins.specs import TwinType
            >>> TopicPattern(topic="plant/{area}/m-{n}/#", twin="{area}/{n}", type=TwinType(name="M")).filter()
            'plant/+/+/#'
        """
        return "/".join("+" if "{" in level else level for level in self.topic.split("/"))

    def unknown(self) -> set[str]:
        """Return names that other texts use and the topic lacks."""
        texts = [self.twin, self.name, self.area, self.base, *self.tags, *(b.topic for b in self.bindings)]
        if self.availability is not None:
            texts.append(self.availability.topic)
        return {n for t in texts for n in _PLACEHOLDER.findall(t)} - self.placeholders()

    def match(self, topic: str) -> TwinSpec | None:
        """Return the twin that this topic belongs to, None if the pattern says nothing about it."""
        found = self._regex.match(topic)
        if found is None or (self.synthetic is None and is_synthetic_topic(topic)):
            return None
        words = found.groupdict()
        path = words.get(SIGNAL)
        if path is not None and path not in self._paths:
            return None
        twin_id = slug(_fill(self.twin, words))
        raw = _fill(self.twin, words)
        per_signal = SIGNAL in self.placeholders()
        return TwinSpec(
            id=twin_id,
            type=self.type,
            name=_fill(self.name, words) or ("" if raw == twin_id else raw),
            area=_fill(self.area, words),
            tags=tuple(_fill(t, words) for t in self.tags),
            topic=_fill(self.base, words) or ("" if per_signal else topic),
            bindings=self._bound(words) if per_signal else self._own(words),
            availability=self.availability and replace(self.availability, topic=_fill(self.availability.topic, words)),
            synthetic=self.synthetic,
            source=self.source,
        )

    def may_make(self, twin_id: str) -> bool:
        """Return whether some topic could make a twin of this id."""
        parts = _PLACEHOLDER.split(self.twin)
        text = "".join(re.escape(p) if i % 2 == 0 else r"[^/]+" for i, p in enumerate(parts))
        return re.fullmatch(text, twin_id) is not None

    def _own(self, words: Mapping[str, str]) -> tuple[Binding, ...]:
        return tuple(replace(b, topic=_fill(b.topic, words)) for b in self.bindings)

    def _bound(self, words: Mapping[str, str]) -> tuple[Binding, ...]:
        """Return a binding per signal and property: the pattern's own ones first, a topic each for the rest."""
        own = self._own(words)
        taken = {b.path for b in own}
        made = [
            Binding(path=p, topic=_fill(self.topic, {**words, SIGNAL: p}), key="" if self.key is None else self.key)
            for p in self._paths
            if p not in taken
        ]
        return (*own, *made)

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        measured = tuple(s.path for s in self.type.signals if not s.derived)
        return measured + tuple(p.path for p in self.type.properties)

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        body, rest = (self.topic[:-2], r"(?:/.*)?") if self.topic.endswith("/#") else (self.topic, "")
        seen: set[str] = set()
        parts = []
        for i, part in enumerate(_PLACEHOLDER.split(body)):
            if i % 2 == 0:
                parts.append("[^/]+".join(re.escape(p) for p in part.split("+")))
            elif part in seen:
                parts.append(f"(?P={part})")
            else:
                seen.add(part)
                parts.append(f"(?P<{part}>[^/]+)")
        return re.compile("".join(parts) + rest + r"\Z", re.DOTALL)


def _fill(text: str, words: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda m: words.get(m[1], m[0]), text)
