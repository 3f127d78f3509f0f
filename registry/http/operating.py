"""``/health`` and ``/metrics``: for whoever runs the server."""

from __future__ import annotations

from typing import Any, Final

from anyio import to_thread
from litestar import Response, get
from litestar.di import NamedDependency

from registry.access.current import NOBODY, OPEN, acting, current
from registry.errors import NotFound, StoreError, Unauthenticated
from registry.http.stopping import Stopping
from registry.service import Registry
from registry.telemetry import metrics

PATHS: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Nobody has to say who they are here; ``/metrics`` may ask by itself."""


@get("/health/live", sync_to_thread=False, include_in_schema=False)
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@get("/health/ready", include_in_schema=False)
async def ready(registry: NamedDependency[Registry], stopping: NamedDependency[Stopping]) -> Response[dict[str, Any]]:
    """It can do its work: the database answers and has the tables of this version, and the server is not stopping."""
    if stopping.begun:
        return _not_ready("the server is stopping")
    try:
        await to_thread.run_sync(registry.upkeep.require_ready)
    except StoreError as error:
        return _not_ready(error.message)
    return Response({"status": "ready"})


def _not_ready(reason: str) -> Response[dict[str, Any]]:
    return Response({"status": "not ready", "reason": reason}, status_code=503)


@get("/metrics", include_in_schema=False)
async def read_metrics(registry: NamedDependency[Registry]) -> Response[bytes]:
    """The metrics of this node. Raises NotFound where they are off, Unauthenticated where they are protected."""
    match registry.settings.metrics:
        case "off":
            raise NotFound("Metrics are off here (LINEAL_METRICS)")
        case "protected" if current() is NOBODY:
            raise Unauthenticated
    text = await to_thread.run_sync(_measured, registry)
    return Response(text, media_type=metrics.MEDIA)


def _measured(registry: Registry) -> bytes:
    with acting(OPEN):
        try:
            standing = registry.replication.standing()
        except StoreError:  # what is known without the database is told all the same
            metrics.POSITION.set(float("nan"))
        else:
            metrics.POSITION.set(standing.position)
            metrics.LAG.set(standing.lag)
            metrics.SILENCE.set(0.0 if standing.silence is None else standing.silence)
    for state, count in registry.store.connections().items():
        metrics.CONNECTIONS.labels(state).set(count)
    return metrics.exposition()


HANDLERS: Final = (live, ready, read_metrics)
