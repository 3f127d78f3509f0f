"""Bring old events up to the version their reader knows.

    from upcasters import Client

    with Client("http://127.0.0.1:8081") as registry:
        up = registry.upcaster("orders.OrderPlaced")
        event = up({"order_id": "o-1"}, version=1)

Every name is loaded on first use, so that importing the package costs nothing; only the clients need httpx.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from upcasters.chain import Chain, chain_from_json, chain_to_json, downward
    from upcasters.client import AsyncClient, Client
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
        UpcastersError,
        UpcastFailed,
    )
    from upcasters.failures import SKIPPED, Account, Policy, Report
    from upcasters.shape import Shape
    from upcasters.step import Step
    from upcasters.stream import Event

__version__ = "0.1.0"

__all__ = [
    "SKIPPED", "Account", "AsyncClient", "Chain", "Client", "Document", "Event", "EventRefused", "InvalidDocument",
    "InvalidExpression", "NoChain", "NotAPayload", "NotPortable", "Policy", "Problem", "RegistryRefused",
    "RegistryUnreachable", "Report", "Shape", "Step", "Tampered", "UpcastFailed", "UpcastersError", "chain_from_json",
    "chain_to_json", "downward", "load", "read", "write",
]  # fmt: skip

_HOMES: Final = {
    "chain": ("Chain", "chain_from_json", "chain_to_json", "downward"),
    "client": ("AsyncClient", "Client"),
    "document": ("Document", "load", "read", "write"),
    "shape": ("Shape",),
    "step": ("Step",),
    "failures": ("SKIPPED", "Account", "Policy", "Report"),
    "stream": ("Event",),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'upcasters' has no attribute {name!r}")
    value = getattr(import_module(f"upcasters.{_HOME_OF.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
