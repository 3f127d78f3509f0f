"""lineal's own API under ``/api/v1``: what the Confluent protocol has no words for."""

from __future__ import annotations

from typing import Final

from registry.http.api_v1 import access, catalog, changes, contracts, transfer, upcasters, verdicts, webhooks

HANDLERS: Final = (
    *verdicts.HANDLERS,
    *catalog.HANDLERS,
    *changes.HANDLERS,
    *upcasters.HANDLERS,
    *contracts.HANDLERS,
    *transfer.HANDLERS,
    *webhooks.HANDLERS,
    *access.HANDLERS,
)
