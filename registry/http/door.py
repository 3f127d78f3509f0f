"""Who comes in, and how fast: decided once per request, before anything else looks at it."""

from __future__ import annotations

from anyio import to_thread

from registry.access.authentication import Authentication
from registry.access.current import OPEN, Caller
from registry.access.rate import Buckets
from registry.access.roles import ANONYMOUS_NAME
from registry.errors import TooManyRequests, Unauthenticated
from registry.service import Registry


class Door:
    """Lets callers in, with what they may do. With access control off, everybody may do everything."""

    def __init__(self, registry: Registry) -> None:
        """Raises InvalidRequest for settings that cannot be."""
        settings = registry.settings
        self.authentication: Authentication | None = None
        if settings.access == "on":
            self.authentication = registry.permissions.authentication
        self._rate = Buckets(settings.rate_per_second, settings.rate_burst) if settings.rate_per_second else None

    @property
    def at_once(self) -> Caller | None:
        """Everybody, where nobody has to say who they are and nothing is counted: then there is nothing to ask."""
        return OPEN if self.authentication is None and self._rate is None else None

    def known(self, authorization: bytes) -> Caller | None:
        """The caller, if it was recognised lately: never waits. None: ask ``admit``. Raises as that does."""
        who = OPEN if self.authentication is None else self.authentication.known(authorization)
        return None if who is None else self.let_in(who)

    async def admit(self, authorization: bytes) -> Caller:
        """The caller that an ``Authorization`` header belongs to. Raises Unauthenticated, TooManyRequests."""
        if self.authentication is None:
            return OPEN
        return self.let_in(await to_thread.run_sync(self.authentication.header, authorization))

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
