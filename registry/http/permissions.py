"""What each operation needs: the one table that is asked before a handler runs.

Reading needs no role, because what a caller may not see is absent from every answer. A write needs a role over what it
is aimed at, whether or not that exists. An operation that nobody has placed here needs an admin of everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

from litestar.connection import ASGIConnection

from registry.access.current import current
from registry.access.roles import Role
from registry.http.exchange import exchange_of
from registry.model import ACCESS, DEFAULT, Subject, context_name

Connection: TypeAlias = ASGIConnection[Any, Any, Any, Any]
Target: TypeAlias = Callable[[Connection], Subject]


def _named(connection: Connection) -> Subject:
    """The subject (or context) in the path."""
    return Subject.parse(unquote(connection.path_params["name"]), exchange_of(connection).context)


def _context(connection: Connection) -> Subject:
    return Subject(context_name(unquote(connection.path_params["name"])))


def _everything(_: Connection) -> Subject:
    return DEFAULT


def _access(_: Connection) -> Subject:
    return ACCESS


@dataclass(frozen=True, slots=True)
class Need:
    """A role over what a request is aimed at."""

    role: Role
    target: Target | None
    """None: the role is needed over something, whatever it is; the log has the last word about each event."""


READING: Final = frozenset(
    {
        "GET /",
        "POST /",
        "GET /associations/subjects/{name}",
        "GET /associations/resources/{identifier}",
        "GET /associations/resources/{namespace}/{name}",
        "POST /associations:batchGet",
        "GET /contexts",
        "GET /v1/metadata/id",
        "GET /v1/metadata/version",
        "GET /v1/metadata/deployment",
        "GET /schemas",
        "GET /schemas/types",
        "GET /schemas/ids/{number}",
        "GET /schemas/ids/{number}/schema",
        "GET /schemas/ids/{number}/subjects",
        "GET /schemas/ids/{number}/versions",
        "GET /schemas/guids/{guid}",
        "GET /schemas/guids/{guid}/ids",
        "GET /subjects",
        "POST /subjects/{name}",
        "GET /subjects/{name}/metadata",
        "GET /subjects/{name}/versions",
        "GET /subjects/{name}/versions/{number}",
        "GET /subjects/{name}/versions/{number}/schema",
        "GET /subjects/{name}/versions/{number}/referencedby",
        "POST /compatibility/subjects/{name}/versions",
        "POST /compatibility/subjects/{name}/versions/{number}",
        "GET /config",
        "GET /config/{name}",
        "GET /mode",
        "GET /mode/{name}",
        "GET /api/v1/applications",
        "GET /api/v1/applications/{application}",
        "GET /api/v1/can-i-deploy",
        "GET /api/v1/changes",
        "GET /api/v1/changes/stream",
        "POST /api/v1/compatibility/{name}",
        "GET /api/v1/deployments",
        "GET /api/v1/environments",
        "GET /api/v1/refusals",
        "GET /api/v1/rules",
        "GET /api/v1/standing",
        "GET /api/v1/rules/{rule}",
        "GET /api/v1/subjects",
        "GET /api/v1/subjects/{name}",
        "GET /api/v1/subjects/{name}/chain",
        "GET /api/v1/subjects/{name}/differences/{old}/{new}",
        "GET /api/v1/subjects/{name}/matrix",
        "GET /api/v1/subjects/{name}/readers",
        "POST /api/v1/subjects/{name}/readers/check",
        "GET /api/v1/subjects/{name}/refusals",
        "POST /api/v1/subjects/{name}/upcast",
        "GET /api/v1/subjects/{name}/upcasters",
        "GET /api/v1/subjects/{name}/upcasters/draft",
        "GET /api/v1/subjects/{name}/versions/{number}",
        "GET /api/v1/subjects/{name}/versions/{number}/samples",
        "GET /api/v1/subjects/{name}/writers",
        "GET /api/v1/types/{name}/sources",
        "POST /api/v1/upcasters/verify",
        "GET /api/v1/whoami",
    }
)
"""What everybody who is let in may ask: the answer is about what the caller may see."""

NEEDS: Final[Mapping[str, Need]] = {
    "POST /subjects/{name}/versions": Need(Role.DEVELOPER, _named),
    "POST /subjects/{name}/versions/{number}/tags": Need(Role.DEVELOPER, _named),
    "POST /associations": Need(Role.DEVELOPER, None),
    "PUT /associations/resources/{identifier}": Need(Role.DEVELOPER, None),
    "DELETE /associations/resources/{identifier}": Need(Role.DEVELOPER, None),
    "POST /associations:batchMutate": Need(Role.DEVELOPER, None),
    "POST /api/v1/subjects/{name}/versions": Need(Role.DEVELOPER, _named),
    "POST /api/v1/subjects/{name}/upcasters": Need(Role.DEVELOPER, _named),
    "DELETE /api/v1/subjects/{name}/upcasters/{source}/{target}": Need(Role.DEVELOPER, _named),
    "POST /api/v1/subjects/{name}/readers": Need(Role.READER, _named),
    "DELETE /api/v1/subjects/{name}/readers/{application}/{build}": Need(Role.READER, _named),
    "POST /api/v1/subjects/{name}/writers": Need(Role.DEVELOPER, _named),
    "DELETE /api/v1/subjects/{name}/writers/{application}/{build}": Need(Role.DEVELOPER, _named),
    "POST /api/v1/deployments": Need(Role.DEVELOPER, None),
    "DELETE /api/v1/deployments/{environment}/{application}/{build}": Need(Role.DEVELOPER, None),
    "DELETE /subjects/{name}": Need(Role.ADMIN, _named),
    "DELETE /subjects/{name}/versions/{number}": Need(Role.ADMIN, _named),
    "PUT /config/{name}": Need(Role.ADMIN, _named),
    "DELETE /config/{name}": Need(Role.ADMIN, _named),
    "PUT /mode/{name}": Need(Role.ADMIN, _named),
    "DELETE /mode/{name}": Need(Role.ADMIN, _named),
    "DELETE /contexts/{name}": Need(Role.ADMIN, _context),
    "PUT /config": Need(Role.ADMIN, _everything),
    "DELETE /config": Need(Role.ADMIN, _everything),
    "PUT /mode": Need(Role.ADMIN, _everything),
    "DELETE /mode": Need(Role.ADMIN, _everything),
    "GET /api/v1/log": Need(Role.ADMIN, _access),
    "GET /exporters": Need(Role.ADMIN, _access),
    "POST /exporters": Need(Role.ADMIN, _access),
    "GET /exporters/{exporter}": Need(Role.ADMIN, _access),
    "PUT /exporters/{exporter}": Need(Role.ADMIN, _access),
    "DELETE /exporters/{exporter}": Need(Role.ADMIN, _access),
    "GET /exporters/{exporter}/config": Need(Role.ADMIN, _access),
    "PUT /exporters/{exporter}/config": Need(Role.ADMIN, _access),
    "GET /exporters/{exporter}/status": Need(Role.ADMIN, _access),
    "PUT /exporters/{exporter}/pause": Need(Role.ADMIN, _access),
    "PUT /exporters/{exporter}/resume": Need(Role.ADMIN, _access),
    "PUT /exporters/{exporter}/reset": Need(Role.ADMIN, _access),
    "GET /api/v1/export": Need(Role.ADMIN, _access),
    "GET /api/v1/webhooks": Need(Role.ADMIN, _access),
    "POST /api/v1/webhooks": Need(Role.ADMIN, _access),
    "GET /api/v1/webhooks/{webhook}": Need(Role.ADMIN, _access),
    "PUT /api/v1/webhooks/{webhook}": Need(Role.ADMIN, _access),
    "PATCH /api/v1/webhooks/{webhook}": Need(Role.ADMIN, _access),
    "DELETE /api/v1/webhooks/{webhook}": Need(Role.ADMIN, _access),
    "POST /api/v1/webhooks/{webhook}/rotate": Need(Role.ADMIN, _access),
    "POST /api/v1/webhooks/{webhook}/test": Need(Role.ADMIN, _access),
    "GET /api/v1/webhooks/{webhook}/dead-letters": Need(Role.ADMIN, _access),
    "POST /api/v1/webhooks/{webhook}/dead-letters/redeliver": Need(Role.ADMIN, _access),
    "GET /api/v1/keys": Need(Role.ADMIN, _access),
    "POST /api/v1/keys": Need(Role.ADMIN, _access),
    "DELETE /api/v1/keys/{key_id}": Need(Role.ADMIN, _access),
    "GET /api/v1/grants": Need(Role.ADMIN, _access),
    "POST /api/v1/grants": Need(Role.ADMIN, _access),
    "DELETE /api/v1/grants": Need(Role.ADMIN, _access),
}
"""What needs a role, and over what."""

_UNPLACED: Final = Need(Role.ADMIN, _everything)


async def guard(connection: Connection) -> None:
    """Raises Forbidden or Unauthenticated unless the caller may do what it asks for.

    It runs before a request is handled, in place of a guard of the framework, for which that copies the handler.
    """
    operation = f"{connection.scope.get('method')} {connection.scope['path_template']}"
    if operation in READING:
        return
    need = NEEDS.get(operation, _UNPLACED)
    target = None if need.target is None else need.target(connection)
    exchange_of(connection).target = target or DEFAULT
    current().require(need.role, target, operation)
