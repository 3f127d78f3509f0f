"""The parts of a schema that can carry tags, and how they are named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class EntityKind(StrEnum):
    """What sort of part it is, as the Confluent protocol calls them."""

    RECORD = "sr_record"
    FIELD = "sr_field"


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """A record or a field.

    Avro and Protobuf: its full name (``shop.Order``, ``shop.Order.total``). JSON Schema: the path from the root ``$``
    (``$.address.street``); the items of an array have the path of the array.
    """

    path: str
    kind: EntityKind


Tags: TypeAlias = Mapping[Entity, frozenset[str]]
