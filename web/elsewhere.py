"""Which engines an upcaster was held to when it was published, in both directions, and what was not and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from web.views.chain import Held, HeldRow
from web.words import Tone, counted

_SAME: Final = Tone("good", "check", "the same")
_NOT: Final = Tone("plain", "dot", "not compared")


def held(details: Mapping[str, Any]) -> tuple[HeldRow, ...]:
    """A row per engine, with the way up and the way down; nothing where none was asked."""
    found: dict[str, dict[str, Held]] = {}
    for one in details.get("compared", ()):
        found.setdefault(str(one["engine"]), {})[str(one.get("direction", "up"))] = _held(one)
    missing = Held(_NOT, "there is no way down" if details.get("down") == "none" else "it was not asked for")
    return tuple(HeldRow(name, ways.get("up", missing), ways.get("down", missing)) for name, ways in found.items())


def _held(one: Mapping[str, Any]) -> Held:
    if one.get("reason"):
        return Held(_NOT, str(one["reason"]))
    words = [f"for {counted(int(one['events']), 'event')}"]
    if declined := int(one.get("declined", 0)):
        words.append(f"{declined} refused there")
    if left_out := int(one.get("left_out", 0)):
        words.append(f"{left_out} left out with {one['left_out_for']}")
    return Held(_SAME, "; ".join(words))
