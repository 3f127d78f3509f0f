"""What the front knows about a request and hands to the handlers, and what they hand back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.types import Scope

from registry.access.current import current
from registry.model import ACCESS, DEFAULT_CONTEXT, Origin, Subject

KEY: Final = "lineal"
"""Where it stands in the ASGI scope."""
LONGEST_REQUEST_ID: Final = 200
"""Bytes of a client's own ``X-Request-ID`` that are kept."""


@dataclass(slots=True)
class Exchange:
    """One request and its answer."""

    request_id: str = ""
    incompatible_code: int = 40901
    context: str = DEFAULT_CONTEXT
    """From the prefix ``/contexts/{context}``: where bare names live."""
    media: str = "application/json"
    negotiated: bool = False
    """Whether another ``Accept`` might have been given another media type."""
    target: Subject = ACCESS
    """What a write is aimed at; until that is known, nothing but the registry itself."""
    denied: bool = False
    """Whether a part of what was asked for was denied, in an answer about many things."""
    immutable: bool = False
    """Set by a handler whose answer stays the same until something is deleted or configured."""

    @property
    def origin(self) -> Origin:
        """Who asks, for the log."""
        return Origin(actor=current().name, request_id=self.request_id)


def exchange_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Exchange:
    """The exchange of a request."""
    return exchange_in(connection.scope)


def exchange_in(scope: Scope) -> Exchange:
    """The exchange of a request that the framework has not seen yet."""
    found: Exchange = scope[KEY]  # type: ignore[typeddict-item]
    return found
