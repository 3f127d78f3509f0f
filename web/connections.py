"""Whom this registry tells of what happens (webhooks) and where it copies to (exporters), for the pages of admins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from registry.events import TYPES
from registry.model import Exporter as Kept
from registry.model import ExporterDefinition
from registry.service import webhooks as service
from registry.service.exporters import TOKEN, URL, USER_INFO, shown
from registry.service.webhooks import Standing
from registry.storage.webhooks import DeadLetter
from web import address, log
from web.site import Site
from web.views.connections import Copying, Correspondence, Exporter, Kind, Letter, Webhook, Wish
from web.words import BAD, DOUBT, GOOD, PLAIN, Tone, counted, until

_DELIVERED: Final = 10
_LETTERS: Final = 50
_KIND: Final = "type."
"""What the names of the form's boxes begin with."""


# -- webhooks ------------------------------------------------------------------------------------------------------


_ELSEWHERE: Final = (PLAIN, "left to the primary")
"""A registry that follows another one has its webhooks and exporters, but tells nobody and copies nowhere."""


def webhooks(site: Site) -> tuple[Webhook, ...]:
    """Every webhook, oldest first."""
    return tuple(_webhook(site, each) for each in site.registry.webhooks.every())


def correspondence(site: Site, name: str) -> Correspondence:
    """One webhook, with what it was told last and its dead letters. Raises NotFound."""
    registry = site.registry
    standing = registry.webhooks.one(name)
    delivered = registry.webhooks.delivered(name, _DELIVERED)
    hook = standing.webhook
    return Correspondence(
        _webhook(site, standing),
        tuple(log.entries(site, delivered)),
        tuple(_letter(site, each) for each in registry.webhooks.letters(name)[:_LETTERS]),
        _form(site, service.Wish(hook.url, hook.context, hook.prefix, hook.types, hook.handshake)),
    )


def blank(site: Site) -> Wish:
    """The form of a new webhook."""
    return _form(site, service.Wish(""))


def sent(data: Mapping[str, str]) -> service.Wish:
    """What a form asks for."""
    return service.Wish(
        url=data.get("url", "").strip(),
        context=data.get("context", "").strip() or None,
        prefix=data.get("prefix", "").strip(),
        types=[name.removeprefix(_KIND) for name in data if name.startswith(_KIND)],
        handshake="handshake" in data,
    )


def as_sent(site: Site, data: Mapping[str, str]) -> Wish:
    """A form that could not be served, as it was filled in."""
    return _form(site, sent(data))


def _form(site: Site, wish: service.Wish) -> Wish:
    kinds = tuple(
        Kind(name, log.spaced(name), name in wish.types) for name in sorted(TYPES) if service.is_offered(name)
    )
    contexts = tuple(site.registry.catalog.contexts())
    return Wish(wish.url, wish.context or "", wish.prefix, wish.handshake, kinds, contexts)


def _webhook(site: Site, standing: Standing) -> Webhook:
    hook, progress = standing.webhook, standing.progress
    behind = standing.last - progress.position
    tone, state = _state(site, standing)
    agreed = f"agreed, to at most {counted(hook.rate, 'event')} a minute" if hook.rate else "agreed"
    return Webhook(
        id=hook.id,
        url=hook.url,
        page=address.webhook(hook.id),
        told=_told(hook.context, hook.prefix, hook.types),
        tone=tone,
        state=state,
        error=progress.error,
        since=hook.registered,
        actor=hook.actor,
        progress=""
        if site.primary
        else f"up to position {progress.position:,} of the log" + (f", {behind:,} behind" if behind else ", the last"),
        both_until=f"{hook.before_until:%-d %B %Y, %H:%M} UTC" if hook.before_until > datetime.now(UTC) else "",
        handshake=agreed if hook.handshake else "not asked",
        dead=standing.dead,
    )


def _state(site: Site, standing: Standing) -> tuple[Tone, str]:
    if site.primary:
        return _ELSEWHERE
    progress = standing.progress
    if progress.attempts and progress.next_attempt is not None:
        most = site.registry.settings.webhook_attempts
        tries = f"tried {counted(progress.attempts, 'time')} of {most}, again {until(progress.next_attempt)}"
        return DOUBT, f"does not take what it is told: {tries}"
    if standing.dead:
        return BAD, f"{counted(standing.dead, 'event')} could not be delivered"
    return GOOD, "takes what it is told" if standing.last == progress.position else "is being told"


