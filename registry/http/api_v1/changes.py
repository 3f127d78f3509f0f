"""The log as a feed: from a position, waiting for more if asked to, or as server-sent events."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Final

import msgspec
from anyio import current_time, sleep, to_thread
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from registry.access.current import current
from registry.events import Entry
from registry.http.api_v1 import documents
from registry.http.api_v1.documents import ChangesDocument
from registry.http.parameters import AnyRequest, InSubject, context_of
from registry.http.stopping import Stopping, is_outdated
from registry.model import Subject
from registry.service import Registry

_LONGEST_PAGE: Final = 1_000
_LOOK_EVERY: Final = 0.25

After = Annotated[int, QueryParameter(ge=0, description="The position after which to begin.")]
Limit = Annotated[int, QueryParameter(ge=1, le=_LONGEST_PAGE)]
Wait = Annotated[float, QueryParameter(ge=0, description="Seconds to wait while there is nothing.")]


@get("/changes")
async def changes(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    stopping: NamedDependency[Stopping],
    after: After = 0,
    limit: Limit = 100,
    wait: Wait = 0.0,
    within: InSubject = None,
) -> ChangesDocument:
    """Entries of the log after a position, oldest first; of one subject if asked."""
    subject = None if within is None else Subject.parse(within, context_of(request))
    entries = await _entries(registry, after, limit, wait, subject, lambda: stopping.begun)
    position = await to_thread.run_sync(registry.catalog.position)
    following = entries[-1].position if entries else after
    return ChangesDocument([documents.entry(entry) for entry in entries], following, position)


@get("/changes/stream")
async def stream(
    request: AnyRequest, registry: NamedDependency[Registry], stopping: NamedDependency[Stopping], after: After = 0
) -> ServerSentEvent:
    """The log as server-sent events without end: the id of each is its position.

    It ends when the server stops, when who may do what has changed, and when certificates were withdrawn: come back
    with ``after`` and your credentials.
    """
    generation = registry.permissions.generation

    def ended() -> bool:
        expired = current().expires < time.time()
        regranted = registry.permissions.generation != generation
        return stopping.begun or expired or regranted or is_outdated(request)

    async def messages() -> AsyncIterator[ServerSentEventMessage]:
        position = after
        while not ended():
            wait = registry.settings.limit_wait_seconds
            entries = await _entries(registry, position, _LONGEST_PAGE, wait, None, ended)
            for entry in entries:
                data = msgspec.json.encode(documents.entry(entry)).decode()
                yield ServerSentEventMessage(data=data, id=entry.position, event=type(entry.event).__name__)
                position = entry.position
            if not entries and not ended():
                yield ServerSentEventMessage(comment="still here")

    return ServerSentEvent(messages())


async def _entries(
    registry: Registry, after: int, limit: int, wait: float, subject: Subject | None, ended: Callable[[], bool]
) -> list[Entry]:
    deadline = current_time() + min(wait, registry.settings.limit_wait_seconds)
    while True:
        entries = await to_thread.run_sync(lambda: registry.catalog.changes(after, subject=subject, limit=limit))
        if entries or current_time() >= deadline or ended():
            return entries
        await sleep(min(_LOOK_EVERY, max(0.0, deadline - current_time())))


async def something_after(registry: Registry, after: int, wait: float) -> None:
    """Return once the log goes on after a position, or the time is up."""
    deadline = current_time() + min(wait, registry.settings.limit_wait_seconds)
    while True:
        position = await to_thread.run_sync(registry.catalog.position)
        if position > after or current_time() >= deadline:
            return
        await sleep(min(_LOOK_EVERY, max(0.0, deadline - current_time())))


HANDLERS: Final = (changes, stream)
