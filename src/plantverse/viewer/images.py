"""Drawings as the ground: PNG and JPEG, judged by their first bytes.

SVG is left out: it is a program with scripts and references to other files, and a browser draws it anew for each size.
"""

from pathlib import Path

from plantverse.errors import PlantInvalid

MOST_BYTES = 32 * 1024 * 1024
MOST_PIXELS = 8192
"""Along a side; the largest texture that phones and headsets take is of this order."""


def image_size(content: bytes, file: Path) -> tuple[int, int]:
    """Return width and height in pixels.

    Raises:
        PlantInvalid: It is no PNG or JPEG, too large, or broken.
    """
    try:
        size = _png(content) or _jpeg(content)
    except IndexError as exc:
        raise PlantInvalid(str(file), expected="a whole image", got="it breaks off") from exc
    if size is None:
        raise PlantInvalid(str(file), expected="a PNG or JPEG", got=repr(content[:8])[2:-1] or "an empty file")
    if not 0 < min(size) <= max(size) <= MOST_PIXELS:
        got = f"{size[0]} x {size[1]}"
        raise PlantInvalid(str(file), expected=f"1 to {MOST_PIXELS} pixels along a side", got=got)
    return size


def _png(content: bytes) -> tuple[int, int] | None:
    """PNG, section 11.2.2: width and height stand in the first chunk."""
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR":
        return None
    if len(content) < 33:
        raise IndexError
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def _jpeg(content: bytes) -> tuple[int, int] | None:
    """ITU-T T.81, B.2.2: width and height stand in the first start-of-frame segment."""
    if content[:2] != b"\xff\xd8":
        return None
    at = 2
    while True:
        while content[at] != 0xFF:
            at += 1
        while content[at] == 0xFF:
            at += 1
        marker = content[at]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            end = content[at + 7]  # so that a file that breaks off here is seen as such
            return int.from_bytes(bytes((content[at + 6], end)), "big"), int.from_bytes(content[at + 4 : at + 6], "big")
        if marker == 0xD9:
            raise IndexError
        at += 1 + (0 if 0xD0 <= marker <= 0xD8 else int.from_bytes(content[at + 1 : at + 3], "big"))
