"""Passwords of the users in the access file: scrypt, with the cost written beside the hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from typing import Final

_N, _R, _P = 2**15, 8, 1
"""The cost: 32 MiB and about a tenth of a second."""
_MOST_BYTES: Final = 256 * 2**20
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 64


def hashed(password: str) -> str:
    """A password as it stands in the file: ``scrypt$N$r$p$salt$hash``."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return _written(salt, _scrypt(password, salt, _N, _R, _P))


def matches(password: str, kept: str) -> bool:
    """Whether this is the password of which the hash is kept; False also where the hash is none."""
    try:
        name, n, r, p, salt, expected = kept.split("$")
        found = _scrypt(password, b64decode(salt), int(n), int(r), int(p))
    except ValueError:
        return False
    return name == "scrypt" and hmac.compare_digest(found, b64decode(expected))


def is_hash(text: str) -> bool:
    """Whether a text can be the hash of a password."""
    parts = text.split("$")
    return len(parts) == 6 and parts[0] == "scrypt" and all(part.isdigit() for part in parts[1:4])


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, n=n, r=r, p=p, maxmem=_MOST_BYTES)


def _written(salt: bytes, hash_: bytes) -> str:
    return "$".join(["scrypt", *map(str, (_N, _R, _P)), b64encode(salt).decode(), b64encode(hash_).decode()])


ABSENT: Final = _written(secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_HASH_BYTES))
"""The hash of no password: compared with where there is no such user, so that the time of an answer does not tell."""
