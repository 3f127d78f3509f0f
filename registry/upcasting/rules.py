"""Migration rules for stock Confluent clients: one per direction of a step, also where nothing changes.

A step without a rule would be skipped by those clients, defaults and all; so every portable step carries one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from compat.definition import Format
from compat.formats import Parsed
from registry.data_contract import COMPILED
from registry.model import Rule
from registry.upcasting.shapes import shape_of
from upcasters.chain import downward
from upcasters.compile.capabilities import PROTOBUF_FORM
from upcasters.compile.jsonata import compile_step
from upcasters.document import Document
from upcasters.errors import NoChain, NotPortable
from upcasters.operations import Collect, Operation, is_stream_level
from upcasters.shape import Shape

_LONGEST_NAME: Final = 256


@dataclass(frozen=True, slots=True)
class MigrationRules:
    """The rules of a step, and why a direction has none."""

    rules: tuple[Rule, ...]
    reasons: tuple[tuple[str, str], ...]
    """Direction (``up``, ``down``) and why it is not portable."""


def migration_rules(document: Document, old: Parsed, new: Parsed) -> MigrationRules:
    """The rules that the target version of a document serves to stock clients."""
    rules: list[Rule] = []
    reasons: list[tuple[str, str]] = []
    for direction in ("up", "down"):
        try:
            ops, shape = _direction(direction, document, old, new)
            expression = _expression(ops, shape, old)
        except (NotPortable, NoChain) as error:
            reasons.append((direction, error.reason if isinstance(error, NotPortable) else str(error)))
            continue
        source, target = (document.source, document.target)[:: 1 if direction == "up" else -1]
        rules.append(
            Rule(
                name=_name(document, direction),
                kind="TRANSFORM",
                mode="UPGRADE" if direction == "up" else "DOWNGRADE",
                type="JSONATA",
                expr=expression,
                tags=[COMPILED],
                params={"lineal.from": str(source), "lineal.to": str(target), "lineal.hash": document.digest()},
            )
        )
    return MigrationRules(tuple(rules), tuple(reasons))


def _expression(ops: tuple[Operation, ...], shape: Shape, old: Parsed) -> str:
    if any(isinstance(operation, Collect) for operation in ops):
        raise NotPortable("JSONata", "several events become one: only replay jobs can")
    if is_stream_level(ops):
        raise NotPortable("JSONata", "the step renames, splits or drops events")
    if ops and old.definition.format is Format.PROTOBUF:
        raise NotPortable("JSONata", PROTOBUF_FORM)
    return compile_step(ops, shape, wide_integers=old.definition.format is not Format.JSON)


def _direction(direction: str, document: Document, old: Parsed, new: Parsed) -> tuple[tuple[Operation, ...], Shape]:
    shape = shape_of(old)
    if direction == "up":
        return document.ops, shape
    return downward(document, shape).ops, shape_of(new)


def _name(document: Document, direction: str) -> str:
    """Subject and versions in the letters that names of rules may have."""
    subject = re.sub(r"[^A-Za-z0-9_-]+", "_", document.subject).strip("_")
    step = f"{document.source}_to_{document.target}" if direction == "up" else f"{document.target}_to_{document.source}"
    return f"lineal_{step}_{subject}"[:_LONGEST_NAME]
