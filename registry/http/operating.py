"""``/health`` and ``/metrics``: for whoever runs the server."""

from __future__ import annotations

from typing import Any, Final

from anyio import CapacityLimiter, fail_after, to_thread
from litestar import Response, get
from litestar.di import NamedDependency

from registry.access.current import NOBODY, OPEN, acting, current
from registry.errors import NotFound, StoreError, Unauthenticated
from registry.http.stopping import Stopping
from registry.service import Registry
from registry.service.replication import Standing
from registry.telemetry import metrics

PATHS: Final = frozenset({"/health/live", "/health/ready", "/_health", "/master_available", "/metrics"})
"""Nobody has to say who they are here; ``/metrics`` may ask by itself."""
_UNAVAILABLE: Final = 503
_ASKING: Final = CapacityLimiter(2)
"""Of the threads that ask a database whether it answers, so many may hang at most: others have work to do."""


@get("/health/live", sync_to_thread=False, include_in_schema=False)
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@get(["/health/ready", "/_health"], include_in_schema=False)
async def ready(registry: NamedDependency[Registry], stopping: NamedDependency[Stopping]) -> Response[dict[str, Any]]:
    """It can do its work: the database answers and has the tables of this version, and the server is not stopping.

    ``/_health`` is where whoever watched over Karapace asks.
    """
    reason = await _unready(registry, stopping)
    if reason:
        return Response({"status": "not ready", "reason": reason}, status_code=_UNAVAILABLE)
    return Response({"status": "ready"})


async def _unready(registry: Registry, stopping: Stopping) -> str:
    """Why it cannot do its work; empty if it can."""
    if stopping.begun:
        return "the server is stopping"
    seconds = registry.settings.busy_seconds
    try:
        with fail_after(seconds):
            await to_thread.run_sync(registry.upkeep.require_ready, abandon_on_cancel=True, limiter=_ASKING)
    except TimeoutError:
        return f"the database has not answered for {seconds:g} s"
    except StoreError as error:
        return error.message
    return ""


@get("/master_available", include_in_schema=False)
async def takes_writes(
    registry: NamedDependency[Registry], stopping: NamedDependency[Stopping]
) -> Response[dict[str, bool]]:
    """As Karapace tells it: whether writes can be sent here, which all nodes take but a replica."""
    takes = not registry.replication.primary and not await _unready(registry, stopping)
    return Response({"master_available": takes}, status_code=200 if takes else _UNAVAILABLE)


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
            metrics.SILENCE.set(_silence(standing))
    for state, count in registry.store.connections().items():
        metrics.CONNECTIONS.labels(state).set(count)
    return metrics.exposition()


def _silence(standing: Standing) -> float:
    """Seconds; of a follower that has never had an answer infinitely many, so that no alarm takes it for well."""
    if not standing.primary:
        return 0.0
    return float("inf") if standing.silence is None else standing.silence


HANDLERS: Final = (live, ready, takes_writes, read_metrics)
