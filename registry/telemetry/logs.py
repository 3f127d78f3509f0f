"""The messages of the server: lines for people, or one JSON object per line. Never a header, a body or a secret."""

from __future__ import annotations

import copy
import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

REQUESTS: Final = logging.getLogger("lineal.requests")

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_FIELDS: Final = ("request_id", "principal", "route", "status", "ms")


class LineFormatter(logging.Formatter):
    """A message as one line: what somebody has sent cannot look like another one, or command a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as its base has it
        return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], super().formatMessage(record))


class JsonFormatter(logging.Formatter):
    """A message as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        said |= {name: vars(record)[name] for name in _FIELDS if name in vars(record)}
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(said).decode()


def request(request_id: str, principal: str, route: str, status: int, seconds: float) -> None:
    """One line for a request that was answered."""
    ms = round(seconds * 1000, 3)
    said = {"request_id": request_id, "principal": principal, "route": route, "status": status, "ms": ms}
    REQUESTS.info("%s %s by %s in %s ms, request %s", route, status, principal, ms, request_id, extra=said)


def configuration(server: dict[str, Any], form: str, *, requests: bool) -> dict[str, Any]:
    """The logging of the server's own framework, on stderr, in one form with ours."""
    made = copy.deepcopy(server)
    for formatter in made["formatters"].values():
        formatter["()"] = f"{__name__}.LineFormatter"
    if form == "json":
        made["formatters"] = {name: {"()": f"{__name__}.JsonFormatter"} for name in made["formatters"]}
    for handler in made["handlers"].values():
        handler["stream"] = "ext://sys.stderr"
    made["root"] = {"handlers": ["console"], "level": "WARNING"}
    made["loggers"] |= {
        name: {"handlers": ["console"], "level": level, "propagate": False}
        for name, level in (
            ("registry", "WARNING"),
            ("web", "WARNING"),
            ("uvicorn", "WARNING"),
            (REQUESTS.name, "INFO" if requests else "CRITICAL"),
        )
    }
    return made
