"""The laws of the engine as functions: each gives what is wrong, None if nothing is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import jsonschema_rs

from compat.budget import DEFAULT_LIMITS, Budget, Limits
from compat.definition import Definition, Format, Reference
from compat.json_schema.engine import JsonSchemaEngine
from compat.json_schema.execute import executors
from compat.json_schema.schema import ParsedSchema
from compat.verdict import Incompatibility, Undecided

ENGINE = JsonSchemaEngine()
Found = list[Incompatibility | Undecided]
_FORMATS = ((False, False), (True, True), (False, True))


def parse(schema: Any, references: dict[str, Any] | None = None) -> ParsedSchema:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    others = tuple(
        Reference(name, Definition(Format.JSON, each if isinstance(each, str) else json.dumps(each)))
        for name, each in (references or {}).items()
    )
    return ENGINE.parse(Definition(Format.JSON, text, others))


def findings(writer: ParsedSchema, reader: ParsedSchema, limits: Limits = DEFAULT_LIMITS) -> Found:
    return list(ENGINE.incompatibilities(reader, writer, Budget(limits)))


def outcome(found: Found) -> str:
    if any(isinstance(each, Incompatibility) for each in found):
        return "incompatible"
    return "unknown" if found else "compatible"


def unproven(writer: ParsedSchema, reader: ParsedSchema, found: Found) -> str | None:
    """Every incompatibility has a witness, and its stored form proves it again."""
    for each in found:
        if isinstance(each, Undecided):
            continue
        if each.witness is None or each.witness.encoded is None:
            return f"no witness: {each.difference}"
        payload = ENGINE.decode(parse("{}"), each.witness.encoded)
        if not any(
            executors(writer, formats=on_writer).accepts(payload) is True
            and executors(reader, formats=on_reader).accepts(payload) is False
            for on_writer, on_reader in _FORMATS
        ):
            return f"the witness {each.witness.encoded!r} proves nothing: {each.difference}"
    return None


def unsound(writer: ParsedSchema, reader: ParsedSchema, seed: int, count: int = 60) -> str | None:
    """No event of the writer fails the reader, as far as samples of both schemas and of their difference tell."""
    writes, reads = executors(writer, formats=False), executors(reader, formats=False)
    for payload in events_of(writer, reader, seed, count):
        if writes.accepts(payload) is True and reads.accepts(payload) is False:
            return f"called compatible, yet {payload!r} is written and not read"
    return None


def events_of(writer: ParsedSchema, reader: ParsedSchema, seed: int, count: int) -> Iterator[Any]:
    yield from EVENTS
    yield from islice(ENGINE.samples(writer, seed), count)
    for payload in islice(ENGINE.samples(reader, seed), count // 3):
        yield payload
        yield [payload]
        if isinstance(payload, dict):
            yield {**payload, "x": None, "zz": 0}
            for name in payload:
                yield {other: value for other, value in payload.items() if other != name}


EVENTS: tuple[Any, ...] = (
    None, True, False, 0, 1, 2, 3, -1, 0.5, 1.5, 10, 1.0, "", "a", "b", "ab", "abc", "x", "1", "abcde", "bx", [], [0],
    [None], ["a", "a"], [0, 1], [0, 1, 2, 3], {}, {"a": 0}, {"a": "a"}, {"b": None}, {"ab": 1}, {"x": []}, {"zz": 0},
    {"a": 1, "b": 1}, {"a": None, "b": "", "ab": [], "x": {}}, {"a": {}}, {"a": []}, {"a": True}, [[]], [{}],
)  # fmt: skip


def judged(writer: Any, reader: Any, draft: int = jsonschema_rs.Draft7) -> str:
    """What jsonschema-rs says: yes, no or unknown."""
    try:
        w = jsonschema_rs.canonicalize(writer, draft=draft, validate_formats=False)
        r = jsonschema_rs.canonicalize(reader, draft=draft, validate_formats=False)
        return str(r.covers(w)).rpartition(".")[2].lower()
    except Exception:  # noqa: BLE001 - mixed drafts and references between files are beyond it
        return "unknown"
