"""Webhooks: register, look after, remove; what could not be delivered, and to try it again."""

from __future__ import annotations

from typing import Final

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from registry.http.api_v1.documents import Answer
from registry.http.exchange import exchange_of
from registry.http.parameters import AnyRequest
from registry.service import Registry
from registry.service.webhooks import Standing
from registry.storage.webhooks import DeadLetter


class WebhookRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to tell, and of what."""

    url: str
    context: str | None = None
    """Only of what happens in this context."""
    prefix: str = ""
    """Only of subjects whose names begin so."""
    types: list[str] = []
    """Only of these events (``SchemaRegistered`` …)."""


class RedeliveryRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which dead letters to try again."""

    positions: list[int] = []
    """None named: all."""


class WebhookDocument(Answer, frozen=True):
    """A webhook and how far it is."""

    id: str
    url: str
    context: str | None
    prefix: str
    types: list[str]
    registered: str
    actor: str
    position: int
    """Of the last entry that it has been told of, or that did not concern it."""
    behind: int
    """Entries of the log that are still to be looked at."""
    attempts: int
    """Failed ones, of the next event."""
    next_attempt: str | None
    error: str | None
    """Of the last attempt; null while it takes what it is told."""
    dead_letters: int


class NewWebhookDocument(Answer, frozen=True):
    """A new webhook."""

    webhook: WebhookDocument
    secret: str
    """Signs what is sent. It is shown this once: keep it where the receiver finds it."""


class DeadLetterDocument(Answer, frozen=True):
    """What could not be delivered."""

    position: int
    attempts: int
    error: str
    time: str
    waiting: bool
    """Whether it is about to be tried again."""


@post("/webhooks", status_code=201, sync_to_thread=True)
def register_webhook(
    request: AnyRequest, registry: NamedDependency[Registry], data: JSONBody[WebhookRequest]
) -> NewWebhookDocument:
    """Be told of what happens from now on, by signed CloudEvents. The answer holds the secret, once."""
    standing, secret = registry.webhooks.register(
        data.url, context=data.context, prefix=data.prefix, types=data.types, origin=exchange_of(request).origin
    )
    return NewWebhookDocument(_document(standing), secret)


@get("/webhooks", sync_to_thread=True)
def list_webhooks(registry: NamedDependency[Registry]) -> list[WebhookDocument]:
    """Every webhook, and how far it is."""
    return [_document(each) for each in registry.webhooks.every()]


@get("/webhooks/{webhook:str}", sync_to_thread=True)
def get_webhook(registry: NamedDependency[Registry], webhook: FromPath[str]) -> WebhookDocument:
    """A webhook, and how far it is."""
    return _document(registry.webhooks.one(webhook))


@delete("/webhooks/{webhook:str}", sync_to_thread=True)
def remove_webhook(request: AnyRequest, registry: NamedDependency[Registry], webhook: FromPath[str]) -> None:
    """Tell it nothing more; its dead letters go with it."""
    registry.webhooks.remove(webhook, exchange_of(request).origin)


@get("/webhooks/{webhook:str}/dead-letters", sync_to_thread=True)
def dead_letters(registry: NamedDependency[Registry], webhook: FromPath[str]) -> list[DeadLetterDocument]:
    """What could not be delivered, oldest first."""
    return [_letter(each) for each in registry.webhooks.letters(webhook)]


@post("/webhooks/{webhook:str}/dead-letters/redeliver", status_code=202, sync_to_thread=True)
def redeliver(
    registry: NamedDependency[Registry], webhook: FromPath[str], data: JSONBody[RedeliveryRequest]
) -> dict[str, int]:
    """Try dead letters again: all, or those at the positions named. They come after what was delivered meanwhile."""
    return {"waiting": registry.webhooks.redeliver(webhook, data.positions)}


def _document(standing: Standing) -> WebhookDocument:
    hook, progress = standing.webhook, standing.progress
    return WebhookDocument(
        id=hook.id,
        url=hook.url,
        context=hook.context,
        prefix=hook.prefix,
        types=list(hook.types),
        registered=hook.registered.isoformat(),
        actor=hook.actor,
        position=progress.position,
        behind=standing.last - progress.position,
        attempts=progress.attempts,
        next_attempt=None if progress.next_attempt is None else progress.next_attempt.isoformat(),
        error=progress.error or None,
        dead_letters=standing.dead,
    )


def _letter(letter: DeadLetter) -> DeadLetterDocument:
    return DeadLetterDocument(
        position=letter.position,
        attempts=letter.attempts,
        error=letter.error,
        time=letter.time.isoformat(),
        waiting=letter.wanted,
    )


HANDLERS: Final = (register_webhook, list_webhooks, get_webhook, remove_webhook, dead_letters, redeliver)
