"""What webhooks do."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, insert

from registry.events import Entry, WebhookRegistered, WebhookRemoved, micros
from registry.storage.projections.change import Changes, text
from registry.storage.tables import webhook


def _webhook_registered(connection: Connection, entry: Entry, event: WebhookRegistered) -> None:
    row = {
        "id": event.id,
        "url": event.url,
        "sealed": event.sealed,
        "context": event.context,
        "prefix": event.prefix,
        "types": text(event.types),
        "time": micros(entry.time),
        "actor": entry.origin.actor,
        "position": entry.position,
    }
    connection.execute(insert(webhook), [row])


def _webhook_removed(connection: Connection, _entry: Entry, event: WebhookRemoved) -> None:
    connection.execute(delete(webhook).where(webhook.c.id == event.id))


CHANGES: Final[Changes] = {
    WebhookRegistered: _webhook_registered,
    WebhookRemoved: _webhook_removed,
}
