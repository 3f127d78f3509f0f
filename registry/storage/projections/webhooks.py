"""What webhooks do."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, delete, insert, update

from registry.events import (
    Entry,
    WebhookChanged,
    WebhookRegistered,
    WebhookRemoved,
    WebhookSecretRotated,
    micros,
)
from registry.storage.projections.change import Changes, text
from registry.storage.tables import webhook


def _webhook_registered(connection: Connection, entry: Entry, event: WebhookRegistered) -> None:
    row = {
        "id": event.id,
        "sealed": event.sealed,
        "time": micros(entry.time),
        "actor": entry.origin.actor,
        "position": entry.position,
        **_wish(event),
    }
    connection.execute(insert(webhook), [row])


def _webhook_changed(connection: Connection, _entry: Entry, event: WebhookChanged) -> None:
    connection.execute(update(webhook).where(webhook.c.id == event.id).values(**_wish(event)))


def _webhook_secret_rotated(connection: Connection, _entry: Entry, event: WebhookSecretRotated) -> None:
    before = {"sealed_before": webhook.c.sealed, "before_until": micros(event.before_until)}
    connection.execute(update(webhook).where(webhook.c.id == event.id).values(sealed=event.sealed, **before))


def _webhook_removed(connection: Connection, _entry: Entry, event: WebhookRemoved) -> None:
    connection.execute(delete(webhook).where(webhook.c.id == event.id))


def _wish(event: WebhookRegistered | WebhookChanged) -> dict[str, Any]:
    """Who is told of what."""
    return {
        "url": event.url,
        "context": event.context,
        "prefix": event.prefix,
        "types": text(event.types),
        "handshake": event.handshake,
        "rate": event.rate,
    }


CHANGES: Final[Changes] = {
    WebhookRegistered: _webhook_registered,
    WebhookChanged: _webhook_changed,
    WebhookSecretRotated: _webhook_secret_rotated,
    WebhookRemoved: _webhook_removed,
}
