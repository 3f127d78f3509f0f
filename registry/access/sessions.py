"""The cookie of somebody who is signed in to the catalog: who that is and until when, signed by this registry."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Final

import jwt

from registry.access.current import Caller
from registry.errors import Unauthenticated

COOKIE: Final = "lineal_session"
ENDED: Final = "The session has ended: sign in again"
_ALGORITHM: Final = "HS256"
_AUDIENCE: Final = "lineal-catalog"


@dataclass(frozen=True, slots=True)
class Session:
    """What a cookie says."""

    principal: str
    groups: tuple[str, ...]
    key_id: str
    password: str
    """The mark of the password it was signed in with, if it was."""
    expires: float


class Sessions:
    """Makes and reads cookies. Nobody else reads what it has signed, so one secret does both."""

    def __init__(self, secret: str, hours: float) -> None:
        self._secret = secret or secrets.token_hex(32)
        self._seconds = hours * 3600

    def make(self, who: Caller, password: str = "") -> tuple[str, int]:
        """The cookie for a caller, and the seconds for which it is good: no longer than what it signed in with.

        ``password``: the hash of the one it was.
        """
        expires = min(time.time() + self._seconds, who.expires)
        said = {
            "aud": _AUDIENCE,
            "sub": who.name,
            "groups": list(who.groups),
            "key": who.key_id,
            "password": self.mark(password),
            "exp": int(expires),
        }
        return jwt.encode(said, self._secret, algorithm=_ALGORITHM), max(0, int(expires - time.time()))

    def mark(self, kept: str) -> str:
        """What tells the hash of a password from every other one, and tells nothing of it; empty for none."""
        return hmac.new(self._secret.encode(), kept.encode(), hashlib.sha256).hexdigest()[:32] if kept else ""

    def read(self, cookie: str) -> Session:
        """Raises Unauthenticated for one that is not ours, or no longer good."""
        try:
            said = jwt.decode(
                cookie,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={"require": ["exp", "sub", "password"]},
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated(ENDED) from error
        return Session(said["sub"], tuple(said["groups"]), said["key"], said["password"], float(said["exp"]))
