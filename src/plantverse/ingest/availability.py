"""What a last-will topic says: online, offline, or a word that nobody declared."""

from collections.abc import Callable
from typing import Any

from plantverse.ingest import paths
from plantverse.ingest.payloads import decode_auto, decode_scalar
from plantverse.twins.specs import Availability


def word_reader(availability: Availability) -> Callable[[bytes], bool | None]:
    """Return a function from a payload to online (True), offline (False) or unknown (None).

    Words are compared without case; where a key is declared, the payload is an object with the word in it.

    Raises:
        PlantInvalid: The key is no path.
        PayloadInvalid: From the returned function: the payload cannot be read.

    Example:
        >>> read = word_reader(Availability(topic="p1/LWT"))
        >>> read(b"Offline"), read(b"1"), read(b"perhaps")
        (False, True, None)
    """
    online = {word.casefold() for word in availability.online}
    offline = {word.casefold() for word in availability.offline}
    get = paths.compile_path(paths.parse(availability.key)) if availability.key else None

    def read(payload: bytes) -> bool | None:
        word = _text(get(decode_auto(payload))) if get is not None else decode_scalar(payload)
        word = word.casefold()
        return True if word in online else False if word in offline else None

    return read


def _text(value: Any) -> str:
    if type(value) is bool:
        return "true" if value else "false"
    return str(value) if type(value) in {str, int} else "?"
