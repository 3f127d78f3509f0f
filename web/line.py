"""The history of a subject as a small picture: stops for versions, a rail between them that shows how it went."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from markupsafe import Markup

SHOWN: Final = 8
"""Stops of a small picture; older ones are counted."""
_GAP: Final = 24
_SIGNS: Final = {
    "bad": "M-3.2 -3.2 L3.2 3.2 M3.2 -3.2 L-3.2 3.2",
    "lift": "M-3.4 1.4 L0 -2.2 L3.4 1.4",
    "doubt": "M0 -3.4 V.8 M0 3.2 v.1",
}


@lru_cache(maxsize=1_000)
def small_line(steps: tuple[str, ...], versions: int, words: str) -> Markup:
    """An SVG of the last versions; ``steps`` are the classes of the steps between them, oldest first."""
    shown = min(versions, SHOWN)
    steps = steps[-(shown - 1) :] if shown > 1 else ()
    hidden = versions - shown
    left = 10 + 6 * len(f"+{hidden}") if hidden else 8
    width = left + (shown - 1) * _GAP + 8
    parts = [
        Markup('<svg class="line-mini" viewBox="0 0 {} 22" width="{}" height="22" role="img" aria-label="{}">').format(
            width, width, words
        )
    ]
    if hidden:
        parts.append(Markup('<text x="0" y="15">+{}</text>').format(hidden))
    for index, step in enumerate(steps):
        start, end = left + index * _GAP + 5, left + (index + 1) * _GAP - 5
        parts.append(Markup('<path class="rail {}" d="M{} 11 H{}"/>').format(step, start, end))
        if step in _SIGNS:
            parts.append(
                Markup('<path class="sign {}" transform="translate({} {})" d="{}"/>').format(
                    step, (start + end) / 2, 11 if step == "bad" else 4, _SIGNS[step]
                )
            )
    for index in range(shown):
        last = " last" if index == shown - 1 else ""
        parts.append(Markup('<circle class="dot{}" cx="{}" cy="11" r="4.5"/>').format(last, left + index * _GAP))
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)
