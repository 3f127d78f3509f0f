"""A small before and after for each rule that matters to a reader: what people see in `lineal explain RULE`.

The examples are files (``examples/FORMAT.yaml``), and a test runs every one of them through its engine.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

import msgspec

from compat.definition import Format
from compat.level import Direction

_FILES: Final = {Format.AVRO: "avro.yaml", Format.JSON: "json_schema.yaml", Format.PROTOBUF: "protobuf.yaml"}


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two versions of a schema between which a rule is broken."""

    rule: str
    before: str
    after: str
    direction: Direction = Direction.BACKWARD
    """Which side reads: the later version (BACKWARD) or the earlier one (FORWARD)."""


@cache
def examples(format_: Format) -> tuple[Example, ...]:
    """The examples of a format."""
    text = resources.files("compat.gate").joinpath("examples", _FILES[format_]).read_text(encoding="utf-8")
    return msgspec.yaml.decode(text, type=tuple[Example, ...])


def example_of(rule: str, format_: Format) -> Example | None:
    """The example of a rule, if it has one."""
    return next((example for example in examples(format_) if example.rule == rule), None)
