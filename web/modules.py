"""The JavaScript modules that the project publishes, for the player to run in the browser."""

from __future__ import annotations

from typing import Final

from compat.recent import Recent
from upcasters.chain import Chain
from upcasters.compile.targets import files
from upcasters.errors import NotPortable, UpcastersError

_KEPT: Final = 500
_MODULE: Final = "index.js"


class Modules:
    """Compiled steps by their chain's hash: what a chain says never changes."""

    def __init__(self) -> None:
        self._kept: Recent[str, tuple[str, str]] = Recent(_KEPT)

    def of(self, chain: Chain) -> tuple[str, str]:
        """The module of a chain and nothing, or nothing and why JavaScript cannot run it."""
        return self._kept.of(chain.hash, lambda: _compiled(chain))


def _compiled(chain: Chain) -> tuple[str, str]:
    try:
        return files(chain, "javascript")[_MODULE], ""
    except NotPortable as refusal:
        return "", refusal.reason
    except UpcastersError as error:
        return "", str(error)
