"""Names: twin ids, signal paths and the slugs made from what plants really call things."""

import re
import unicodedata
from typing import Final

MAX_SEGMENTS: Final = 8
MAX_ID_LENGTH: Final = 256

_SEGMENT = re.compile(r"[A-Za-z0-9_.-]+\Z")
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\[\d+\])?(\.[A-Za-z_][A-Za-z0-9_]*(\[\d+\])?)*\Z")
_GERMAN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ø": "oe", "æ": "ae"}
)


def is_twin_id(text: str) -> bool:
    """Return whether the text is a twin id: 1-8 segments of `[A-Za-z0-9_.-]+`, joined by `/`.

    Example:
        >>> is_twin_id("bottling/hall-1/filler-2"), is_twin_id("Halle 2/Füller")
        (True, False)
    """
    segments = text.split("/")
    return (
        len(text) <= MAX_ID_LENGTH
        and len(segments) <= MAX_SEGMENTS
        and all(_SEGMENT.match(s) and s not in {".", ".."} for s in segments)
    )


def is_signal_path(text: str) -> bool:
    """Return whether the text is a signal path such as `flow`, `motor.temperature` or `temps[1]`."""
    return len(text) <= MAX_ID_LENGTH and _PATH.match(text) is not None


def signal_id(twin_id: str, path: str) -> str:
    """Return `twin_id:path`."""
    return f"{twin_id}:{path}"


def split_signal_id(text: str) -> tuple[str, str]:
    """Return (twin id, path); the path is empty where there is no colon."""
    twin_id, _, path = text.partition(":")
    return twin_id, path


def slug(name: str) -> str:
    """Return a twin id for a free name: stable, readable, made of allowed characters only.

    Example:
        >>> slug("Halle 2/Füller:1/Druck")
        'Halle-2/Fueller-1/Druck'
    """
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", name).translate(_GERMAN))
    text = "".join(c for c in text if not unicodedata.combining(c))
    segments = [re.sub(r"[^A-Za-z0-9_.-]+", "-", s).strip("-.") for s in text.split("/")]
    kept = [s or "x" for s in segments][:MAX_SEGMENTS]
    return "/".join(kept)[:MAX_ID_LENGTH].rstrip("/")


def slug_path(name: str) -> str:
    """Return a signal path for a free name.

    Example:
        >>> slug_path("switch:0.apower"), slug_path("Druck [bar]")
        ('switch_0.apower', 'Druck_bar')
    """
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", name).translate(_GERMAN))
    text = "".join(c for c in text if not unicodedata.combining(c))
    parts = []
    for raw in text.split("."):
        part = re.sub(r"[^A-Za-z0-9_]+", "_", raw).strip("_") or "x"
        parts.append(part if not part[0].isdigit() else f"_{part}")
    return ".".join(parts)[:MAX_ID_LENGTH]
