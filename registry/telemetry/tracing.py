"""Spans for OpenTelemetry. Off, a span is nothing at all; the SDK is imported only when it is on.

Where spans go is said by OpenTelemetry's own variables (``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_SERVICE_NAME``,
``OTEL_TRACES_SAMPLER`` and so on).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from registry.errors import InvalidRequest

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace import Tracer

_NOTHING: Final = nullcontext()

_provider: TracerProvider | None = None
_tracer: Tracer | None = None


def start(processor: SpanProcessor | None = None) -> None:
    """Record spans from now on, and send them as the environment says. Raises InvalidRequest without the SDK.

    ``processor``: what is done with them instead.
    """
    global _provider, _tracer
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
    except ImportError as error:
        raise InvalidRequest("LINEAL_TRACING needs OpenTelemetry: pip install 'lineal[tracing]'") from error
    if processor is None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        processor = BatchSpanProcessor(OTLPSpanExporter())
    named = {} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": "lineal"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(processor)
    _provider, _tracer = provider, provider.get_tracer("lineal")


def stop() -> None:
    """Send what is left, and record no more."""
    global _provider, _tracer  # noqa: PLW0603
    if _provider is not None:
        _provider.shutdown()
    _provider = _tracer = None


def is_on() -> bool:
    """Whether spans are recorded."""
    return _tracer is not None


def span(name: str, attributes: Mapping[str, str | int]) -> AbstractContextManager[Any]:
    """A part of what is being done."""
    return _NOTHING if _tracer is None else _tracer.start_as_current_span(name, attributes=attributes)


def name(route: str, status: int) -> None:
    """Say in the span of a request what it turned out to be."""
    from opentelemetry import trace

    current = trace.get_current_span()
    current.update_name(route)
    current.set_attributes({"http.route": route.partition(" ")[2], "http.response.status_code": status})


def request(name: str, headers: Mapping[str, str]) -> AbstractContextManager[Any]:
    """A request, as a part of what its sender is doing, if its headers say so (W3C Trace Context)."""
    if _tracer is None:
        return _NOTHING
    from opentelemetry import propagate
    from opentelemetry.trace import SpanKind

    return _tracer.start_as_current_span(name, context=propagate.extract(headers), kind=SpanKind.SERVER)
