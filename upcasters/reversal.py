"""What is known of the way back of a list of operations, and how each operation adds to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from upcasters.operations import NAMES, Operation
from upcasters.path import Pointer

Kind: TypeAlias = Literal["iso", "lens", "up-only"]

_WORSE: dict[Kind, int] = {"iso": 0, "lens": 1, "up-only": 2}


@dataclass(frozen=True, slots=True)
class Loss:
    """A place whose value does not come through unharmed, and why."""

    pointer: Pointer
    reason: str
    direction: Literal["up", "down"]


@dataclass(slots=True)
class Reversal:
    """The way back of a list of operations."""

    kind: Kind = "iso"
    ops: tuple[Operation, ...] = ()
    """Empty where there is no way back."""
    losses: list[Loss] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)
    """What has no way back, and what to write instead."""

    def worsen(self, kind: Kind) -> None:
        """Take note that an operation is of a kind."""
        if _WORSE[kind] > _WORSE[self.kind]:
            self.kind = kind


class Noted:
    """One operation in its scope; what it loses goes to the reversal it is part of."""

    def __init__(self, operation: Operation, scope: Pointer, reversal: Reversal) -> None:
        self._name = NAMES[type(operation)]
        self._scope = scope
        self._reversal = reversal

    def lens(self, at: Pointer, reason: str, direction: Literal["up", "down"]) -> None:
        """Something does not come through: one of the laws needs the event of the other side."""
        self._reversal.worsen("lens")
        self._reversal.losses.append(Loss(self._scope / at, reason, direction))

    def stuck(self, reason: str, remedy: str) -> list[Operation]:
        """No way back."""
        self._reversal.worsen("up-only")
        self._reversal.obstacles.append(f"{self._name}: {reason}: {remedy}")
        return []

    def take(self, inner: Reversal) -> None:
        """What the operations within it lose is lost by it too."""
        self._reversal.worsen(inner.kind)
        self._reversal.losses += inner.losses
        self._reversal.obstacles += inner.obstacles
