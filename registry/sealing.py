"""Secrets that have to be read again, in the database and in the log: only ever encrypted, with a key from outside."""

from __future__ import annotations

import base64
import binascii
from functools import cached_property
from typing import TYPE_CHECKING, Final

from registry.errors import InvalidRequest

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_KEY_BYTES: Final = 32
_MAKE_ONE: Final = "openssl rand -base64 32"


class Seal:
    """Encrypts with the first of some keys (32 bytes in base64, separated by commas), decrypts with any of them."""

    def __init__(self, keys: str) -> None:
        """Raises InvalidRequest for what is no key."""
        self._keys = [_key(each) for each in keys.split(",") if each.strip()]

    @property
    def present(self) -> bool:
        """Whether there is a key."""
        return bool(self._keys)

    def close(self, secret: str) -> str:
        """The secret, encrypted. Raises InvalidRequest where there is no key."""
        if not self._keys:
            raise InvalidRequest(
                f"A secret would have to be kept and there is no key to encrypt it: set LINEAL_SECRET_KEY ({_MAKE_ONE})"
            )
        return self._box.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """What was encrypted. Raises InvalidRequest where there is no key, or none that fits."""
        from cryptography.fernet import InvalidToken

        if not self._keys:
            raise InvalidRequest("A secret is kept encrypted and there is no key to read it: set LINEAL_SECRET_KEY")
        try:
            return self._box.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise InvalidRequest("LINEAL_SECRET_KEY is not the key that the secret was encrypted with") from None

    @cached_property
    def _box(self) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet

        return MultiFernet([Fernet(key) for key in self._keys])


def _key(text: str) -> bytes:
    """In the alphabet that Fernet reads; either alphabet of base64 is taken."""
    try:
        key = base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _KEY_BYTES:
        raise InvalidRequest(f"LINEAL_SECRET_KEY is no key: {_KEY_BYTES} bytes in base64 are ({_MAKE_ONE} makes one)")
    return base64.urlsafe_b64encode(key)
