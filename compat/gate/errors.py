"""The errors of the gate, drawn as a tree.

CompatError
└── GateError
    ├── Misconfigured   the folder, its configuration or an argument is wrong: a person has to correct it
    └── CouldNotCheck   the baseline cannot be read or understood: nothing was decided
"""

from __future__ import annotations

from compat.errors import CompatError


class GateError(CompatError):
    """Root of what the gate raises on purpose; the message names the place and the remedy."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Misconfigured(GateError):
    """The folder, its configuration or an argument is wrong."""


class CouldNotCheck(GateError):
    """The baseline cannot be read or understood, so nothing was decided; never to be taken for a pass."""
