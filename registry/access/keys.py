"""API keys: made here, shown once, kept as a digest.

A key is ``lk_{id}_{secret}`` with 256 random bits in the secret. What is kept is its SHA-256: a slow hash protects
secrets that can be guessed, and nobody guesses 256 random bits; a fast one lets every request be checked.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

PREFIX: Final = "lk_"
_KEY: Final = re.compile(r"lk_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key in the one moment in which it is known."""

    id: str
    text: str
    """To be shown once."""
    digest: str


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What is kept of a key."""

    id: str
    principal: str
    digest: str
    label: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None


def make() -> NewKey:
    """A new key."""
    key_id = secrets.token_hex(6)
    text = f"{PREFIX}{key_id}_{secrets.token_urlsafe(32)}"
    return NewKey(key_id, text, digest(text))


def digest(text: str) -> str:
    """What is kept of a key, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def id_of(text: str) -> str | None:
    """The id in a key; None for what cannot be one."""
    match = _KEY.fullmatch(text)
    return None if match is None else match[1]


def matches(text: str, kept: str) -> bool:
    """Whether this is the key of which the digest is kept."""
    return hmac.compare_digest(digest(text), kept)
