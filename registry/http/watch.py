"""Counts and tells of every answered request, where an operator wants to know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Final

from litestar.types import HTTPScope

from registry.access.current import Caller
from registry.settings import Settings
from registry.telemetry import logs, metrics, tracing

UNMATCHED: Final = "unmatched"
"""The route of whatever no handler answers: paths that somebody made up are not counted apart."""


class Watch:
    """Made once per application; off, it costs nothing."""

    def __init__(self, settings: Settings) -> None:
        self._metrics = settings.metrics != "off"
        self._lines = settings.log_requests
        self.on = self._metrics or self._lines
        self._hit = metrics.READY.labels("hit").inc
        self._miss = metrics.READY.labels("miss").inc

    def answered(self, route: str, status: int, who: Caller | None, request_id: bytes, started: float) -> None:
        """A request has its answer; ``started`` is what ``perf_counter`` said when it came."""
        seconds = perf_counter() - started
        if self._metrics:
            metrics.meter(route)(status, seconds)
        if self._lines:
            logs.request(request_id.decode("latin-1"), "" if who is None else who.name, route, status, seconds)
        if tracing.is_on():
            tracing.name(route, status)

    def kept_ready(self, *, hit: bool) -> None:
        """A read was, or was not, answered from memory."""
        if self._metrics:
            (self._hit if hit else self._miss)()

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """While a request is being answered."""
        if not self._metrics:
            yield
            return
        metrics.IN_FLIGHT.inc()
        try:
            yield
        finally:
            metrics.IN_FLIGHT.dec()


def route_of(scope: HTTPScope) -> str:
    """Method and path template of a request that was routed."""
    template = scope.get("path_template")
    return f"{scope['method']} {template}" if template else UNMATCHED


def headers_of(scope: HTTPScope) -> Mapping[str, str]:
    """Those that say of which trace a request is a part."""
    told: dict[str, Any] = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return {name: value for name, value in told.items() if name in {"traceparent", "tracestate", "baggage"}}
