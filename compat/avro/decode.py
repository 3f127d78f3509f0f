"""Bytes to payloads, with fastavro behind a check that hostile bytes cannot pass.

fastavro's C code does not watch its stack (a recursive record nested some thousand deep ends the process), and an array
of values without bytes lets one number announce any count. Schemas where either is possible are skimmed first.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any, Final, cast

import fastavro

from compat.avro.payload import DEEPEST
from compat.avro.reading import Bytes
from compat.avro.schema import Array, Enum, Fixed, Map, Node, Primitive, Record, Schema, Union
from compat.avro.text import EVENT, Bare, wrapped
from compat.errors import InvalidPayload

MOST_VALUES: Final = 1_000_000
"""How many values one payload may hold where its bytes do not bound them."""


@lru_cache(maxsize=2_000)
def _compiled(schema: Schema) -> tuple[Any, bool]:
    names = [node.name for node in schema.nodes if isinstance(node, Record | Enum | Fixed)]
    mixed = any("." in name for name in names) and not all("." in name for name in names)
    bare = Bare(logical=True, defaults=False, root_space="_" if mixed else "").node(schema.root)
    parsed = fastavro.parse_schema(cast("Any", wrapped(bare)), named_schemas={})
    unbounded = any(isinstance(node, Array) and _is_weightless(node.items) for node in schema.nodes)
    return parsed, schema.recursive or unbounded


def _is_weightless(node: Node) -> bool:
    """Whether a value may take no byte at all (looking one level into records; deeper ones count as if they may)."""
    match node:
        case Primitive(kind="null") | Fixed(size=0):
            return True
        case Record(fields=fields):
            return all(isinstance(each.type, Record | Fixed) or each.type.kind == "null" for each in fields)
        case _:
            return False


def decode(schema: Schema, data: bytes) -> object:
    """The payload in the bytes. Raises InvalidPayload."""
    parsed, skim = _compiled(schema)
    if skim:
        _skim(schema.root, data)
    stream = io.BytesIO(data)
    try:
        payload = cast("dict[str, object]", fastavro.schemaless_reader(stream, parsed, None))[EVENT]
    except (EOFError, ValueError, IndexError, KeyError, OverflowError, ArithmeticError, TypeError) as error:
        reason = str(error).split(" from <", 1)[0]  # fastavro names the stream, with its address in memory
        raise InvalidPayload(f"the bytes are no event of the schema: {reason or type(error).__name__}") from None
    if stream.tell() != len(data):
        raise InvalidPayload(f"{len(data) - stream.tell()} bytes are left over")
    return payload


def _skim(root: Node, data: bytes) -> None:
    """Walk over the bytes with a stack of our own; raises InvalidPayload if they nest too deep or hold too much."""
    source = Bytes(data)
    stack: list[tuple[Node, int, bool]] = [(root, 0, False)]  # a type to read, its depth, whether a key comes before it
    values = 0
    while stack:
        node, depth, keyed = stack.pop()
        values += 1
        if depth > DEEPEST:
            raise InvalidPayload(f"it nests deeper than {DEEPEST} levels")
        if keyed:
            source.take(source.number())
        match node:
            case Record(fields=fields):
                stack += ((each.type, depth + 1, False) for each in reversed(fields))
            case Union(branches=branches):
                index = source.number()
                if not 0 <= index < len(branches):
                    raise InvalidPayload(f"the union has no branch {index}")
                stack.append((branches[index], depth, False))
            case Array(items=inner) | Map(values=inner):
                count = source.block()
                if values + len(stack) + count > MOST_VALUES:
                    raise InvalidPayload(f"it holds more than {MOST_VALUES} values")
                if count:
                    stack.append((node, depth, False))
                    stack += [(inner, depth + 1, isinstance(node, Map))] * count
            case _:
                _skip_leaf(node, source)


def _skip_leaf(node: Primitive | Enum | Fixed, source: Bytes) -> None:
    match node.kind:
        case "null":
            pass
        case "boolean":
            source.take(1)
        case "int" | "long" | "enum":
            source.number()
        case "float":
            source.take(4)
        case "double":
            source.take(8)
        case "fixed":
            source.take(node.size if isinstance(node, Fixed) else 0)
        case _:
            source.take(source.number())
