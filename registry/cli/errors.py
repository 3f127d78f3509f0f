"""What can end a command, beyond the gate's own errors."""

from __future__ import annotations

from typing import Final

_CONFLICT: Final = 409
_INCOMPATIBLE: Final = frozenset({_CONFLICT, 40901})


class ReaderGone(Exception):
    """Whoever read our output, as in `| head`, has what it wanted and is gone."""


class ServerEnded(Exception):
    """The server stopped although nobody asked it to; its own messages say why."""


class Refusal(Exception):
    """The registry understood the request and refused it: a finding, not a failure to check."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    @property
    def incompatible(self) -> bool:
        """Whether the schema would break a reader, as opposed to not being valid."""
        return self.code in _INCOMPATIBLE or self.status == _CONFLICT
