"""Webhooks as the log tells of them, and how far each has been delivered, which it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from registry.events import Entry, micros, moment
from registry.storage.tables import dead_letter, delivery, webhook

_types: Final = msgspec.json.Decoder(tuple[str, ...])

_NEVER: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Somebody who wants to be told."""

    id: str
    url: str
    sealed: str
    """The secret, encrypted."""
    context: str | None
    """Only what happens in this context; None is any."""
    prefix: str
    """Only subjects whose names begin so."""
    types: tuple[str, ...]
    """Only these events; none is any."""
    registered: datetime
    actor: str
    position: int
    """Of its registration: what happens later is delivered."""
    sealed_before: str = ""
    """The secret before, encrypted."""
    before_until: datetime = _NEVER
    """Until when that one signs as well."""
    handshake: bool = False
    """Whether the receiver has agreed in CloudEvents' validation handshake."""
    rate: int = 0
    """Events a minute that it allows; 0 is as many as there are."""

    def wants(self, entry: Entry) -> bool:
        """Whether an entry passes the filters."""
        return (
            (self.context is None or entry.subject.context == self.context)
            and entry.subject.name.startswith(self.prefix)
            and (not self.types or type(entry.event).__name__ in self.types)
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a webhook is."""

    position: int
    """Of the last entry that was delivered, passed over or given up."""
    attempts: int = 0
    """Failed ones, of the next entry."""
    next_attempt: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An entry that could not be delivered."""

    webhook: str
    position: int
    attempts: int
    error: str
    time: datetime
    wanted: bool
    """Whether it is to be tried again."""


def every(connection: Connection) -> list[Webhook]:
    """All webhooks, oldest first."""
    return [_webhook(row) for row in connection.execute(select(webhook).order_by(webhook.c.position))]


def present(connection: Connection) -> bool:
    """Whether there is one."""
    return connection.execute(select(webhook.c.id).limit(1)).scalar() is not None


def find(connection: Connection, name: str) -> Webhook | None:
    """One webhook by its id."""
    row = connection.execute(select(webhook).where(webhook.c.id == name)).one_or_none()
    return None if row is None else _webhook(row)


def progress(connection: Connection, hook: Webhook) -> Progress:
    """How far it is; at its registration if nothing was delivered yet."""
    row = connection.execute(select(delivery).where(delivery.c.webhook == hook.id)).one_or_none()
    if row is None:
        return Progress(hook.position)
    at = moment(row.next_attempt) if row.next_attempt else None
    return Progress(row.position, row.attempts, at, row.error)


def remember(connection: Connection, hook: Webhook, now: Progress) -> None:
    """Keep how far it is; never further back than is known, should another process have been quicker."""
    values = {
        "position": now.position,
        "attempts": now.attempts,
        "next_attempt": micros(now.next_attempt) if now.next_attempt else 0,
        "error": now.error,
    }
    own = delivery.c.webhook == hook.id
    if connection.execute(select(delivery.c.position).where(own)).scalar() is None:
        connection.execute(insert(delivery), [{"webhook": hook.id, **values}])
    else:
        connection.execute(update(delivery).where(own, delivery.c.position <= now.position).values(values))


def hurry(connection: Connection, name: str) -> None:
    """Have the next entry tried at once and as for the first time, whatever happened to it elsewhere."""
    connection.execute(update(delivery).where(delivery.c.webhook == name).values(attempts=0, next_attempt=0, error=""))


def bury(connection: Connection, letter: DeadLetter) -> None:
    """Keep an entry that could not be delivered, in the place of what was kept of it before."""
    forget(connection, letter.webhook, letter.position)
    row = {
        "webhook": letter.webhook,
        "position": letter.position,
        "attempts": letter.attempts,
        "error": letter.error,
        "time": micros(letter.time),
        "wanted": letter.wanted,
    }
    connection.execute(insert(dead_letter), [row])


def letters(connection: Connection, name: str, *, wanted_only: bool = False, limit: int) -> list[DeadLetter]:
    """The dead letters of a webhook, oldest first."""
    query = select(dead_letter).where(dead_letter.c.webhook == name).order_by(dead_letter.c.position).limit(limit)
    if wanted_only:
        query = query.where(dead_letter.c.wanted)
    return [
        DeadLetter(row.webhook, row.position, row.attempts, row.error, moment(row.time), row.wanted)
        for row in connection.execute(query)
    ]


def want(connection: Connection, name: str, positions: Sequence[int]) -> int:
    """Have dead letters tried again (all of a webhook where none is named); how many there are."""
    chosen = dead_letter.c.webhook == name
    if positions:
        chosen = and_(chosen, dead_letter.c.position.in_(positions))
    return connection.execute(update(dead_letter).where(chosen).values(wanted=True)).rowcount


def forget(connection: Connection, name: str, position: int) -> None:
    """A dead letter was delivered after all."""
    connection.execute(delete(dead_letter).where(dead_letter.c.webhook == name, dead_letter.c.position == position))


def forget_all(connection: Connection, name: str) -> None:
    """A webhook is gone: nothing of its deliveries is needed any more."""
    connection.execute(delete(dead_letter).where(dead_letter.c.webhook == name))
    connection.execute(delete(delivery).where(delivery.c.webhook == name))


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        sealed=row.sealed,
        context=row.context,
        prefix=row.prefix,
        types=_types.decode(row.types),
        registered=moment(row.time),
        actor=row.actor,
        position=row.position,
        sealed_before=row.sealed_before,
        before_until=moment(row.before_until),
        handshake=row.handshake,
        rate=row.rate,
    )
