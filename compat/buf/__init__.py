"""What buf's breaking rules say about two versions of a Protobuf file, by category.

Written from buf's public list of rules. buf looks forward in time only: it compares what is now with what was before.
"""

from __future__ import annotations

from collections.abc import Iterator

from compat.budget import Budget
from compat.buf.rules import CATEGORIES, RULES
from compat.profile import BUF_PREFIX as PREFIX
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from compat.verdict import Difference, Fact, Objection

__all__ = ["CATEGORIES", "PREFIX", "RULES", "as_json", "differences"]


def differences(old: Schema, new: Schema, category: str) -> Iterator[Objection]:
    """Everything that the rules of a category find in the definition's own file: ``FILE``, ``WIRE`` …"""
    for rule in RULES.values():
        if category in rule.categories:
            for found in rule.check(old, new):
                difference = Difference(PREFIX + rule.name, found.message, found.before, found.after)
                side = found.after or found.before
                yield Objection(difference, side.place.pointer if side else "", "", refused=True)


def as_json(reader: Schema, writer: Schema, budget: Budget) -> Iterator[Fact]:
    """What keeps a reader from parsing the writer's events as ProtoJSON, which the category ``WIRE_JSON`` is about."""
    return ProtobufEngine().json_incompatibilities(reader, writer, budget)
