"""The registry's two interfaces as one application, over an open registry."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from litestar import Litestar, Router
from litestar.di import Provide

from compat.formats import ENGINES
from registry.background import Background, Task
from registry.delivering import Deliverer
from registry.exporting import Exporting
from registry.following import Follower
from registry.http import (
    api_v1,
    associations,
    compatibility,
    configuration,
    errors,
    exporters,
    operating,
    schemas,
    server,
    subjects,
)
from registry.http.description import description
from registry.http.door import Door
from registry.http.front import Front
from registry.http.nesting import bounded
from registry.http.origins import Origins
from registry.http.parameters import provide_subject
from registry.http.permissions import guard
from registry.http.ready import ReadyAnswers
from registry.http.registering import Registering
from registry.http.stopping import Stopping
from registry.http.waiting import Waiting
from registry.http.watch import Watch
from registry.service import Registry
from registry.settings import Settings, load
from registry.telemetry import tracing

PROTOCOL_HANDLERS = (
    *server.HANDLERS,
    *schemas.HANDLERS,
    *subjects.HANDLERS,
    *compatibility.HANDLERS,
    *configuration.HANDLERS,
    *associations.HANDLERS,
    *exporters.HANDLERS,
)


def tasks(registry: Registry) -> list[Task]:
    """What goes on beside the requests."""
    if registry.replication.primary:
        return [Follower(registry)]
    return [Deliverer(registry), *([Exporting(registry)] if registry.settings.exporters else [])]


def create_app(
    settings: Settings | None = None, registry: Registry | None = None, door: Door | None = None
) -> Litestar:
    """The protocol at the root and ``/api/v1``. Opens (and at the end closes) a registry unless one is handed in."""
    tuple(ENGINES.values())  # loaded now, not while somebody waits for an answer
    settings = settings or (registry.settings if registry is not None else load())
    opened = registry or Registry.open(settings)
    answers = ReadyAnswers(opened)
    background = Background(opened, tasks(opened))
    stopping = Stopping()

    @asynccontextmanager
    async def life(_: Litestar) -> AsyncIterator[None]:
        if settings.tracing:
            tracing.start()
        answers.start()
        background.start()
        stopping.listen()
        yield
        await to_thread.run_sync(background.stop)
        if settings.tracing:
            await to_thread.run_sync(tracing.stop)
        await to_thread.run_sync(answers.stop)
        if registry is None:
            opened.close()

    app = Litestar(
        route_handlers=[
            Router("/", route_handlers=list(operating.HANDLERS)),
            Router("/", route_handlers=list(PROTOCOL_HANDLERS), tags=["Confluent protocol"], before_request=guard),
            Router("/api/v1", route_handlers=list(api_v1.HANDLERS), tags=["lineal"], before_request=guard),
        ],
        dependencies={
            "registry": Provide(lambda: opened, sync_to_thread=False, use_cache=True),
            "present": Provide(lambda: opened, sync_to_thread=False, use_cache=True),
            "subject": Provide(provide_subject, sync_to_thread=False),
            "stopping": Provide(lambda: stopping, sync_to_thread=False, use_cache=True),
        },
        exception_handlers={Exception: errors.response},
        request_class=bounded(settings.limit_json_depth),
        request_max_body_size=settings.limit_body_bytes,
        openapi_config=description(),
        logging_config=None,  # the framework's own writes what every library says, the addresses of webhooks too
        lifespan=[life],
    )
    app.state.waiting = Waiting(opened.registration.line)
    registering = Registering(app.asgi_handler, opened, app.state.waiting)
    app.asgi_handler = Front(registering, opened, door or Door(opened), answers, Watch(settings))
    if settings.allow_origins:
        app.asgi_handler = Origins(app.asgi_handler, settings.allow_origins)
    return app
