"""The picture of what we aim at and what was measured, from the table below: ``docs/images/figures.svg``."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import log2
from typing import Final


@dataclass(frozen=True, slots=True)
class Figure:
    """One aim. ``measured`` and ``aim`` are of the same unit; ``least``: at least the aim is wanted, else at most."""

    what: str
    measured: float
    aim: float
    shown: str
    least: bool = True

    @property
    def reached(self) -> float:
        """How many times over the aim is met; below 1 it is missed."""
        return self.measured / self.aim if self.least else self.aim / self.measured


FIGURES: Final = (
    Figure("schema by id, of a bare ASGI application", 65, 60, "65 % (aim 60 %)"),
)
"""Measured on an idle machine of two cores; ``performance.md`` says with what command."""

_WIDTH: Final = 760
_ROW: Final = 26
_LEFT: Final = 330
_UNIT: Final = 52
"""How wide a doubling is."""
_MOST: Final = 4.0
"""Doublings that are drawn; bars end there."""

_STYLE: Final = (
    "text{font:13px ui-sans-serif,system-ui,sans-serif;fill:#1c1b22}.soft{fill:#5a5767}.good{fill:#14693a}"
    ".bad{fill:#ab2015}line{stroke:#8b8798}@media(prefers-color-scheme:dark){text{fill:#eceaf2}.soft{fill:#a9a6b8}"
    ".good{fill:#74d69f}.bad{fill:#ff9d92}}"
)


def svg() -> str:
    """A bar for each figure: to the right of the line where the aim is met, to the left where it is missed."""
    height = _ROW * len(FIGURES) + 40
    middle = _LEFT + 2 * _UNIT
    rows = [_row(figure, 30 + _ROW * place, middle) for place, figure in enumerate(FIGURES)]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
        ' aria-label="What was measured beside what we aim at">',
        f"<style>{_STYLE}</style>",
        f'<text class="soft" x="{middle}" y="14" text-anchor="middle">the aim</text>',
        f'<line x1="{middle}" y1="20" x2="{middle}" y2="{height - 8}"/>',
        *rows,
        "</svg>\n",
    ])


def _row(figure: Figure, top: int, middle: int) -> str:
    doublings = max(-2.0, min(_MOST, log2(figure.reached)))
    left, width = middle + min(0.0, doublings) * _UNIT, abs(doublings) * _UNIT
    word = "good" if figure.reached >= 1 else "bad"
    return (
        f'<text x="{_LEFT - 10}" y="{top + 15}" text-anchor="end">{escape(figure.what)}</text>'
        f'<rect class="{word}" x="{left:.1f}" y="{top + 4}" width="{max(width, 2):.1f}" height="14" rx="3"/>'
        f'<text class="soft" x="{middle + max(0.0, doublings) * _UNIT + 8:.1f}" y="{top + 15}">{escape(figure.shown)}</text>'
    )