def _told(context: str | None, prefix: str, types: tuple[str, ...]) -> str:
    what = ", ".join(map(log.spaced, types)) or "everything that happens"
    where = f" in the context {context}" if context else ""
    return f"{what}{where}" + (f", to subjects that begin with {prefix}" if prefix else "")


def _letter(site: Site, letter: DeadLetter) -> Letter:
    entries = site.registry.catalog.changes(letter.position - 1, limit=1)
    sentence = log.told(entries[0].event, entries[0].subject)[1] if entries else ""
    named = f"{entries[0].subject.name}: " if entries and not entries[0].subject.is_context else ""
    tries = counted(letter.attempts, "attempt")
    return Letter(letter.position, f"{named}{sentence}", tries, letter.error, letter.time, letter.wanted)


# -- exporters -----------------------------------------------------------------------------------------------------


def exporters(site: Site) -> tuple[Exporter, ...]:
    """Every exporter, by name."""
    last = site.registry.catalog.position()
    return tuple(_exporter(site, each, last) for each in site.registry.exporters.all())


def definition(data: Mapping[str, str]) -> ExporterDefinition:
    """What the form of a new exporter asks for."""
    return ExporterDefinition(name=data.get("name", "").strip(), **_members(data, {}))


def changes(data: Mapping[str, str], before: ExporterDefinition) -> dict[str, Any]:
    """What the form of an exporter asks for: who it signs in as stays where nothing is said about it."""
    return _members(data, {} if "forget" in data else shown(before.config))


def _members(data: Mapping[str, str], config: Mapping[str, str]) -> dict[str, Any]:
    given = {name: data.get(name, "").strip() for name in ("url", "subjects", "context", "user", "token")}
    secrets = {TOKEN: given["token"], USER_INFO: f"{given['user']}:{data.get('password', '')}" if given["user"] else ""}
    secrets = {name: value for name, value in secrets.items() if value}
    others = {name: value for name, value in config.items() if not (secrets and name in (TOKEN, USER_INFO))}
    return {
        "context_type": data.get("into", "AUTO"),
        "context": given["context"],
        "subjects": given["subjects"].replace(",", " ").split(),
        "config": {**others, URL: given["url"], **secrets},
    }


def copying(data: Mapping[str, str], kept: str = "") -> Copying:
    """A form that could not be served, as it was filled in."""
    names = ("name", "url", "subjects", "into", "context", "user")
    return Copying(**{name: data.get(name, "") for name in names}, kept=kept)


def _as_it_is(definition: ExporterDefinition) -> Copying:
    config = definition.config
    kept = [
        words for name, words in ((USER_INFO, "a user and a password"), (TOKEN, "a bearer token")) if name in config
    ]
    return Copying(
        definition.name,
        config.get(URL, ""),
        ", ".join(definition.subjects),
        definition.context_type,
        definition.context,
        kept=" and ".join(kept),
    )


def _exporter(site: Site, kept: Kept, last: int) -> Exporter:
    definition, position = kept.definition, kept.position or 0
    if site.primary:
        tone, state = _ELSEWHERE
    elif kept.paused:
        tone, state = (BAD, "stopped: it needs you") if kept.trace else (PLAIN, "paused")
    elif kept.trace:
        tone, state = DOUBT, "waits for the other registry, and tries again"
    else:
        tone, state = GOOD, "everything is copied" if position >= last else "copies"
    return Exporter(
        name=definition.name,
        url=definition.config.get(URL, ""),
        what=", ".join(definition.subjects) or "every subject of the default context",
        where=_into(definition),
        tone=tone,
        state=state,
        trace=kept.trace,
        progress="" if site.primary else f"up to position {position:,} of {last:,}",
        position=position,
        last=last,
        when=kept.changed,
        paused=kept.paused,
        wish=_as_it_is(definition),
    )


def _into(definition: ExporterDefinition) -> str:
    match definition.context_type:
        case "NONE":
            return "the same contexts"
        case "CUSTOM":
            return f"the context {definition.context}"
        case _:
            return "a context named after this registry"


def failed(page: Correspondence, error: str, wish: Wish | None = None) -> Correspondence:
    """The page of a webhook, with why what was asked for was not done."""
    return replace(page, error=error, wish=wish or page.wish)
