"""Who comes in, and how fast: decided once per request, before anything else looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from anyio import CapacityLimiter, to_thread
from litestar.types import HTTPScope

from registry.access.authentication import Authentication
from registry.access.certificates import Certificates
from registry.access.current import OPEN, Caller
from registry.access.rate import Buckets
from registry.access.roles import ANONYMOUS_NAME
from registry.errors import TooManyRequests, Unauthenticated
from registry.service import Registry

PASSWORDS_AT_ONCE: Final = 4
"""Looking at one takes a tenth of a second and 32 MiB; whoever sends many waits, and nobody else does."""
_READS: Final = frozenset({"GET", "HEAD"})


class Door:
    """Lets callers in, with what they may do. With access control off, everybody may do everything."""

    def __init__(self, registry: Registry) -> None:
        """Raises InvalidRequest for settings that cannot be."""
        settings = registry.settings
        self.authentication: Authentication | None = None
        if settings.access == "on":
            self.authentication = registry.permissions.authentication
        self._certificates = Certificates(settings)
        self._hashing = CapacityLimiter(PASSWORDS_AT_ONCE)
        self._rate = Buckets(settings.rate_per_second, settings.rate_burst) if settings.rate_per_second else None

    @property
    def at_once(self) -> Caller | None:
        """Everybody, where nobody has to say who they are and nothing is counted: then there is nothing to ask."""
        return OPEN if self.authentication is None and self._rate is None else None

    def certified(self, scope: HTTPScope) -> str:
        """The principal that the client's certificate names, which counts where nothing else is shown; or empty.

        A browser sends a certificate along with what the pages of other sites make it send, so there it does not count.
        Raises Unauthenticated.
        """
        if self.authentication is None:
            return ""
        peer = scope.get("client")
        if peer is not None and self._certificates.trusts(peer[0]):
            name = self._certificates.header.encode()
            said = self._certificates.said([value.decode("latin-1") for key, value in scope["headers"] if key == name])
        else:
            tls: Mapping[Any, Any] = (scope.get("extensions") or {}).get("tls") or {}
            chain = tls.get("client_cert_chain")
            said = self._certificates.shown(chain[0]) if chain else ""
        if said and scope["method"] not in _READS and not same_origin(dict(scope["headers"])):
            raise Unauthenticated("A page of another site has sent this: no certificate counts for it, show a key")
        return said

    def known(self, authorization: bytes, certified: str = "") -> Caller | None:
        """The caller, if it was recognised lately: never waits. None: ask ``admit``. Raises as that does."""
        who = OPEN if self.authentication is None else self.authentication.known(authorization, certified)
        return None if who is None else self.let_in(who)

    async def admit(self, authorization: bytes, certified: str = "") -> Caller:
        """The caller that an ``Authorization`` header or a certificate belongs to.

        Raises Unauthenticated, TooManyRequests.
        """
        if self.authentication is None:
            return OPEN
        if certified:
            return self.let_in(await to_thread.run_sync(self.authentication.certified, certified))
        limiter = self._hashing if authorization[:6].lower() == b"basic " else None
        return self.let_in(await to_thread.run_sync(self.authentication.header, authorization, limiter=limiter))

    async def admit_session(self, cookie: str) -> Caller:
        """The caller that a session cookie belongs to. Raises Unauthenticated, TooManyRequests."""
        if self.authentication is None:
            return OPEN
        return self.let_in(await to_thread.run_sync(self.authentication.session, cookie))

    def let_in(self, who: Caller) -> Caller:
        """The caller, if it may come in now. Raises Unauthenticated, TooManyRequests."""
        if who.name == ANONYMOUS_NAME and not who.grants:
            raise Unauthenticated
        if self._rate is not None and (wait := self._rate.take(who.name)):
            raise TooManyRequests(wait)
        return who


def same_origin(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request comes from a page of this server, as far as a browser says."""
    origin = headers.get(b"origin")
    if origin is None:
        return headers.get(b"sec-fetch-site", b"same-origin") in {b"same-origin", b"none"}
    return urlsplit(origin.decode("latin-1")).netloc.encode("latin-1") == headers.get(b"host", b"")
