"""The one counter of a server: every change takes the next revision."""


class Revision:
    """A counter that is handed out in runs; `value` is the last one given.

    Example:
        >>> revision = Revision()
        >>> revision.take(3), revision.value
        (1, 3)
    """

    __slots__ = ("value",)

    def __init__(self, value: int = 0) -> None:
        self.value = value

    def take(self, count: int = 1) -> int:
        """Take `count` consecutive revisions and return the first of them."""
        first = self.value + 1
        self.value += count
        return first
