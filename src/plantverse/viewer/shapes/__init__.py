"""Machines as geometry, for files that leave the platform: the same shapes that the browser draws, with joints."""

from plantverse.viewer.shapes.catalogue import ARCHETYPES, archetype_of, build_shape, size_of
from plantverse.viewer.shapes.parts import Detail, Joint, Parts, Shape, Size

__all__ = ["ARCHETYPES", "Detail", "Joint", "Parts", "Shape", "Size", "archetype_of", "build_shape", "size_of"]
