"""How the registry is, for whoever runs it: the database, what it follows, and whom it talks to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from registry.errors import StoreError
from registry.model import Page
from web import address, connections
from web.site import Site
from web.views.connections import Exporter, Webhook
from web.words import BAD, DOUBT, GOOD, PLAIN, Tone, counted

_KINDS: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing, and whether it is well."""

    what: str
    tone: Tone
    """With a word for it."""
    said: str
    url: str = ""


def state(site: Site) -> tuple[Line, ...]:
    """Everything that whoever runs this looks at. Without a database only that."""
    if (database := _database(site)).tone.css == BAD.css:
        return (database,)
    return (database, _log(site), *_following(site), _access(site), *_connections(site), _search(site))


def _line(what: str, tone: Tone, word: str, said: str, url: str = "") -> Line:
    return Line(what, Tone(tone.css, tone.icon, word), said, url)


def _database(site: Site) -> Line:
    kind = urlsplit(site.registry.settings.database).scheme.partition("+")[0]
    name = _KINDS.get(kind, kind)
    try:
        site.registry.upkeep.require_ready()
    except StoreError as error:
        return _line("Database", BAD, "does not answer", f"{name}: {error.message}")
    connected = counted(sum(site.registry.store.connections().values()), "connection")
    return _line("Database", GOOD, "answers", f"{name}, {connected} of this process")


def _log(site: Site) -> Line:
    catalog = site.registry.catalog
    subjects = counted(catalog.subjects(page=Page(0, 1))[1], "subject")
    changes = counted(catalog.position(), "change")
    return _line("Log", PLAIN, changes, f"about {subjects} and all that was set and declared", address.changes())


def _following(site: Site) -> Iterator[Line]:
    standing = site.registry.replication.standing()
    if not standing.primary:
        return
    if standing.error:
        yield _line("Follows", BAD, "not in contact", f"{standing.primary}: {standing.error}")
    elif standing.lag:
        yield _line("Follows", DOUBT, f"{standing.lag:,} behind", standing.primary)
    else:
        yield _line("Follows", GOOD, "up to date", standing.primary)


def _access(site: Site) -> Line:
    if site.door is None or site.door.authentication is None:
        return _line("Access", DOUBT, "off", "whoever reaches this registry may do everything", address.ACCESS)
    given = counted(len(site.registry.permissions.every_grant()), "role")
    return _line("Access", GOOD, "on", f"{given} given", address.ACCESS)


def _connections(site: Site) -> Iterator[Line]:
    if site.primary:  # which is who tells and copies
        return
    yield from _needy("Webhooks", connections.webhooks(site), address.WEBHOOKS)
    yield from _needy("Exporters", connections.exporters(site), address.EXPORTERS)


def _needy(what: str, every: Sequence[Webhook | Exporter], url: str) -> Iterator[Line]:
    """Those that are not well, one by one, or in one line that all are."""
    needy = [each for each in every if each.tone.css != GOOD.css]
    for each in needy:
        named = f"{each.name}: {each.url}" if isinstance(each, Exporter) else each.url
        yield _line(what, each.tone, each.state, named, url)
    if every and not needy:
        yield _line(what, GOOD, "well", f"all {len(every):,}", url)


def _search(site: Site) -> Line:
    known, waiting = site.index.refresh()
    if waiting:
        return _line(
            "Search", DOUBT, "being read", f"{known:,} of {known + waiting:,} subjects so far, in this process"
        )
    return _line("Search", GOOD, "complete", f"{counted(known, 'subject')}, in this process")
