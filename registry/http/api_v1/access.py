"""Keys and grants, and who one is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from registry.access.current import current
from registry.access.keys import StoredKey
from registry.access.roles import EVERY_CONTEXT, Grant, grant
from registry.http.api_v1.documents import Answer
from registry.http.exchange import exchange_of
from registry.http.parameters import AnyRequest
from registry.service import Registry

Context = Annotated[str, QueryParameter(description="A context, or * for every one.")]


class KeyRequest(msgspec.Struct, frozen=True):
    """Whose key it will be, what it is for, and until when it is good."""

    principal: str
    label: str = ""
    expires: datetime | None = None


class GrantRequest(msgspec.Struct, frozen=True):
    """A role over the subjects of a context (``*``: of every one) that begin with a prefix."""

    principal: str
    role: str
    context: str = EVERY_CONTEXT
    prefix: str = ""

    def grant(self) -> Grant:
        """Raises InvalidRequest, InvalidContext."""
        return grant(self.principal, self.role, self.context, self.prefix)


class KeyDocument(Answer, frozen=True):
    """A key without what makes it one."""

    id: str
    principal: str
    label: str
    created: str
    expires: str | None
    revoked: str | None


class CreatedKeyDocument(Answer, frozen=True):
    """A key, shown this once."""

    key: str
    """As a bearer token, or as the password of ``id`` in HTTP basic authentication."""
    stored: KeyDocument


class GrantDocument(Answer, frozen=True):
    """A role over an area."""

    principal: str
    role: str
    context: str
    prefix: str
    source: str
    """``log``, or ``settings`` where it can only be taken away there."""


class CallerDocument(Answer, frozen=True):
    """Who asks, and what that caller may do."""

    principal: str
    groups: list[str]
    grants: list[GrantDocument]


@get("/whoami", sync_to_thread=False)
def whoami() -> CallerDocument:
    """Who you are here, and what you may do."""
    who = current()
    return CallerDocument(who.name, list(who.groups), [_grant(one, "") for one in who.grants])


@get("/keys", sync_to_thread=True)
def list_keys(registry: NamedDependency[Registry]) -> list[KeyDocument]:
    """Every key ever made, revoked ones too; the keys themselves are not known here."""
    return [_key(one) for one in registry.permissions.every_key()]


@post("/keys", status_code=201, sync_to_thread=True)
def create_key(
    request: AnyRequest, registry: NamedDependency[Registry], data: JSONBody[KeyRequest]
) -> CreatedKeyDocument:
    """Make a key for a principal. This answer is the only one that shows it."""
    made = registry.permissions.create_key(data.principal, data.label, data.expires, exchange_of(request).origin)
    return CreatedKeyDocument(made.text, _key(made.stored))


@delete("/keys/{key_id:str}", status_code=200, sync_to_thread=True)
def revoke_key(request: AnyRequest, registry: NamedDependency[Registry], key_id: FromPath[str]) -> KeyDocument:
    """Take a key out of use."""
    return _key(registry.permissions.revoke_key(key_id, exchange_of(request).origin))


@get("/grants", sync_to_thread=True)
def list_grants(registry: NamedDependency[Registry]) -> list[GrantDocument]:
    """Every role that is given: in the log, and in the settings of this node."""
    fixed = registry.permissions.authentication.fixed_grants
    return [
        *(_grant(one, "log") for one in registry.permissions.every_grant()),
        *(_grant(one, "settings") for one in fixed),
    ]


@post("/grants", status_code=200, sync_to_thread=True)
def give(request: AnyRequest, registry: NamedDependency[Registry], data: JSONBody[GrantRequest]) -> GrantDocument:
    """Give a role over an area."""
    given = data.grant()
    registry.permissions.give(given, exchange_of(request).origin)
    return _grant(given, "log")


@delete("/grants", status_code=200, sync_to_thread=True)
def withdraw(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    principal: Annotated[str, QueryParameter()],
    role: Annotated[str, QueryParameter()],
    context: Context = EVERY_CONTEXT,
    prefix: Annotated[str, QueryParameter()] = "",
) -> GrantDocument:
    """Take a role over an area away."""
    taken = grant(principal, role, context, prefix)
    registry.permissions.withdraw(taken, exchange_of(request).origin)
    return _grant(taken, "log")


def _key(one: StoredKey) -> KeyDocument:
    return KeyDocument(
        id=one.id,
        principal=one.principal,
        label=one.label,
        created=one.created.isoformat(),
        expires=None if one.expires is None else one.expires.isoformat(),
        revoked=None if one.revoked is None else one.revoked.isoformat(),
    )


def _grant(one: Grant, source: str) -> GrantDocument:
    return GrantDocument(one.principal, one.role.value, one.context, one.prefix, source)


HANDLERS: Final = (whoami, list_keys, create_key, revoke_key, list_grants, give, withdraw)
