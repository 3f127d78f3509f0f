"""The cookie of somebody who is signed in to the catalog: who that is and until when, signed by this registry."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Final

import jwt

from registry.access.current import Caller
from registry.errors import Unauthenticated

COOKIE: Final = "lineal_session"
_ALGORITHM: Final = "HS256"
_AUDIENCE: Final = "lineal-catalog"


@dataclass(frozen=True, slots=True)
class Session:
    """What a cookie says."""

    principal: str
    groups: tuple[str, ...]
    key_id: str
    expires: float


class Sessions:
    """Makes and reads cookies. Nobody else reads what it has signed, so one secret does both."""

    def __init__(self, secret: str, hours: float) -> None:
        self._secret = secret or secrets.token_hex(32)
        self._seconds = hours * 3600

    def make(self, who: Caller) -> tuple[str, int]:
        """The cookie for a caller, and the seconds for which it is good: no longer than what it signed in with."""
        expires = min(time.time() + self._seconds, who.expires)
        said = {"aud": _AUDIENCE, "sub": who.name, "groups": list(who.groups), "key": who.key_id, "exp": int(expires)}
        return jwt.encode(said, self._secret, algorithm=_ALGORITHM), max(0, int(expires - time.time()))

    def read(self, cookie: str) -> Session:
        """Raises Unauthenticated for one that is not ours, or no longer good."""
        try:
            said = jwt.decode(
                cookie,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={"require": ["exp", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated("The session has ended: sign in again") from error
        return Session(said["sub"], tuple(said["groups"]), said["key"], float(said["exp"]))
