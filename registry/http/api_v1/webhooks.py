"""Webhooks: register, change, look after, remove; what could not be delivered, and to try it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from litestar import delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec.structs import asdict

from registry.http.api_v1.documents import Answer
from registry.http.exchange import exchange_of
from registry.http.parameters import AnyRequest
from registry.service import Registry
from registry.service.webhooks import Standing, Wish
from registry.storage.webhooks import DeadLetter

_LONGEST: Final = 10**9
"""Seconds; more than is allowed, and few enough to be a time."""


class WebhookRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to tell, and of what."""

    url: str
    context: str | None = None
    """Only of what happens in this context."""
    prefix: str = ""
    """Only of subjects whose names begin so."""
    types: list[str] = []
    """Only of these events (``SchemaRegistered`` …)."""
    handshake: bool = False
    """Ask it for its consent first, as CloudEvents' validation handshake has it."""


class WebhookChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What changes of a webhook; what is left out stays."""

    url: str | msgspec.UnsetType = msgspec.UNSET
    context: str | msgspec.UnsetType | None = msgspec.UNSET
    prefix: str | msgspec.UnsetType = msgspec.UNSET
    types: list[str] | msgspec.UnsetType = msgspec.UNSET
    handshake: bool | msgspec.UnsetType = msgspec.UNSET


class RotationRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How long the secret before is good."""

    overlap_seconds: int = 86_400
    """What is sent is signed with both until then."""


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
    handshake: bool
    """Whether it has agreed in CloudEvents' validation handshake."""
    rate: int | None
    """Events a minute that it allows; null is as many as there are."""
    both_secrets_until: str | None
    """Until when what is sent is signed with the secret before as well."""


class NewSecretDocument(Answer, frozen=True):
    """A webhook with a new secret."""

    webhook: WebhookDocument
    secret: str
    """Signs what is sent. It is shown this once: keep it where the receiver finds it."""


class TrialDocument(Answer, frozen=True):
    """How a test delivery went."""

    taken: bool
    error: str | None


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
) -> NewSecretDocument:
    """Be told of what happens from now on, by signed CloudEvents. The answer holds the secret, once."""
    standing, secret = registry.webhooks.register(Wish(**asdict(data)), exchange_of(request).origin)
    return NewSecretDocument(_document(standing), secret)


@put("/webhooks/{webhook:str}", status_code=200, sync_to_thread=True)
def replace_webhook(
    request: AnyRequest, registry: NamedDependency[Registry], webhook: FromPath[str], data: JSONBody[WebhookRequest]
) -> WebhookDocument:
    """Tell a webhook elsewhere or of something else, from the next event on; its secret stays."""
    return _document(registry.webhooks.change(webhook, asdict(data), exchange_of(request).origin))


@patch("/webhooks/{webhook:str}", status_code=200, sync_to_thread=True)
def change_webhook(
    request: AnyRequest, registry: NamedDependency[Registry], webhook: FromPath[str], data: JSONBody[WebhookChange]
) -> WebhookDocument:
    """Change a part of a webhook; what is left out stays."""
    changes = {name: value for name, value in asdict(data).items() if value is not msgspec.UNSET}
    return _document(registry.webhooks.change(webhook, changes, exchange_of(request).origin))


@post("/webhooks/{webhook:str}/rotate", status_code=200, sync_to_thread=True)
def rotate_secret(
    request: AnyRequest, registry: NamedDependency[Registry], webhook: FromPath[str], data: JSONBody[RotationRequest]
) -> NewSecretDocument:
    """Give a webhook a new secret, shown once; until the overlap is over, what is sent is signed with both."""
    overlap = timedelta(seconds=max(-1, min(data.overlap_seconds, _LONGEST)))
    standing, secret = registry.webhooks.rotate(webhook, overlap, exchange_of(request).origin)
    return NewSecretDocument(_document(standing), secret)


@post("/webhooks/{webhook:str}/test", status_code=200, sync_to_thread=True)
def try_webhook(request: AnyRequest, registry: NamedDependency[Registry], webhook: FromPath[str]) -> TrialDocument:
    """Send a webhook an event of the type ``lineal.Test``, now, and say how that went."""
    error = registry.webhooks.test(webhook, exchange_of(request).origin)
    return TrialDocument(not error, error or None)


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
        handshake=hook.handshake,
        rate=hook.rate or None,
        both_secrets_until=hook.before_until.isoformat() if hook.before_until > datetime.now(UTC) else None,
    )


def _letter(letter: DeadLetter) -> DeadLetterDocument:
    return DeadLetterDocument(
        position=letter.position,
        attempts=letter.attempts,
        error=letter.error,
        time=letter.time.isoformat(),
        waiting=letter.wanted,
    )


HANDLERS: Final = (
    register_webhook,
    list_webhooks,
    get_webhook,
    replace_webhook,
    change_webhook,
    remove_webhook,
    rotate_secret,
    try_webhook,
    dead_letters,
    redeliver,
)
