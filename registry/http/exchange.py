"""What the front knows about a request and hands to the handlers, and what they hand back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from litestar.connection import ASGIConnection

from registry.model import DEFAULT_CONTEXT, Origin

KEY: Final = "lineal"
"""Where it stands in the ASGI scope."""


@dataclass(slots=True)
class Exchange:
    """One request and its answer."""

    request_id: str = ""
    context: str = DEFAULT_CONTEXT
    """From the prefix ``/contexts/{context}``: where bare names live."""
    media: str = "application/json"
    incompatible_code: int = 40901
    immutable: bool = False
    """Set by a handler whose answer stays the same until something is deleted or configured."""

    @property
    def origin(self) -> Origin:
        """Who asks, for the log."""
        return Origin(request_id=self.request_id)


def exchange_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Exchange:
    """The exchange of a request."""
    found: Exchange = connection.scope[KEY]  # type: ignore[typeddict-item]
    return found
