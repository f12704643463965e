"""The head of a GLB: what is in it, without reading its triangles. glTF 2.0 specification, section 4.4 (GLB)."""

import json
from typing import Any

MAGIC = b"glTF"
COMPRESSED = frozenset({"KHR_draco_mesh_compression", "EXT_meshopt_compression"})
"""Extensions that hide the triangles from every reader without their decoder."""
MESHOPT = "EXT_meshopt_compression"


def glb_head(content: bytes) -> dict[str, Any]:
    """Return the JSON chunk of a GLB.

    Raises:
        ValueError: It is none; the text says why.
    """
    if content[:4] != MAGIC:
        raise ValueError("it does not begin with glTF")
    version, length = (int.from_bytes(content[i : i + 4], "little") for i in (4, 8))
    if version != 2:
        raise ValueError(f"it is glTF {version}, not 2")
    if length > len(content):
        raise ValueError(f"it breaks off after {len(content)} of {length} bytes")
    size = int.from_bytes(content[12:16], "little")
    try:
        head = json.loads(content[20 : 20 + size])
    except (ValueError, RecursionError) as exc:
        raise ValueError(f"its head is no JSON: {exc}") from exc
    if not isinstance(head, dict):
        raise ValueError("its head is no JSON object")  # noqa: TRY004  bad bytes, whatever type they are
    return head


def needed_extensions(head: dict[str, Any]) -> set[str]:
    """Return the extensions without which it cannot be read."""
    return {name for name in _entries(head, "extensionsRequired") if isinstance(name, str)}


def node_names(head: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of its nodes, in order, each once."""
    names = (node.get("name") for node in _entries(head, "nodes") if isinstance(node, dict))
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def other_files(head: dict[str, Any]) -> list[str]:
    """Return the files that it wants besides itself; those are never served."""
    entries = [*_entries(head, "buffers"), *_entries(head, "images")]
    uris = (entry.get("uri") for entry in entries if isinstance(entry, dict))
    return [uri for uri in uris if isinstance(uri, str) and not uri.startswith("data:")]


def _entries(head: dict[str, Any], key: str) -> list[Any]:
    found = head.get(key, [])
    return found if isinstance(found, list) else []
