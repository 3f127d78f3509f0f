"""An event that looks like one people know, for the player: names suggest values, types decide.

Whether it is an event of its schema is for the engine to say; where it is none, the engine's own samples are taken.
"""

from __future__ import annotations

import random
import string
from typing import Any, Final

from compat.outline import ABSENT, Field, Kind, Type

DEEPEST: Final = 12
_WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("email", ("ann.lee@example.org", "bo.marsh@example.org", "kim.ito@example.org")),
    ("currency", ("EUR", "SEK", "USD")),
    ("country", ("DE", "SE", "NL")),
    ("city", ("Malmö", "Ghent", "Kraków")),
    ("street", ("Harbour Street 7", "Mill Lane 12", "Rua da Prata 31")),
    ("postal", ("21119", "9000", "31-005")),
    ("zip", ("21119", "9000", "31-005")),
    ("region", ("Skåne", "East Flanders", "Lesser Poland")),
    ("iban", ("DE89370400440532013000", "NL91ABNA0417164300")),
    ("phone", ("+46 40 123 456", "+32 9 876 54 32")),
    ("url", ("https://example.org/start", "https://example.org/offer")),
    ("uri", ("https://example.org/start", "https://example.org/offer")),
    ("sku", ("MUG-BLUE", "LAMP-2", "TEA-GREEN")),
    ("channel", ("web", "app", "phone")),
    ("title", ("A good day", "News")),
    ("reason", ("changed my mind", "arrived late")),
    ("name", ("Ann Lee", "Bo Marsh", "Kim Ito")),
)
"""What a text is likely to hold, by a part of its field's name; the first that fits counts."""


def plausible(outline: Type, seed: int) -> Any:
    """A JSON tree for an outline, the same for the same seed."""
    return _Maker(random.Random(seed)).value(outline, "", 0)  # noqa: S311  nothing secret is drawn


class _Maker:
    def __init__(self, draw: random.Random) -> None:
        self._draw = draw

    def value(self, type_: Type, name: str, depth: int) -> Any:
        match type_.kind:
            case Kind.RECORD:
                return self._record(type_, depth)
            case Kind.ARRAY:
                return [] if type_.items is None or depth > DEEPEST else [self.value(type_.items, name, depth + 1)]
            case Kind.MAP:
                return {}
            case Kind.UNION:
                arms = [arm for arm in type_.variants if arm.kind not in {Kind.NULL, Kind.NEVER, Kind.REPEAT}]
                return self.value(arms[0], name, depth + 1) if arms and depth < DEEPEST else None
            case Kind.ENUM:
                return self._draw.choice(type_.symbols) if type_.symbols else None
            case Kind.BOOLEAN:
                return self._draw.random() < 0.5
            case Kind.INTEGER:
                return self._moment(type_) if type_.logical else self._whole(type_, name)
            case Kind.FLOAT:
                return round(self._draw.uniform(1, 90), 2)
            case Kind.DECIMAL:
                return self._decimal(type_)
            case Kind.STRING:
                return self._text(type_, name)
            case Kind.BYTES:
                return ""
            case _:
                return None

    def _record(self, type_: Type, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        taken: set[str] = set()
        for field in type_.fields:
            if field.oneof:
                if field.oneof in taken:
                    continue
                taken.add(field.oneof)
            if self._worth(field, depth):
                made[field.name] = self.value(field.type, field.name, depth + 1)
            elif field.required or field.default is not ABSENT:
                made[field.name] = None if field.default is ABSENT else field.default
        return made

    def _worth(self, field: Field, depth: int) -> bool:
        kinds = {field.type.kind, *(arm.kind for arm in field.type.variants)}
        return depth < DEEPEST and Kind.REPEAT not in kinds and field.type.kind is not Kind.NEVER

    def _whole(self, type_: Type, name: str) -> int:
        limits = dict(type_.constraints)
        lowest = limits.get("minimum", 1)
        low = lowest if isinstance(lowest, int) else 1
        if any(part in name.lower() for part in ("cents", "amount", "price", "total", "balance")):
            return max(low, self._draw.randint(5, 90) * 100 + 50)
        if any(part in name.lower() for part in ("placed", "time", "_at", "created", "seconds", "epoch")):
            return 1_756_800_840 + self._draw.randint(0, 9) * 86_400
        return max(low, self._draw.randint(1, 4))

    def _decimal(self, type_: Type) -> str:
        scale = dict(type_.constraints).get("scale", 2)
        digits = "95".ljust(scale, "0")[:scale] if isinstance(scale, int) else ""
        return f"{self._draw.randint(1, 89)}{'.' if digits else ''}{digits}"

    def _moment(self, type_: Type) -> Any:
        """Dates and times are written in RFC 3339, as the engines write them."""
        day = f"2026-03-{self._draw.randint(1, 28):02}"
        if type_.logical == "date":
            return day
        if type_.logical.startswith("time-"):
            return "09:30:00"
        zone = "" if type_.logical.startswith("local-") else "Z"
        return f"{day}T09:30:00{zone}" if "timestamp" in type_.logical else 1

    def _text(self, type_: Type, name: str) -> str:
        logical = type_.logical.lower()
        if logical == "uuid":
            return f"6f2c1d0e-5b1a-4c6e-9a43-2f6e0c8e7f{self._draw.randint(10, 99)}"
        if logical in {"date-time", "google.protobuf.timestamp"}:
            return f"2026-03-{self._draw.randint(1, 28):02}T09:30:00Z"
        if logical == "date":
            return f"2026-03-{self._draw.randint(1, 28):02}"
        known = f"{logical} {name}".lower()
        for part, values in _WORDS:
            if part in known:
                return self._draw.choice(values)
        if known.endswith(("id", "number", "code", "reference")):
            letters = "".join(letter for letter in name.split("_")[0] if letter in string.ascii_letters)[:3].lower()
            return f"{letters or 'id'}-{self._draw.randint(1000, 9999)}"
        return name.replace("_", " ") or "text"
