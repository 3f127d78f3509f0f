"""Bearer tokens of an identity provider (OpenID Connect, OAuth 2): signed JWTs, verified with the provider's keys."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import jwt
from jwt import PyJWK, PyJWKSet

from registry.access.roles import principal_name
from registry.errors import InvalidRequest, Unauthenticated
from registry.settings import Settings

_log = logging.getLogger(__name__)

ASYMMETRIC: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""Whoever can verify these cannot make them; with a shared secret, a public key could be taken for the secret."""

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_MOST_BYTES: Final = 1_000_000
_SOONEST_SECONDS: Final = 10.0
"""An unknown key makes the set be fetched again, but not more often than this: anybody can invent key ids."""
_LONGEST_TOKEN: Final = 16_000


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says."""

    principal: str
    groups: tuple[str, ...]
    expires: float


class KeySet:
    """The provider's public keys: from a file, or fetched, kept for a while and fetched again when they rotate."""

    def __init__(self, source: str, keep_seconds: float, fetch_seconds: float) -> None:
        self._source = source
        self._keep_seconds = keep_seconds
        self._fetch_seconds = fetch_seconds
        self._lock = Lock()
        self._keys: Mapping[str | None, PyJWK] = {}
        self._fetched = float("-inf")

    def key(self, key_id: str | None) -> PyJWK:
        """The key with an id, or the only one. Raises Unauthenticated."""
        known = self._find(key_id)
        # whoever has a key that is known does not wait while somebody else fetches
        if self._is_due(known) and self._lock.acquire(blocking=known is None):
            try:
                if self._is_due(known := self._find(key_id)):
                    self._refresh()
                    known = self._find(key_id)
            finally:
                self._lock.release()
        if known is None:
            raise Unauthenticated("The token is signed with a key that its issuer does not publish")
        return known

    def _is_due(self, known: PyJWK | None) -> bool:
        age = time.monotonic() - self._fetched
        return age > self._keep_seconds or (known is None and age > _SOONEST_SECONDS)

    def _find(self, key_id: str | None) -> PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _refresh(self) -> None:
        """What cannot be fetched leaves the keys as they were: an issuer's short absence locks nobody out."""
        self._fetched = time.monotonic()
        try:
            published = PyJWKSet.from_json(self._read()).keys
        except (httpx.HTTPError, OSError, ValueError, jwt.PyJWTError) as error:
            _log.warning("the keys for tokens cannot be read from %s: %s", self._source, error)
            return
        self._keys = {key.key_id: key for key in published if key.key_type in {"RSA", "EC", "OKP"}}

    def _read(self) -> str:
        if not self._source.startswith(("http://", "https://")):
            return Path(self._source).read_text("utf-8")
        found = b""
        with (
            httpx.Client(timeout=self._fetch_seconds, follow_redirects=False) as client,
            client.stream("GET", self._source, headers={"accept": "application/json"}) as response,
        ):
            response.raise_for_status()
            for piece in response.iter_bytes():
                found += piece
                if len(found) > _MOST_BYTES:
                    raise ValueError("the answer is too long for a key set")
        return found.decode()


class Tokens:
    """Verifies tokens."""

    def __init__(self, settings: Settings) -> None:
        """Raises InvalidRequest for settings with which no token could be trusted."""
        algorithms = [name.strip() for name in settings.jwt_algorithms.split(",") if name.strip()]
        if unfit := [name for name in algorithms if name not in ASYMMETRIC]:
            raise InvalidRequest(
                f"LINEAL_JWT_ALGORITHMS names {', '.join(unfit)}: only {', '.join(sorted(ASYMMETRIC))} can be"
            )
        if not (settings.jwt_issuer and settings.jwt_audience and algorithms):
            raise InvalidRequest("LINEAL_JWKS needs LINEAL_JWT_ISSUER and LINEAL_JWT_AUDIENCE beside it")
        address = urlsplit(settings.jwks)
        if address.scheme == "http" and address.hostname not in _LOOPBACK:
            raise InvalidRequest("LINEAL_JWKS is fetched in plain: whoever is on the way could sign tokens; use https")
        self._settings = settings
        self._algorithms = algorithms
        self._keys = KeySet(settings.jwks, settings.jwks_seconds, settings.jwks_fetch_seconds)

    def verify(self, token: str) -> Claims:
        """What the token says of its bearer. Raises Unauthenticated with the reason."""
        if len(token) > _LONGEST_TOKEN:
            raise Unauthenticated("The token is too long")
        try:
            key = self._keys.key(jwt.get_unverified_header(token).get("kid"))
            claims = jwt.decode(
                token,
                key,
                algorithms=self._algorithms,
                issuer=self._settings.jwt_issuer,
                audience=self._settings.jwt_audience,
                leeway=self._settings.jwt_leeway_seconds,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated(f"The token is not good: {error}") from error
        return self._read(claims)

    def _read(self, claims: Mapping[str, Any]) -> Claims:
        named = claims.get(self._settings.jwt_principal_claim)
        if not isinstance(named, str):
            raise Unauthenticated(
                f"The token has no claim '{self._settings.jwt_principal_claim}' that names its bearer"
            )
        try:
            principal = principal_name(named)
        except InvalidRequest as error:
            raise Unauthenticated(error.message) from error
        said = claims.get(self._settings.jwt_groups_claim, ())
        groups = said.split() if isinstance(said, str) else said
        if not isinstance(groups, (list, tuple)):
            groups = ()
        return Claims(principal, tuple(one for one in groups if isinstance(one, str)), float(claims["exp"]))
