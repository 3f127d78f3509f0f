"""Who may do what: keys and roles for the page of admins, and what its forms ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from registry.access.keys import StoredKey
from registry.access.roles import EVERY_CONTEXT, Grant, Role, grant
from registry.errors import InvalidRequest
from registry.model import DEFAULT_CONTEXT, Origin
from registry.service.permissions import CreatedKey
from web.site import Site
from web.words import BAD, DOUBT, GOOD, Tone

_LONGEST_DAYS: Final = 36_500

ROLES: Final = {
    Role.READER.value: "sees subjects, checks candidates, upcasts events",
    Role.DEVELOPER.value: "and registers versions and upcasters, records deployments",
    Role.ADMIN.value: "and configures, forces, imports and deletes",
}


@dataclass(frozen=True, slots=True)
class Key:
    """An API key, without what makes it one."""

    id: str
    principal: str
    label: str
    tone: Tone
    made: datetime
    expires: datetime | None
    usable: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A role over an area."""

    principal: str
    role: str
    context: str
    prefix: str
    area: str
    fixed: bool
    """It stands in the settings of this node, and is taken away there."""


@dataclass(frozen=True, slots=True)
class Access:
    """The page."""

    on: bool
    """Whether callers have to show who they are."""
    keys: tuple[Key, ...]
    retired: tuple[Key, ...]
    """Those that are good for nothing any more."""
    given: tuple[Given, ...]
    contexts: tuple[str, ...]
    sent: Mapping[str, str]
    """The form that could not be served; empty for none."""
    secret: str = ""
    """A new key, shown this once."""
    error: str = ""


def access(site: Site, *, sent: Mapping[str, str] | None = None, secret: str = "", error: str = "") -> Access:
    """Every key and role."""
    permissions = site.registry.permissions
    authentication = site.door.authentication if site.door else None
    keys = [_key(one) for one in permissions.every_key()]
    fixed = authentication.fixed_grants if authentication else ()
    given = [_given(one, fixed=False) for one in permissions.every_grant()]
    return Access(
        on=authentication is not None,
        keys=tuple(key for key in keys if key.usable),
        retired=tuple(key for key in keys if not key.usable),
        given=(*given, *(_given(one, fixed=True) for one in fixed)),
        contexts=tuple(site.registry.catalog.contexts()),
        sent=sent or {},
        secret=secret,
        error=error,
    )


def make_key(site: Site, data: Mapping[str, str], origin: Origin) -> CreatedKey:
    """The key that a form asks for. Raises InvalidRequest, Forbidden."""
    days = data.get("days", "").strip()
    if days and not (days.isdecimal() and 0 < int(days) <= _LONGEST_DAYS):
        raise InvalidRequest(f"The days are a whole number from 1 to {_LONGEST_DAYS:,}, or nothing")
    expires = datetime.now(UTC) + timedelta(days=int(days)) if days else None
    principal, label = data.get("principal", "").strip(), data.get("label", "").strip()
    return site.registry.permissions.create_key(principal, label, expires, origin)


def grant_in(data: Mapping[str, str]) -> Grant:
    """The role over an area that a form is about. Raises InvalidRequest, InvalidContext."""
    said = {name: data.get(name, "").strip() for name in ("grantee", "role", "context", "prefix")}
    return grant(said["grantee"], said["role"], said["context"] or EVERY_CONTEXT, said["prefix"])


def _key(one: StoredKey) -> Key:
    expired = one.expires is not None and one.expires <= datetime.now(UTC)
    if one.revoked is not None:
        tone = Tone(BAD.css, BAD.icon, "revoked")
    else:
        tone = Tone(DOUBT.css, DOUBT.icon, "expired") if expired else Tone(GOOD.css, GOOD.icon, "good")
    usable = one.revoked is None and not expired
    return Key(one.id, one.principal, one.label, tone, one.created, one.expires, usable)


def _given(one: Grant, *, fixed: bool) -> Given:
    subjects = f"subjects that begin with {one.prefix}" if one.prefix else "every subject"
    known = {EVERY_CONTEXT: "every context", DEFAULT_CONTEXT: "the default context"}
    where = known.get(one.context, f"the context {one.context}")
    return Given(one.principal, one.role.value, one.context, one.prefix, f"{subjects} in {where}", fixed)
