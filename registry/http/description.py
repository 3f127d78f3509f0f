"""The two interfaces described as OpenAPI: one document each, made from the handlers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

import msgspec
from litestar import Request, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin

from registry.http.media import JSON, PROTOCOL

_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
_ERROR: Final = {
    "type": "object",
    "required": ["error_code", "message"],
    "properties": {
        "error_code": {"type": "integer", "description": "The first three digits are the HTTP status."},
        "message": {"type": "string"},
    },
}

_TEXT: Final = {"type": "string"}
"""The text of a schema as the whole answer: it is no JSON string, and of Protobuf no JSON, so nothing is promised."""


class _Part(OpenAPIRenderPlugin):
    """One document: the operations whose path belongs to it."""

    def __init__(self, path: str, title: str, media: str, belongs: Callable[[str], bool]) -> None:
        super().__init__(path=path, media_type=JSON)  # type: ignore[arg-type]
        self._title = title
        self._media = media
        self._belongs = belongs

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        return msgspec.json.encode(self.document(openapi_schema))

    def document(self, whole: dict[str, Any]) -> dict[str, Any]:
        """The part of the whole description that belongs here."""
        part = copy.deepcopy({key: value for key, value in whole.items() if key != "paths"})
        part["info"]["title"] = self._title
        part["paths"] = copy.deepcopy({path: item for path, item in whole["paths"].items() if self._belongs(path)})
        for item in part["paths"].values():
            for method in _METHODS & item.keys():
                _describe_answers(item[method], self._media)
        return part


def _describe_answers(operation: dict[str, Any], media: str) -> None:
    """The media type of the interface, and the one error body that every operation can answer with."""
    failure = {"description": "An error", "content": {media: {"schema": _ERROR}}}
    responses = {code: answer for code, answer in operation["responses"].items() if code.startswith("2")}
    for answer in responses.values():
        if JSON in answer.get("content", {}):
            described = answer["content"].pop(JSON)
            answer["content"] = {media: {} if described.get("schema") == _TEXT else described}
    operation["responses"] = {**responses, "4XX": failure, "5XX": failure}


def description() -> OpenAPIConfig:
    """Served at ``/openapi/confluent.json`` and ``/openapi/lineal.json``."""
    return OpenAPIConfig(
        title="lineal",
        version=version("lineal"),
        openapi_router=Router("/openapi", route_handlers=[], include_in_schema=False),
        render_plugins=[
            _Part(
                "/confluent.json",
                "lineal: the Confluent Schema Registry protocol",
                PROTOCOL,
                lambda path: not _own(path),
            ),
            _Part("/lineal.json", "lineal: its own API", JSON, _own),
        ],
        use_handler_docstrings=True,
    )


def _own(path: str) -> bool:
    return path.startswith("/api/")
