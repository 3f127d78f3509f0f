"""The log as it is kept, for whoever copies it: followers, exports; and where this node stands."""

from __future__ import annotations

from typing import Final

from anyio import to_thread
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from registry.following import LogPage
from registry.http.api_v1.changes import After, Limit, Wait, something_after
from registry.http.api_v1.documents import Answer
from registry.service import Registry


class StandingDocument(Answer, frozen=True):
    """What a node is, and how far behind."""

    role: str
    """``primary``, or ``replica`` of another registry."""
    primary: str | None
    position: int
    """Of the last entry here."""
    primary_position: int
    lag: int
    """Entries that are known to be there and are not yet here."""
    contact: str | None
    """When the primary last answered."""
    seconds_since_contact: float | None
    error: str | None


@get("/log")
async def log(registry: NamedDependency[Registry], after: After = 0, limit: Limit = 100, wait: Wait = 0.0) -> LogPage:
    """Entries of the log as they are kept, payloads untouched, oldest first: what a follower copies."""
    await something_after(registry, after, wait)
    lines, position = await to_thread.run_sync(registry.transfer.lines, after, limit)
    return LogPage(lines, position)


@get("/export", media_type="application/gzip", sync_to_thread=True)
def export(registry: NamedDependency[Registry]) -> Stream:
    """The whole registry as one file, for ``lineal import``."""
    return Stream(
        registry.transfer.export(), headers={"Content-Disposition": 'attachment; filename="registry.lineal.gz"'}
    )


@get("/standing", sync_to_thread=True)
def standing(registry: NamedDependency[Registry]) -> StandingDocument:
    """Whether this node is a registry of its own or follows another, and how far behind it is."""
    found = registry.replication.standing()
    return StandingDocument(
        role="replica" if found.primary else "primary",
        primary=found.primary or None,
        position=found.position,
        primary_position=found.primary_position,
        lag=found.lag,
        contact=None if found.contact is None else found.contact.isoformat(),
        seconds_since_contact=found.silence,
        error=found.error or None,
    )


HANDLERS: Final = (log, export, standing)
