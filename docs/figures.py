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
    Figure("schema by id, of a bare ASGI application", 93, 60, "93 % (60)"),
    Figure("latest version, of the same", 80, 40, "80 % (40)"),
    Figure("registering, SQLite, 32 clients", 892, 400, "892 a second (400)"),
    Figure("registering, PostgreSQL, 32 clients", 919, 600, "919 a second (600)"),
    Figure("registering, SQLite, over HTTP, of a bare transaction", 42, 40, "42 % (40)"),
    Figure("registering, PostgreSQL, over HTTP, of the same", 168, 40, "168 % (40)"),
    Figure("any question at 100,000 subjects, of 1,000", 1.64, 2, "1.64 times (2)", least=False),
    Figure("JSON Schema, 12 kB, median", 5.3, 2, "5.3 ms (2)", least=False),
    Figure("JSON Schema, 12 kB, 95th percentile", 14.6, 100, "15 ms (100)", least=False),
    Figure("Avro, 50 fields, median", 0.73, 1, "0.73 ms (1)", least=False),
    Figure("Protobuf, fields a second", 37_500, 20_000, "37,500 (20,000)"),
    Figure("fused Python, of hand-written", 1.15, 1.2, "1.15 times (1.2)", least=False),
    Figure("the same, bytes to bytes", 1.03, 1.1, "1.03 times (1.1)", least=False),
    Figure("interpreter, of the fused plan", 115, 15, "115 times (15)"),
    Figure("JSONata in the stock client, of the executor", 18, 30, "18 times (30)"),
    Figure("JavaScript, of hand-written", 1.19, 1.5, "1.19 times (1.5)", least=False),
    Figure("first use of 50 steps", 15, 50, "15 ms (50)", least=False),
)
"""Measured on machines of two cores; ``performance.md`` says with what command, and which had other work."""

_WIDTH: Final = 790
_ROW: Final = 26
_LEFT: Final = 360
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
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="What was measured, and our aims">',
            f"<style>{_STYLE}</style>",
            f'<text class="soft" x="{middle}" y="14" text-anchor="middle">the aim</text>',
            f'<line x1="{middle}" y1="20" x2="{middle}" y2="{height - 8}"/>',
            *rows,
            "</svg>\n",
        ]
    )


def _row(figure: Figure, top: int, middle: int) -> str:
    doublings = max(-2.0, min(_MOST, log2(figure.reached)))
    left, width = middle + min(0.0, doublings) * _UNIT, abs(doublings) * _UNIT
    word, after = "good" if figure.reached >= 1 else "bad", middle + max(0.0, doublings) * _UNIT + 8
    return (
        f'<text x="{_LEFT - 10}" y="{top + 15}" text-anchor="end">{escape(figure.what)}</text>'
        f'<rect class="{word}" x="{left:.1f}" y="{top + 4}" width="{max(width, 2):.1f}" height="14" rx="3"/>'
        f'<text class="soft" x="{after:.1f}" y="{top + 15}">{escape(figure.shown)}</text>'
    )
