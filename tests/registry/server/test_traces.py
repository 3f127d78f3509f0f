"""Traces as an OpenTelemetry collector gets them: OTLP over HTTP, from ``lineal serve``."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.serving import Serve

TRACE = "0af7651916cd43dd8448eb211c80319c"
SENDER = "b7ad6b7169203331"


class Collector:
    """Takes what is exported."""

    def __init__(self) -> None:
        self.taken: list[ExportTraceServiceRequest] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                assert self.path == "/v1/traces"
                collector.taken.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def spans(self) -> Iterator[tuple[str, Span]]:
        """(name of the service, span)."""
        for request in self.taken:
            for resource in request.resource_spans:
                named = {one.key: one.value.string_value for one in resource.resource.attributes}
                for scope in resource.scope_spans:
                    yield from ((named["service.name"], span) for span in scope.spans)


@pytest.fixture
def collector() -> Iterator[Collector]:
    one = Collector()
    yield one
    one.server.shutdown()
    one.server.server_close()


def test_a_collector_gets_a_request_as_a_part_of_what_its_sender_does(
    serve: Serve, collector: Collector, tmp_path: Path
) -> None:
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server.server_port}"}
    node = serve(database=f"sqlite:///{tmp_path / 'traced.db'}", tracing="true", environment=endpoint)
    node.wait()
    body = {"schema": '{"type":"record","name":"A","fields":[]}'}
    headers = {"traceparent": f"00-{TRACE}-{SENDER}-01"}
    httpx.post(f"{node.url}/subjects/secret-name/versions", json=body, headers=headers).raise_for_status()
    assert node.stop() == 0, "what is left is sent before the server ends"
    told = [(service, span) for service, span in collector.spans() if span.trace_id.hex() == TRACE]
    assert {service for service, _ in told} == {"lineal"}
    spans = {span.name: span for _, span in told}
    request = spans["POST /subjects/{name}/versions"]
    assert request.kind == Span.SPAN_KIND_SERVER
    assert request.parent_span_id.hex() == SENDER
    assert {one.key: one.value.string_value or one.value.int_value for one in request.attributes} == {
        "http.route": "/subjects/{name}/versions",
        "http.response.status_code": 200,
    }
    assert "transaction" in spans
    assert spans["transaction"].parent_span_id
    assert request.end_time_unix_nano > request.start_time_unix_nano
    assert b"secret-name" not in b"".join(one.SerializeToString() for one in collector.taken)
