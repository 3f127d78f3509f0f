"""How events that were written in an older shape are read: our own upcasters, one document per step.

A log is never rewritten. The chain of a type is fused once, on the first old event that is met.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

DOCUMENTS: Final[Mapping[str, tuple[dict[str, Any], ...]]] = {
    "SchemaRegistered": (
        {
            "upcast": 1,
            "subject": "SchemaRegistered",
            "from": 1,
            "to": 2,
            "doc": "Why a version was accepted is one word; before, a flag and an empty level told it.",
            "ops": [
                {"default": {"at": "/forced", "value": False}},
                {"default": {"at": "/level", "value": ""}},
                {"set": {"at": "/acceptance", "expr": "forced ? 'forced' : (level == '' ? 'imported' : 'checked')"}},
                {"remove": {"at": "/forced"}},
            ],
            "loses": ["/forced"],
        },
    ),
}
"""By event type, oldest step first."""


def upcast(type_name: str, version: int, payload: dict[str, Any]) -> dict[str, Any]:
    """A stored payload in the shape of the type's newest version."""
    result: dict[str, Any] = _chain(type_name, version)(payload)
    return result


@cache
def _chain(type_name: str, version: int) -> Any:
    from upcasters import Chain, read

    return Chain.up([read(document) for document in DOCUMENTS[type_name][version - 1 :]])
