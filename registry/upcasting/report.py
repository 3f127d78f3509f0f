"""What a proof says of an upcaster: what was checked, what speaks against it, and what gets lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from registry.upcasting.elsewhere import Comparison
from registry.upcasting.engines import Engine
from upcasters.compile.capabilities import Capability
from upcasters.reversal import Kind


class Check(StrEnum):
    """What is checked, in order."""

    OPERATIONS = "operations"
    """Pointers resolve, operations fit where they stand."""
    SHAPE = "shape"
    """What comes out fits the new version."""
    LOSS = "loss"
    """No field of the old version vanishes silently."""
    EVENTS = "events"
    """Generated events of the old version come out valid under the new."""
    AGREEMENT = "agreement"
    """The ways to run it come to the same."""
    EXAMPLES = "examples"
    """The author's examples hold."""
    DOWN = "down"
    """What leads back gives valid events of the old version."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds on one proof; each is a setting of the service."""

    events: int = 200
    """Generated events."""
    seconds: float = 5.0
    """Wall-clock seconds for generated events."""
    findings: int = 20
    """Refusals reported."""
    engines: tuple[Engine, ...] = ()
    """Other engines that are held to the same events."""
    compared: int = 50
    """Events that other engines are held to, in each direction."""
    engine_seconds: float = 10.0
    """Wall-clock seconds for all other engines together, in all their forms, up and down."""


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to refuse: what was checked, the operation, the place in the event, and the event that shows it."""

    check: Check
    place: str
    """Pointer into the document: ``/ops/2/rename``."""
    pointer: str
    """Pointer into the event."""
    message: str
    remedy: str = ""
    event: Any = None
    """An event of the old version as JSON, where one shows the fault."""
    result: Any = None
    """What became of it, as far as it came."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the proof found: accepted if there is no finding."""

    findings: tuple[Finding, ...]
    kind: Kind
    """``iso``, ``lens`` or ``up-only``."""
    down: str
    """``derived``, ``explicit`` or ``none``."""
    losses: tuple[tuple[str, str, str], ...]
    """Pointer, reason and direction of everything that does not come through unharmed."""
    events: int
    """Generated events that were tried."""
    capabilities: tuple[Capability, ...]
    """Where the step can run, and why not."""
    hash: str = ""
    invented: tuple[str, ...] = field(default=())
    """Required fields that are filled with a constant: the old event does not know them."""
    compared: tuple[Comparison, ...] = ()
    """Other engines that were held to the events, and why not where one was not."""
    unreturned: Finding | None = None
    """An event of the new version that does not come back as a valid event of the old, where there is a way down."""

    @property
    def accepted(self) -> bool:
        """Whether the upcaster may be published."""
        return not self.findings
