"""From what a request shows to who sends it. What was found good is remembered for a while, as a keyed digest."""

from __future__ import annotations

import secrets
import time
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from threading import Lock
from typing import Final, Protocol

from registry.access import file, keys, passwords
from registry.access.current import Caller, caller
from registry.access.keys import StoredKey
from registry.access.rate import Buckets
from registry.access.roles import ANONYMOUS_NAME, GROUP, Grant, Role
from registry.access.sessions import ENDED, Sessions
from registry.access.tokens import Tokens
from registry.errors import TooManyRequests, Unauthenticated
from registry.settings import Settings

_KEPT: Final = 10_000
_ATTEMPTS_PER_SECOND: Final = 0.2
_ATTEMPTS_AT_ONCE: Final = 10
_NOT_TAKEN: Final = "The Authorization header holds nothing that is taken here: no API key, user and password, or token"
_NOT_GOOD: Final = "The credentials are not good: the key is unknown, revoked or expired, or the password is wrong"


class Directory(Protocol):
    """What the log knows of keys and grants."""

    def key(self, key_id: str) -> StoredKey | None: ...

    def grants_of(self, principals: Sequence[str]) -> list[Grant]: ...


@dataclass(frozen=True, slots=True)
class _Shown:
    """Whom credentials belong to."""

    principal: str
    groups: tuple[str, ...] = ()
    key_id: str = ""
    expires: float = float("inf")


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    until: float
    """Seconds since 1970."""


class Authentication:
    """Recognises callers by API key, password, token, session or certificate."""

    def __init__(self, settings: Settings, directory: Directory) -> None:
        """Raises InvalidRequest for settings that cannot be."""
        self._directory = directory
        self._seconds = settings.credentials_seconds
        self._file = file.Watched(settings.access_file)
        self._tokens = Tokens(settings) if settings.jwks else None
        self.sessions = Sessions(settings.session_secret, settings.session_hours)
        admins = (name.strip() for name in settings.access_admins.split(","))
        self._admins = tuple(Grant(name, Role.ADMIN) for name in admins if name)
        self._attempts = Buckets(_ATTEMPTS_PER_SECOND, _ATTEMPTS_AT_ONCE)
        self._secret = secrets.token_bytes(32)
        self._lock = Lock()
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._generation = 0

    @property
    def fixed_grants(self) -> tuple[Grant, ...]:
        """Those of the settings and of the access file."""
        return (*self._file.said.grants, *self._admins)

    def known(self, shown: bytes, certified: str = "") -> Caller | None:
        """The caller whose credentials (header, cookie or certificate) were found good lately; never waits."""
        found = self._known.get(self._digest(shown, certified))
        return found.caller if found is not None and found.until > time.time() else None

    def header(self, value: bytes) -> Caller:
        """The caller that an ``Authorization`` header belongs to; without one, nobody in particular.

        Raises Unauthenticated, TooManyRequests.
        """
        return self._recognised(value, lambda: self._by_header(value) if value else _Shown(ANONYMOUS_NAME))

    def session(self, cookie: str) -> Caller:
        """The caller that a session cookie belongs to. Raises Unauthenticated."""
        return self._recognised(cookie.encode("latin-1", "replace"), lambda: self._by_session(cookie))

    def session_of(self, who: Caller) -> tuple[str, int]:
        """The cookie of somebody who has signed in, and the seconds for which it is good at most.

        It ends with the key or the password that was shown: who is a user of the file has shown that or a token, and
        is bound to the password either way.
        """
        return self.sessions.make(who, "" if who.key_id else self._file.said.users.get(who.name, ""))

    def certified(self, principal: str) -> Caller:
        """The caller whom a verified certificate names."""
        return self._recognised(b"", lambda: _Shown(principal), principal)

    def refresh(self) -> bool:
        """Read the access file again if it has changed; whether somebody may be another, or may do something else."""
        return self._file.refresh()

    def forget(self) -> None:
        """Keys or grants have changed: nobody is known until they are looked at again."""
        with self._lock:
            self._generation += 1
            self._known.clear()

    def _recognised(self, shown: bytes, look: Callable[[], _Shown], certified: str = "") -> Caller:
        generation = self._generation
        if (known := self.known(shown, certified)) is not None:
            return known
        found = look()
        names = [found.principal, *(GROUP + group for group in found.groups)]
        granted = [*self._directory.grants_of(names), *(one for one in self.fixed_grants if one.principal in names)]
        who = caller(found.principal, _distinct(granted), found.groups, found.key_id, found.expires)
        until = min(time.time() + self._seconds, found.expires)
        with self._lock:
            if generation == self._generation:
                self._known[self._digest(shown, certified)] = _Known(who, until)
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
        return who

    def _by_header(self, value: bytes) -> _Shown:
        scheme, _, rest = value.decode("latin-1").partition(" ")
        match scheme.lower():
            case "basic":
                return self._by_basic(rest)
            case "bearer" if keys.id_of(rest.strip()) is not None:
                return self._by_key(rest.strip())
            case "bearer" if self._tokens is not None:
                claims = self._tokens.verify(rest.strip())
                return _Shown(claims.principal, claims.groups, expires=claims.expires)
        raise Unauthenticated(_NOT_TAKEN)

    def _by_basic(self, encoded: str) -> _Shown:
        try:
            user, separator, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
        except ValueError as error:
            raise Unauthenticated("The Authorization header is not Basic as RFC 7617 has it") from error
        if not separator:
            raise Unauthenticated
        if keys.id_of(password) is not None:
            found = self._by_key(password)
            if user not in {found.principal, found.key_id}:
                raise Unauthenticated(_NOT_GOOD)
            return found
        if wait := self._attempts.take(user):
            raise TooManyRequests(wait)
        if not passwords.matches(password, self._file.said.users.get(user, passwords.ABSENT)):
            raise Unauthenticated(_NOT_GOOD)
        return _Shown(user)

    def _by_key(self, text: str) -> _Shown:
        key = self._directory.key(keys.id_of(text) or "")
        if key is None or not keys.matches(text, key.digest):
            raise Unauthenticated(_NOT_GOOD)
        return _Shown(key.principal, key_id=key.id, expires=_require_good(key))

    def _by_session(self, cookie: str) -> _Shown:
        said = self.sessions.read(cookie)
        found = _Shown(said.principal, said.groups, said.key_id, said.expires)
        if not said.key_id:
            kept = self._file.said.users.get(said.principal, "")
            if said.password != self.sessions.mark(kept) or not (kept or self._tokens):
                raise Unauthenticated(ENDED)
            return found
        key = self._directory.key(said.key_id)
        if key is None:
            raise Unauthenticated(_NOT_GOOD)
        return replace(found, expires=min(said.expires, _require_good(key)))

    def _digest(self, shown: bytes, certified: str) -> bytes:
        """Two names of two kinds that are spelt alike never meet: the kind is part of the digest."""
        kind = b"certificate" if certified else b"shown"
        return blake2b(certified.encode() or shown, digest_size=16, key=self._secret, person=kind).digest()


def _require_good(key: StoredKey) -> float:
    """Until when a key is good. Raises Unauthenticated."""
    expires = float("inf") if key.expires is None else key.expires.timestamp()
    if key.revoked is not None or expires <= datetime.now(UTC).timestamp():
        raise Unauthenticated(_NOT_GOOD)
    return expires


def _distinct(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    return tuple(dict.fromkeys(grants))
