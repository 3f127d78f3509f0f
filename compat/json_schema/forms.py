"""What the functions of the keywords need of the thing that makes normal forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from compat.json_schema.nodes import Node
from compat.json_schema.schema import Location


class Forms(Protocol):
    """Normal forms of the schemas of one document, or of a piece of one."""

    @property
    def formats(self) -> bool:
        """Whether ``format`` says anything."""
        ...

    def child(self, location: Location, raw: Any, *steps: str | int) -> Node:
        """The node of a schema that is applied to the same value as the one above it."""
        ...

    def part(self, location: Location, raw: Any, *steps: str | int) -> Node:
        """The node of a schema for members, items or names; maybe a reference that is looked into when needed."""
        ...

    def below(self, location: Location, raw: Any, *steps: str | int) -> Location:
        """The location of a schema below another."""
        ...

    def follow(self, location: Location, reference: str) -> Location:
        """Where a reference leads."""
        ...

    def target(self, location: Location, reference: str) -> Node:
        """The node of what a reference leads to."""
        ...

    def dynamic(self, location: Location, keyword: str, reference: str) -> Node:
        """The node of what a dynamic reference leads to, whoever asks."""
        ...


Keyword: TypeAlias = Callable[[Forms, Location, Any], Node]
"""(forms, the schema, the value of the keyword in it): what the keyword says."""
