"""The one place where errors become responses: ``{"error_code": …, "message": …}`` with the protocol's media type."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from math import ceil
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, SerializationException, ValidationException

from compat.errors import CompatError, LimitExceeded
from registry.errors import (
    IncompatibleSchema,
    NotLetIn,
    RegistryError,
    StoreError,
    TooManyRequests,
    Unauthenticated,
    UpcasterRefused,
)
from registry.http.exchange import exchange_of
from registry.http.media import PROTOCOL

_log = logging.getLogger(__name__)

CHALLENGE: Final = 'Basic realm="lineal", charset="UTF-8", Bearer realm="lineal"'
"""What a client may show."""

_MALFORMED: Final = 400
_NOT_ALLOWED: Final = 405
_UNSUPPORTED: Final = 415
_INVALID: Final = 422
ALLOWED: Final = "ALLOWED"
"""Stands for OPTIONS: no path answers it, so each says what it does answer."""

_BODY: Final = "the body"
_NO_BODY: Final = frozenset({f"{_BODY}: 'data'", f"{_BODY}: Expected `object`, got `null`"})
_SHORTENED: Final = re.compile(r"(?<=[Mm]eta)(?=properties|tags|sensitive)")
"""The framework takes every ``data.`` out of the path of a member, the one in ``metadata.`` too."""
_TYPES: Final[Mapping[str, str]] = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
"""Python's types as JSON calls them: whoever asks need not know what answers."""
_KINDS: Final = re.compile(r"(?:Expected|got) `[^`]*`")
_TYPE: Final = re.compile(rf"\b(?:{'|'.join(_TYPES)})\b")
_WORDS: Final[Mapping[int, str]] = {
    404: "HTTP 404 Not Found: no such path here; see /openapi/confluent.json and /openapi/lineal.json",
    413: "HTTP 413: the request body is over the limit of this server (LINEAL_LIMIT_BODY_BYTES); send less",
}


class ErrorMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Every error of both interfaces."""

    error_code: int
    """The first three digits are the HTTP status."""
    message: str
    report: Mapping[str, Any] | None = None
    """What a proof found, where one was asked for."""


def body(code: int, message: str, report: Mapping[str, Any] | None = None) -> bytes:
    """An error as the bytes of a response."""
    return msgspec.json.encode(ErrorMessage(code, message.encode("utf-8", "replace").decode(), report))


def message(request: Request[Any, Any, Any], error: RegistryError) -> ErrorMessage:
    """An error within an answer about many things."""
    _, code, text, _ = _described(request, error)
    if isinstance(error, NotLetIn):
        exchange_of(request).denied = True
    return ErrorMessage(code, text)


def refusal(error: NotLetIn) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body for a request that is not let in."""
    headers = [(b"content-type", PROTOCOL.encode())]
    headers += [(name.encode(), value.encode()) for name, value in _hints(error).items()]
    return error.status, headers, body(error.code, error.message)


def _hints(error: RegistryError) -> Mapping[str, str]:
    """Headers that say what a client can do about it."""
    match error:
        case Unauthenticated():
            return {"www-authenticate": CHALLENGE}
        case TooManyRequests(seconds=seconds):
            return {"retry-after": str(ceil(seconds))}
        case _:
            return {}


def response(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """What a client is answered when a handler has failed, or there was no handler."""
    status, code, message, headers = _described(request, error)
    if request.method == ALLOWED and status == _NOT_ALLOWED:
        return Response(b"", status_code=204, headers=dict(headers))
    report = error.report if isinstance(error, UpcasterRefused) else None
    return Response(body(code, message, report), status_code=status, media_type=PROTOCOL, headers=dict(headers))


def _described(request: Request[Any, Any, Any], error: Exception) -> tuple[int, int, str, Mapping[str, str]]:
    match error:
        case IncompatibleSchema():
            code = exchange_of(request).incompatible_code
            return error.status, code, error.message, {}
        case StoreError():
            _log.error("the store failed: %s %s: %s", request.method, request.url.path, error.message)
            return error.status, error.code, error.message, {"retry-after": "1"}
        case RegistryError():
            return error.status, error.code, error.message, _hints(error)
        case LimitExceeded() | CompatError():
            return _INVALID, 42201, str(error), {}
        case MethodNotAllowedException():
            allowed = _allowed((error.headers or {}).get("allow", ""))
            return (
                _NOT_ALLOWED,
                _NOT_ALLOWED,
                f"HTTP 405 Method Not Allowed: this path answers {allowed}",
                {"allow": allowed},
            )
        case ValidationException():
            status, words = _wrong_values(error)
            return status, status, words, {}
        case SerializationException() | UnicodeDecodeError() | RecursionError() | HTTPException(status_code=400):
            status, words = _unreadable(error, compressed="content-encoding" in request.headers)
            return status, status, words, {}
        case HTTPException(status_code=status):
            return status, status, _WORDS.get(status, f"HTTP {status}: {error.detail}"), {}
        case _:
            _log.error("a request failed: %s %s", request.method, request.url.path, exc_info=error)
            return 500, 500, "This is a fault in lineal, not in the request: the server's log has the details", {}


def _unreadable(error: Exception, *, compressed: bool) -> tuple[int, str]:
    """Status and message for a body that is no JSON."""
    match error:
        case RecursionError():
            return _MALFORMED, "The request body is nested too deeply: flatten it"
        case _ if compressed:
            return _UNSUPPORTED, "HTTP 415 Unsupported Media Type: the body is compressed; send it as it is"
        case UnicodeDecodeError():
            return _MALFORMED, "The request body is not UTF-8: encode it so"
        case _:
            return _MALFORMED, f"The request body is not JSON: {getattr(error, 'detail', error)}"


def _allowed(methods: str) -> str:
    """The methods that a path answers; HEAD is GET without the body."""
    named = set(methods.split(", "))
    return ", ".join(sorted(named | ({"HEAD"} if "GET" in named else set())))


def _wrong_values(error: ValidationException) -> tuple[int, str]:
    """Status, and words that name each member of the body and each parameter which has the wrong type.

    A body that cannot be read as what it should be is malformed, as in the protocol; none (or null) is only missing.
    """
    details = [detail for detail in error.extra or () if isinstance(detail, dict)]
    wrong = [f"{_spelt(detail.get('key', 'data'))}: {_told(detail.get('message', ''))}" for detail in details]
    if wrong and wrong[0] in _NO_BODY:
        return _INVALID, "The request has no body: send a JSON object"
    in_body = any(detail.get("source") == "body" for detail in details)
    return _MALFORMED if in_body else _INVALID, "; ".join(wrong) or error.detail


def _told(message: str) -> str:
    return _KINDS.sub(lambda kinds: _TYPE.sub(lambda name: _TYPES[name[0]], kinds[0]), message)


def _spelt(key: str) -> str:
    """A parameter as a request has it; for the framework the body is one, called data."""
    first, *others = _SHORTENED.sub("data.", key).split("_")
    return _BODY if key == "data" else first + "".join(other.capitalize() for other in others)
