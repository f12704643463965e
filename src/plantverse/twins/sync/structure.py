"""From a registered twin to the `TwinInfo` that replicas hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from plantverse.twins.look_specs import VisualRule
from plantverse.twins.registry import TwinEntry
from plantverse.twins.specs import CommandSpec, Limits, PropertySpec, SignalSpec, Synthetic, TwinSpec
from plantverse.twins.sync.messages import (
    CommandInfo,
    GeometryInfo,
    ParameterInfo,
    PropertyInfo,
    SignalInfo,
    SyntheticInfo,
    TwinInfo,
    VisualInfo,
)

NAMED = 8
"""So many nodes of a mesh are named in a hint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshOffer:
    """What a server has of a mesh file.

    Attributes:
        url: URL path, "" where it cannot be shown, or not yet.
        problem: In words, "" for none.
        nodes: Names of its nodes, for rules with a joint.
    """

    url: str = ""
    problem: str = ""
    nodes: tuple[str, ...] = ()


def no_meshes(_: str) -> MeshOffer:
    """Offer none, as a replica does that serves no files."""
    return MeshOffer()


def twin_info(
    entry: TwinEntry, max_age_s: dict[int, float], meshes: Callable[[str], MeshOffer] = no_meshes
) -> TwinInfo:
    """Return the structure of a twin.

    Args:
        entry: From the registry.
        max_age_s: Staleness limit by slot, seconds; 0 for never.
        meshes: What the server has of a mesh file.
    """
    spec = entry.spec
    bound = spec.bound()
    return TwinInfo(
        id=spec.id,
        type=spec.type.name,
        name=spec.name,
        area=spec.area,
        tags=list(spec.tags),
        signals=[
            _signal(
                s,
                entry.slots[s.path],
                spec.limits.get(s.path, s.limits),
                max_age_s.get(entry.slots[s.path], 0.0),
                bound=s.path in bound,
            )
            for s in spec.signals()
        ],
        properties=[_property(p) for p in spec.type.properties],
        commands=[_command(c) for c in spec.type.commands],
        relations={name: list(targets) for name, targets in spec.relations.items()},
        geometry=_geometry(spec, meshes),
        visuals=[_visual(v, entry.slots) for v in spec.rules() if v.signal in entry.slots],
        position=spec.placement.position if spec.placement else None,
        yaw_deg=spec.placement.yaw_deg if spec.placement else 0.0,
        discovered=entry.discovered,
        topic=spec.topic if entry.discovered else "",
        synthetic=None if spec.synthetic is None else _synthetic(spec.synthetic),
    )


def _synthetic(origin: Synthetic) -> SyntheticInfo:
    return SyntheticInfo(
        generator=origin.generator, version=origin.version, condition=dict(origin.condition), seed=origin.seed
    )


def _signal(spec: SignalSpec, slot: int, limits: Limits | None, max_age_s: float, *, bound: bool) -> SignalInfo:
    return SignalInfo(
        slot=slot,
        path=spec.path,
        kind=spec.kind,
        unit=spec.unit,
        name=spec.name,
        description=spec.description,
        range=spec.range,
        limits=None if limits is None else (limits.ll, limits.l, limits.h, limits.hh),
        codes=dict(spec.codes),
        max_age_s=max_age_s,
        decimals=spec.decimals,
        derived=spec.derived,
        bound=bound,
    )


def _property(spec: PropertySpec) -> PropertyInfo:
    return PropertyInfo(
        path=spec.path,
        kind=spec.kind,
        unit=spec.unit,
        name=spec.name,
        choices=list(spec.choices),
        range=spec.range,
        writable=spec.writable,
        role=spec.role,
    )


def _command(spec: CommandSpec) -> CommandInfo:
    return CommandInfo(
        name=spec.name,
        title=spec.title,
        description=spec.description,
        parameters=[
            ParameterInfo(
                name=p.name, kind=p.kind, unit=p.unit, required=p.required, choices=list(p.choices), range=p.range
            )
            for p in spec.parameters
        ],
        timeout_s=spec.timeout_s,
        confirm=spec.confirm,
        role=spec.role,
    )


def _geometry(spec: TwinSpec, meshes: Callable[[str], MeshOffer]) -> GeometryInfo:
    g = spec.looks()
    offer = meshes(g.mesh) if g.mesh else MeshOffer()
    return GeometryInfo(
        shape=g.shape, size=g.size, color=g.color, mesh=offer.url, problem=offer.problem or _lost_joints(spec, offer)
    )


def _lost_joints(spec: TwinSpec, offer: MeshOffer) -> str:
    """Say which rules name a node that the mesh does not have."""
    if not offer.url:
        return ""
    lost = [rule.joint for rule in spec.rules() if rule.joint and rule.joint not in offer.nodes]
    named = ", ".join(offer.nodes[:NAMED]) + (", ..." if len(offer.nodes) > NAMED else "")
    return f"{spec.looks().mesh} has no node {', '.join(lost)}; it has {named or 'none with a name'}" if lost else ""


def _visual(rule: VisualRule, slots: Mapping[str, int]) -> VisualInfo:
    return VisualInfo(
        kind=rule.kind,
        slot=slots[rule.signal],
        axis=rule.axis,
        stops=list(rule.stops),
        low=rule.low,
        high=rule.high,
        scale=rule.scale,
        offset=rule.offset,
        joint=rule.joint,
        relation=rule.relation,
        points=list(rule.points),
        unit=rule.unit,
        width=rule.width,
        color=rule.color,
        item=rule.item,
        amount=slots.get(rule.amount, -1),
    )
