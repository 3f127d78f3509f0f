"""Bring old events up to the version their reader knows.

    from upcasters import Client

    with Client("http://127.0.0.1:8081") as registry:
        up = registry.upcaster("orders.OrderPlaced")
        event = up({"order_id": "o-1"}, version=1)

The clients bring httpx with them and are loaded on first use; everything else needs msgspec only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from upcasters.chain import Chain, chain_from_json, chain_to_json, downward
from upcasters.document import Document, load, read, write
from upcasters.errors import (
    EventRefused,
    InvalidDocument,
    InvalidExpression,
    NoChain,
    NotAPayload,
    NotPortable,
    Problem,
    RegistryRefused,
    RegistryUnreachable,
    Tampered,
    Unfit,
    UpcastersError,
    UpcastFailed,
)
from upcasters.reverse import reverse
from upcasters.shape import Shape
from upcasters.shape_change import change
from upcasters.step import Step
from upcasters.stream import Event

if TYPE_CHECKING:
    from upcasters.client import AsyncClient, Client

__version__ = "0.1.0"

__all__ = [
    "AsyncClient", "Chain", "Client", "Document", "Event", "EventRefused", "InvalidDocument", "InvalidExpression",
    "NoChain", "NotAPayload", "NotPortable", "Problem", "RegistryRefused", "RegistryUnreachable", "Shape", "Step",
    "Tampered", "Unfit", "UpcastFailed", "UpcastersError", "chain_from_json", "chain_to_json", "change", "downward",
    "load", "read", "reverse", "write",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in ("Client", "AsyncClient"):
        from upcasters import client  # noqa: PLC0415 - httpx is loaded only where a registry is asked

        return getattr(client, name)
    raise AttributeError(f"module 'upcasters' has no attribute {name!r}")
