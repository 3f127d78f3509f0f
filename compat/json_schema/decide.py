"""Decide whether a reader schema reads what a writer schema writes."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from compat.budget import Budget
from compat.json_schema.schema import ParsedSchema
from compat.verdict import Incompatibility, Reason, Undecided


class FormatMode(StrEnum):
    """What ``format`` means in a check."""

    CONSERVATIVE = "conservative"
    """Ignored on the writer's side, enforced on the reader's side where it changed: right under both readings."""
    ANNOTATION = "annotation"
    ASSERTION = "assertion"


def incompatibilities(
    reader: ParsedSchema, writer: ParsedSchema, budget: Budget, formats: FormatMode
) -> Iterator[Incompatibility | Undecided]:
    """What keeps the reader from reading; nothing means proven."""
    if reader.identity == writer.identity:
        return
    yield Undecided(Reason.BUDGET_SPENT, "not decided yet")
