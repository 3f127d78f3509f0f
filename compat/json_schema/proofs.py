"""What has been proven about whole schemas in this process: facts that later checks need not prove again.

That one schema reads whatever another writes is inclusion of sets, hence transitive: once the newest version is proven
to read the one before, it reads everything that one was proven to read. Only completed proofs come here, never what
holds under an assumption, and a refusal is never concluded from them. Kept as long as the normal forms live.
"""

from __future__ import annotations

from threading import Lock
from weakref import WeakKeyDictionary, WeakSet

from compat.json_schema.nodes import Node


class Proofs:
    """Which normal forms read which. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._readers: WeakKeyDictionary[Node, WeakSet[Node]] = WeakKeyDictionary()

    def add(self, writer: Node, reader: Node) -> None:
        """Remember a completed proof."""
        with self._lock:
            self._readers.setdefault(writer, WeakSet()).add(reader)

    def hold(self, writer: Node, reader: Node) -> bool:
        """Whether it is proven that the reader reads what the writer writes, directly or through a third schema."""
        with self._lock:
            known = self._readers.get(writer)
            if known is None:
                return False
            if reader not in known:
                if not any(reader in self._readers.get(middle, ()) for middle in known):
                    return False
                known.add(reader)
            return True
