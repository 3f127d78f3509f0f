"""The messages of the server: lines for people, or one JSON object per line. Never a header, a body or a secret."""

from __future__ import annotations

import copy
import logging
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

REQUESTS: Final = logging.getLogger("lineal.requests")

_FIELDS: Final = ("request_id", "principal", "route", "status", "ms")


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
    if form == "json":
        made["formatters"] = {name: {"()": f"{__name__}.JsonFormatter"} for name in made["formatters"]}
    for handler in made["handlers"].values():
        handler["stream"] = "ext://sys.stderr"
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
