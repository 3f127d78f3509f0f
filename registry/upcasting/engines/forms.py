"""Events as other engines meet them: what JSON has no value for is a text, what an engine cannot read is left out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from upcasters.compile.json_events import text_of


class LeftOut(Exception):
    """An engine cannot meet the event; says what is in it."""


@dataclass(frozen=True, slots=True)
class Form:
    """How an engine meets events."""

    bits: int
    """Of the whole numbers that it reads exactly."""
    native: bool
    """Whether values that JSON does not have are texts; else the event is left out."""

    def of(self, value: Any) -> Any:
        """A payload as the engine meets it. Raises LeftOut."""
        match value:
            case None | bool():
                return value
            case str():
                return _text(value)
            case int():
                if abs(value) >= 2**self.bits:
                    raise LeftOut(f"whole numbers beyond 2^{self.bits}")
                return value
            case float():
                if not math.isfinite(value):
                    raise LeftOut("NaN or an infinity, which JSON does not have")
                return value
            case dict():
                return {_text(name): self.of(item) for name, item in value.items()}
            case list() | tuple():
                return [self.of(item) for item in value]
            case _:
                return self._native(value)

    def _native(self, value: Any) -> str:
        if not self.native:
            raise LeftOut(f"a {type(value).__name__} value, which JSON does not have")
        try:
            return text_of(value)
        except TypeError as error:
            raise LeftOut(str(error)) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return str(value)  # a key of a Protobuf map
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise LeftOut("half a surrogate pair, which is no text elsewhere")
    return value


AS_JSON: Final = Form(bits=64, native=True)
"""As JSON text: bytes are base64, decimals their digits, moments RFC 3339, UUIDs their text."""
AS_PARSED: Final = Form(bits=53, native=True)
"""The same as ``JSON.parse`` gives it, which rounds wide numbers."""
AS_DATA: Final = Form(bits=53, native=False)
"""As the decoder gives it, where all of it is JSON; wide numbers are computed with as doubles."""
