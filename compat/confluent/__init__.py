"""The verdicts that Confluent Schema Registry gives, with its own names for differences, also where they are not true.

Written from descriptions of its behaviour, never from its code; the decision on profiles lists what they leave open. A
module per format finds differences, ``kinds`` says which of them each policy accepts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from compat.budget import Budget
from compat.confluent.kinds import KINDS, PREFIX, Policy, Seen
from compat.definition import Format
from compat.formats import Parsed
from compat.profile import Profile
from compat.verdict import Difference, Objection

__all__ = ["KINDS", "PREFIX", "differences"]

Detection: TypeAlias = Callable[[Any, Any, Policy, Budget], Iterator[Seen]]


def _detection(format_: Format) -> Detection:
    """Loaded when it is asked for, as the engine of its format is."""
    match format_:
        case Format.AVRO:
            from compat.confluent import avro

            return avro.differences
        case Format.JSON:
            from compat.confluent import json_schema

            return json_schema.differences
        case Format.PROTOBUF:
            from compat.confluent import protobuf

            return protobuf.differences


def differences(reader: Parsed, writer: Parsed, profile: Profile, budget: Budget) -> Iterator[Objection]:
    """Every difference that Confluent names between two schemas of one format. Raises BudgetSpent.

    It compares an *original* with an *update* that has to read it: the writer's schema with the reader's.
    """
    if reader.definition == writer.definition:
        return
    policy = Policy.LENIENT if profile is Profile.CONFLUENT_LENIENT else Policy.STRICT
    for seen in _detection(reader.engine.format)(writer.schema, reader.schema, policy, budget):
        kind = KINDS[reader.engine.format][seen.kind]
        message = f"{kind.summary}{f': {seen.detail}' if seen.detail else ''}"
        difference = Difference(PREFIX + kind.name, message, seen.before, seen.after)
        yield Objection(difference, seen.path, seen.detail, refused=not kind.accepted_by(policy))
