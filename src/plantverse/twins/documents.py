"""The state plane: one JSON document per twin, changed by merge patches.

Sections of a document: `reported`, `desired`, `connectivity`, `alarms`. Absent means unknown; there are no nulls.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from plantverse.twins.merge_patch import Document, apply_patch, diff
from plantverse.twins.revision import Revision

DEFAULT_PATCHES_KEPT = 20_000
"""A client that missed more gets whole documents: the bound on memory, not on correctness."""


class StatePlane:
    """Documents by twin id with the patches that led to them.

    Attributes:
        last_change: Revision of the newest patch.
    """

    def __init__(self, revision: Revision, *, patches_kept: int = DEFAULT_PATCHES_KEPT) -> None:
        self._revision = revision
        self._documents: dict[str, Document] = {}
        self._changed: dict[str, int] = {}
        self._created: dict[str, int] = {}
        self._patches: deque[tuple[int, str, Document]] = deque(maxlen=patches_kept)
        self._complete_since = revision.value
        self.last_change = 0

    def __iter__(self) -> Iterator[tuple[str, Document]]:
        return iter(self._documents.items())

    def get(self, twin_id: str) -> Document:
        """Return the document of a twin, {} while nothing is known; not to be mutated."""
        return self._documents.get(twin_id, {})

    def revision_of(self, twin_id: str) -> int:
        """Return the revision of a twin's last change, 0 if it never changed."""
        return self._changed.get(twin_id, 0)

    def patch(self, twin_id: str, patch: Mapping[str, Any]) -> Document:
        """Apply a patch and return what really changed ({} and no revision when nothing did)."""
        old = self.get(twin_id)
        new = apply_patch(old, patch)
        for section in [k for k, v in new.items() if v == {}]:
            del new[section]
        change = diff(old, new)
        if change:
            self._record(twin_id, new, change)
        return change

    def restore(self, twin_id: str, document: Document) -> None:
        """Set a whole document, as read back after a restart."""
        self._record(twin_id, document, document)

    def remove(self, twin_id: str) -> None:
        """Forget a twin's document; the registry's tombstone tells the replicas."""
        self._documents.pop(twin_id, None)
        self._changed.pop(twin_id, None)
        self._created.pop(twin_id, None)

    def rename(self, old: str, new: str) -> None:
        """Move a document to another twin id."""
        document = self._documents.get(old)
        self.remove(old)
        if document is not None:
            self.restore(new, document)

    def changes_since(self, revision: int) -> list[tuple[str, Document, bool]]:
        """Return (twin id, patch, full) for what changed after a revision, in order.

        Whole documents come where patches have left the log or the twin is younger than the revision.
        """
        if revision >= self.last_change:
            return []
        if revision < self._complete_since:
            return [(t, d, True) for t, d in self._documents.items() if self._changed[t] > revision]
        out: list[tuple[str, Document, bool]] = []
        whole: set[str] = set()
        for at, twin_id, change in reversed(self._patches):
            if at <= revision:
                break
            if twin_id in whole or twin_id not in self._documents:
                continue
            if self._created[twin_id] > revision:
                whole.add(twin_id)
                out.append((twin_id, self._documents[twin_id], True))
            else:
                out.append((twin_id, change, False))
        out.reverse()
        return out

    def _record(self, twin_id: str, document: Document, change: Document) -> None:
        at = self._revision.take()
        if twin_id not in self._documents:
            self._created[twin_id] = at
        self._documents[twin_id] = document
        self._changed[twin_id] = at
        if len(self._patches) == self._patches.maxlen:
            self._complete_since = self._patches[0][0]
        self._patches.append((at, twin_id, change))
        self.last_change = at
