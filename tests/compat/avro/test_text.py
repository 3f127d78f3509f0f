"""Canonical, normalized and resolved texts. The expected texts follow the Java library's order of attributes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from compat.avro.text import Canonical, dump
from compat.definition import Definition, Format, Reference
from compat.engine import Form
from tests.compat.avro.laws import ENGINE, parse
from tests.compat.avro.strategies import schemas

SPELT_ODDLY = """{
  "doc": "An order.", "aliases": ["Purchase", "old.Order"], "pii": true, "fields": [
    {"type": {"type": "string"}, "name": "id", "order": "descending", "default": "é\\u0001"},
    {"doc": "Where to.", "name": "to", "default": null,
     "type": ["null", {"name": "Address", "type": "record", "fields": []}]},
    {"name": "from", "type": "shop.Address", "aliases": ["z", "a"], "order": "ascending"},
    {"name": "state", "type": {"default": "NEW", "symbols": ["NEW"], "type": "enum", "name": "common.State"}},
    {"name": "sum", "type": {"type": "bytes", "scale": 0, "precision": 4, "logicalType": "decimal"}},
    {"name": "hash", "type": {"size": 4, "name": "Hash", "namespace": "", "type": "fixed"}},
    {"name": "ratio", "type": "double", "default": 1e10, "min": {"b": 0.00001, "a": [1.50, 12345678.9, -0.0]}}
  ], "type": "record", "namespace": "shop", "name": "Order"}"""

CANONICAL = (
    '{"type":"record","name":"Order","namespace":"shop","doc":"An order.","fields":['
    '{"name":"id","type":"string","default":"é\\u0001","order":"descending"},'
    '{"name":"to","type":["null",{"type":"record","name":"Address","fields":[]}],"doc":"Where to.","default":null},'
    '{"name":"from","type":"Address","aliases":["z","a"]},'
    '{"name":"state","type":{"type":"enum","name":"State","namespace":"common","symbols":["NEW"],"default":"NEW"}},'
    '{"name":"sum","type":{"type":"bytes","scale":0,"precision":4,"logicalType":"decimal"}},'
    '{"name":"hash","type":{"type":"fixed","name":"Hash","namespace":"","size":4}},'
    '{"name":"ratio","type":"double","default":1.0E10,"min":{"b":1.0E-5,"a":[1.5,1.23456789E7,-0.0]}}'
    '],"pii":true,"aliases":["Purchase","old.Order"]}'
)

NORMALIZED = (
    CANONICAL.replace('["z","a"]', '["a","z"]')
    .replace('"scale":0,"precision":4,"logicalType":"decimal"', '"logicalType":"decimal","precision":4')
    .replace('{"b":1.0E-5,"a":[1.5,1.23456789E7,-0.0]}', '{"a":[1.5,1.23456789E7,-0.0],"b":1.0E-5}')
    .replace('["Purchase","old.Order"]', '["old.Order","Purchase"]')
)


def test_canonical() -> None:
    assert ENGINE.text(parse(SPELT_ODDLY), Form.CANONICAL) == CANONICAL


def test_normalized() -> None:
    assert ENGINE.text(parse(SPELT_ODDLY), Form.NORMALIZED) == NORMALIZED


@pytest.mark.parametrize(
    "adorned",
    [
        '{"type":"record","name":"R","fields":[],"z":1,"a":2}',
        '{"type":"record","name":"R","fields":[],"aliases":["z","a"]}',
        '{"type":"record","name":"R","fields":[{"name":"f","type":"int","z":1,"a":2}]}',
        '{"type":"record","name":"R","fields":[{"name":"f","type":"int","aliases":["z","a"]}]}',
        '{"type":"enum","name":"E","symbols":["A"],"z":1,"a":2}',
        '{"type":"enum","name":"E","symbols":["A"],"aliases":["z","a"]}',
        '{"type":"fixed","name":"F","size":1,"z":1,"a":2}',
        '{"type":"fixed","name":"F","size":1,"aliases":["z","a"]}',
        '{"type":"array","items":"int","z":1,"a":2}',
        '{"type":"map","values":"int","z":1,"a":2}',
        '["null",{"type":"string","z":1,"a":2}]',
        '{"type":"bytes","logicalType":"decimal","precision":4,"scale":0}',
    ],
)
def test_whatever_can_be_put_in_order_is(adorned: str) -> None:
    """Wherever it stands: where there is nothing of the kind, the canonical text is taken for the normalized one."""
    schema = parse(adorned)
    normalized = ENGINE.text(schema, Form.NORMALIZED)
    assert normalized == dump(Canonical(set(), ordered=True).node(schema.root))
    assert normalized != ENGINE.text(schema, Form.CANONICAL)


def test_attributes_of_other_types_are_no_custom_ones() -> None:
    """The Java library forgets a doc on a map, a size on a string: so do identity and GUID."""
    schema = parse(
        '{"type": "map", "doc": "Of prices.", "size": 4, "values": {"type": "string", "name": "x", "pii": 1}}'
    )
    for form in (Form.CANONICAL, Form.NORMALIZED):
        assert ENGINE.text(schema, form) == '{"type":"map","values":{"type":"string","pii":1}}'


def test_forms_of_other_formats_are_the_canonical_one() -> None:
    schema = parse('{"type": "long"}')
    assert {ENGINE.text(schema, form) for form in Form} == {'"long"'}


class TestReferences:
    definition = Definition(
        Format.AVRO,
        '{"type":"record","name":"shop.Order","fields":[{"name":"a","type":"Money"},{"name":"b","type":"shop.Money"}]}',
        (Reference("shop.Money", Definition(Format.AVRO, '{"type":"fixed","name":"shop.Money","size":8}')),),
    )

    def test_canonical_leaves_references_as_names(self) -> None:
        text = ENGINE.text(ENGINE.parse(self.definition), Form.CANONICAL)
        assert text == (
            '{"type":"record","name":"Order","namespace":"shop","fields":['
            '{"name":"a","type":"Money"},{"name":"b","type":"Money"}]}'
        )

    def test_resolved_writes_them_out_once(self) -> None:
        text = ENGINE.text(ENGINE.parse(self.definition), Form.RESOLVED)
        assert text == (
            '{"type":"record","name":"Order","namespace":"shop","fields":['
            '{"name":"a","type":{"type":"fixed","name":"Money","size":8}},{"name":"b","type":"Money"}]}'
        )
        parse(text)


@given(schemas())
def test_texts_are_schemas_with_the_same_texts(schema: Any) -> None:
    parsed = parse(json.dumps(schema))
    for form in (Form.CANONICAL, Form.RESOLVED, Form.NORMALIZED):
        text = ENGINE.text(parsed, form)
        again = parse(text)
        assert ENGINE.text(again, form) == text
        assert ENGINE.text(again, Form.NORMALIZED) == ENGINE.text(parsed, Form.NORMALIZED)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0.0"), (-0.0, "-0.0"), (1.0, "1.0"), (0.001, "0.001"), (0.0009, "9.0E-4"), (9999999.0, "9999999.0"),
        (1e7, "1.0E7"), (-1.5e-7, "-1.5E-7"), (1e-7, "1.0E-7"), (1e23, "1.0E23"),
        (1.7976931348623157e308, "1.7976931348623157E308"), (123456789012.5, "1.234567890125E11"),
    ],
)  # fmt: skip
def test_doubles_are_written_as_java_writes_them(number: float, text: str) -> None:
    assert dump(number) == text
