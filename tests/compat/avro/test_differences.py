"""What changed between two schemas, for people."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given

from compat.engine import Form
from tests.compat.avro.laws import ENGINE, parse
from tests.compat.avro.strategies import Pair, pairs, schemas

BASE: dict[str, Any] = {
    "type": "record", "name": "shop.Order", "doc": "An order.", "fields": [
        {"name": "id", "type": "long", "doc": "Its number."},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "PAID"]}},
        {"name": "sum", "type": {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}, "pii": False},
        {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 4}},
        {"name": "lines", "type": {"type": "array", "items": {"type": "record", "name": "Line", "fields": [
            {"name": "sku", "type": "string"}]}}},
        {"name": "first", "type": "Line"},
    ],
}  # fmt: skip


def edited(path: str, value: Any) -> Any:
    """BASE with one value exchanged, added, or (``...``) removed."""
    result = copy.deepcopy(BASE)
    holder: Any = result
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        holder = holder[step]
    if value is ...:
        del holder[last]
    elif isinstance(holder, list) and last == len(holder):
        holder.append(value)
    else:
        holder[last] = value
    return result


CHANGES = {
    "nothing": ("doc", "An order.", []),
    "doc": ("doc", "Another.", [("DOC_CHANGED", "/doc", "/doc")]),
    "doc of a field gone": ("fields.0.doc", ..., [("DOC_CHANGED", "/fields/0/doc", None)]),
    "type": ("fields.0.type", "string", [("TYPE_CHANGED", "/fields/0/type", "/fields/0/type")]),
    "field added": ("fields.7", {"name": "new", "type": "int"}, [("FIELD_ADDED", "", "/fields/7")]),
    "field removed": ("fields.0", ..., [("FIELD_REMOVED", "/fields/0", "")]),
    "field renamed": (
        "fields.0", {"name": "number", "type": "long", "doc": "Its number.", "aliases": ["id"]},
        [("FIELD_RENAMED", "/fields/0", "/fields/0"), ("ALIASES_CHANGED", None, "/fields/0/aliases")],
    ),
    "default changed": ("fields.1.default", "x", [("DEFAULT_CHANGED", "/fields/1/default", "/fields/1/default")]),
    "default removed": ("fields.1.default", ..., [("DEFAULT_REMOVED", "/fields/1/default", None)]),
    "default added": ("fields.0.default", 7, [("DEFAULT_ADDED", None, "/fields/0/default")]),
    "order": ("fields.0.order", "ignore", [("SORT_ORDER_CHANGED", "/fields/0/order", "/fields/0/order")]),
    "symbols": (
        "fields.2.type.symbols", ["PAID", "NEW", "SENT"],
        [
            ("SYMBOLS_ADDED", "/fields/2/type", "/fields/2/type"),
            ("SYMBOL_ORDER_CHANGED", "/fields/2/type", "/fields/2/type"),
        ],
    ),
    "symbol gone": ("fields.2.type.symbols", ["NEW"], [("SYMBOLS_REMOVED", "/fields/2/type", "/fields/2/type")]),
    "enum default": ("fields.2.type.default", "NEW", [("ENUM_DEFAULT_CHANGED", None, "/fields/2/type/default")]),
    "scale": ("fields.3.type.scale", 3, [("LOGICAL_TYPE_CHANGED", "/fields/3/type", "/fields/3/type")]),
    "custom attribute": ("fields.3.pii", True, [("PROPERTY_CHANGED", "/fields/3/pii", "/fields/3/pii")]),
    "size": ("fields.4.type.size", 8, [("FIXED_SIZE_CHANGED", "/fields/4/type", "/fields/4/type")]),
    "inside a shared type, once": (
        "fields.5.type.items.fields.0.type", "bytes",
        [("TYPE_CHANGED", "/fields/5/type/items/fields/0/type", "/fields/5/type/items/fields/0/type")],
    ),
    "branch added": (
        "fields.1.type", ["null", "string", "int"], [("UNION_BRANCH_ADDED", "/fields/1/type", "/fields/1/type/2")]),
    "branch removed": ("fields.1.type", ["null"], [("UNION_BRANCH_REMOVED", "/fields/1/type/1", "/fields/1/type")]),
    "made nullable, and changed inside": (
        "fields.4.type", ["null", {"type": "fixed", "name": "Hash", "size": 8}],
        [("TYPE_CHANGED", "/fields/4/type", "/fields/4/type"),
         ("FIXED_SIZE_CHANGED", "/fields/4/type", "/fields/4/type/1")]),
    "made nullable": ("fields.0.type", ["null", "long"], [("TYPE_CHANGED", "/fields/0/type", "/fields/0/type")]),
    "name": ("name", "shop.Purchase", [("TYPE_RENAMED", "", "")]),
    "aliases": ("aliases", ["Bill"], [("ALIASES_CHANGED", None, "/aliases")]),
    "the name of a field that stays, as another's alias": (
        "fields.7", {"name": "new", "type": "int", "aliases": ["id"]}, [("FIELD_ADDED", "", "/fields/7")]),
    "an alias that names nothing": (
        "fields.7", {"name": "new", "type": "int", "aliases": ["old"]}, [("FIELD_ADDED", "", "/fields/7")]),
    "attribute of a record": ("team", "sales", [("PROPERTY_CHANGED", None, "/team")]),
    "attribute of an array": ("fields.5.type.most", 9, [("PROPERTY_CHANGED", None, "/fields/5/type/most")]),
    "attribute of a primitive": (
        "fields.3.type.unit", "EUR", [("PROPERTY_CHANGED", None, "/fields/3/type/unit")]),
    "attribute and logical type": (
        "fields.3.type", {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 3, "unit": "EUR"},
        [
            ("LOGICAL_TYPE_CHANGED", "/fields/3/type", "/fields/3/type"),
            ("PROPERTY_CHANGED", None, "/fields/3/type/unit"),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "value", "expected"), CHANGES.values(), ids=CHANGES)
def test_change(path: str, value: Any, expected: list[tuple[str, str | None, str | None]]) -> None:
    old, new = parse(json.dumps(BASE)), parse(json.dumps(edited(path, value)))
    found = [
        (each.rule, each.before and each.before.place.pointer, each.after and each.after.place.pointer)
        for each in ENGINE.differences(old, new)
    ]
    assert found == expected
    assert {rule for rule, _, _ in found} <= set(ENGINE.rules)


def test_fields_in_another_order() -> None:
    new = copy.deepcopy(BASE)
    new["fields"][0], new["fields"][1] = new["fields"][1], new["fields"][0]
    found = ENGINE.differences(parse(json.dumps(BASE)), parse(json.dumps(new)))
    assert [each.rule for each in found] == ["FIELD_ORDER_CHANGED"]


def test_inside_a_map() -> None:
    old, new = (parse(json.dumps({"type": "map", "values": values})) for values in ("int", "long"))
    (found,) = ENGINE.differences(old, new)
    assert found.rule == "TYPE_CHANGED"
    assert found.after is not None
    assert found.after.place.pointer == "/values"


def test_messages_and_fragments_are_for_people() -> None:
    (found,) = ENGINE.differences(parse(json.dumps(BASE, indent=1)), parse(json.dumps(edited("fields.0.type", "int"))))
    assert found.message == "the type was long and is int"
    assert found.before is not None
    (found_scale,) = ENGINE.differences(parse(json.dumps(BASE)), parse(json.dumps(edited("fields.3.type", "bytes"))))
    assert found_scale.message == "the logical type was decimal(6, 2) and is none"
    assert (found.before.text, found.before.place.line, found.before.place.column) == ('"long"', 8, 12)


@given(schemas())
def test_a_schema_does_not_differ_from_itself(schema: Any) -> None:
    assert list(ENGINE.differences(parse(json.dumps(schema)), parse(json.dumps(schema)))) == []


@given(pairs())
def test_whatever_changes_the_normalized_text_is_a_difference(pair: Pair) -> None:
    old, new = map(parse, pair.texts)
    changed = ENGINE.text(old, Form.NORMALIZED) != ENGINE.text(new, Form.NORMALIZED)
    found = list(ENGINE.differences(old, new))
    assert bool(found) or not changed
    for each in found:
        assert each.rule in ENGINE.rules
        for side in (each.before, each.after):
            assert side is None or side.place.line is not None
