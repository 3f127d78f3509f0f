"""Payloads: samples, checking, bytes, JSON."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import json
import time
import uuid
from decimal import Decimal
from typing import Any, cast

import fastavro
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from compat.avro.schema import Union
from compat.avro.text import Bare
from compat.errors import InvalidPayload
from compat.outline import Kind
from tests.compat.avro.laws import ENGINE, parse
from tests.compat.avro.strategies import schemas

ORDER = parse("""{"type": "record", "name": "shop.Order", "doc": "An order.", "fields": [
  {"name": "id", "type": "long"},
  {"name": "note", "type": ["null", "string"], "default": null, "doc": "Free text."},
  {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}},
  {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
  {"name": "local", "type": {"type": "long", "logicalType": "local-timestamp-micros"}},
  {"name": "day", "type": {"type": "int", "logicalType": "date"}},
  {"name": "noon", "type": {"type": "long", "logicalType": "time-micros"}},
  {"name": "key", "type": {"type": "string", "logicalType": "uuid"}},
  {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "PAID"], "default": "NEW"}},
  {"name": "how", "type": ["int", "double", "string", {"type": "record", "name": "Card", "fields": [
     {"name": "number", "type": {"type": "fixed", "name": "Number", "size": 2}},
     {"name": "older", "type": ["null", "Card"], "default": null}]}]},
  {"name": "tags", "type": {"type": "map", "values": {"type": "array", "items": "bytes"}}, "default": {}}]}""")

PAYLOAD = {
    "id": 2**53 + 1,
    "note": None,
    "total": Decimal("12.50"),
    "at": dt.datetime(2026, 11, 24, 3, 4, 5, 678000, tzinfo=dt.UTC),
    "local": dt.datetime(2026, 11, 24, 3, 4, 5, 6),  # noqa: DTZ001 - a local time has no offset
    "day": dt.date(2026, 11, 24),
    "noon": dt.time(12, 0, 0, 1),
    "key": uuid.UUID("123e4567-e89b-12d3-a456-426614174000"),
    "state": "PAID",
    "how": {"number": b"\x00\xff", "older": {"number": b"ab", "older": None}},
    "tags": {"ö": [b"\x80", b""]},
}

AS_JSON = {
    "id": 2**53 + 1,
    "note": None,
    "total": "12.50",
    "at": "2026-11-24T03:04:05.678000Z",
    "local": "2026-11-24T03:04:05.000006",
    "day": "2026-11-24",
    "noon": "12:00:00.000001",
    "key": "123e4567-e89b-12d3-a456-426614174000",
    "state": "PAID",
    "how": {"shop.Card": {"number": "\u0000\u00ff", "older": {"number": "ab", "older": None}}},
    "tags": {"ö": ["\u0080", ""]},
}


def test_json_form() -> None:
    assert ENGINE.to_json(ORDER, PAYLOAD) == AS_JSON
    assert ENGINE.from_json(ORDER, AS_JSON) == PAYLOAD
    assert ENGINE.decode(ORDER, ENGINE.encode(ORDER, PAYLOAD)) == PAYLOAD


def test_what_is_left_out_is_filled_with_defaults() -> None:
    slim = {key: value for key, value in AS_JSON.items() if key not in ("note", "tags")}
    assert ENGINE.from_json(ORDER, slim) == {**PAYLOAD, "tags": {}}


def test_wrapped_branches_are_taken_too() -> None:
    assert ENGINE.from_json(ORDER, {**AS_JSON, "note": {"string": "hi"}, "how": {"double": 3}}) == {
        **PAYLOAD,
        "note": "hi",
        "how": 3.0,
    }


@pytest.mark.parametrize(
    ("pointer", "change"),
    [
        ("/id", {"id": 2**63}),
        ("/id", {"id": True}),
        ("/total", {"total": Decimal("1.234")}),
        ("/total", {"total": Decimal("12345.6")}),
        ("/total", {"total": Decimal("1E-999999999")}),
        ("/at", {"at": dt.datetime(2026, 1, 1)}),  # noqa: DTZ001 - the missing offset is the point
        ("/state", {"state": "LOST"}),
        ("/how/number", {"how": {"number": b"abc", "older": None}}),
        ("/how/older/number", {"how": {"number": b"ab", "older": {"number": 1, "older": None}}}),
        ("/tags/a~1b/1", {"tags": {"a/b": [b"", "x"]}}),
        ("/extra", {"extra": 1}),
        ("/note", {"note": "\ud800"}),
    ],
)
def test_violations_name_the_place(pointer: str, change: dict[str, object]) -> None:
    payload = {**PAYLOAD, **change}
    assert [each.pointer for each in ENGINE.violations(ORDER, payload)] == [pointer]
    with pytest.raises(InvalidPayload) as caught:
        ENGINE.encode(ORDER, payload)
    assert caught.value.pointer == pointer


def test_a_missing_field_is_a_violation() -> None:
    payload = {key: value for key, value in PAYLOAD.items() if key != "id"}
    assert [each.pointer for each in ENGINE.violations(ORDER, payload)] == ["/id"]


@pytest.mark.parametrize(
    ("pointer", "change"),
    [("/id", {"id": "7"}), ("/total", {"total": "a lot"}), ("/at", {"at": "yesterday"}), ("/nope", {"nope": 1}),
     ("/tags/x/0", {"tags": {"x": ["\u0100"]}})],
)  # fmt: skip
def test_json_that_is_no_event_is_refused_with_its_place(pointer: str, change: dict[str, object]) -> None:
    with pytest.raises(InvalidPayload) as caught:
        ENGINE.from_json(ORDER, {**AS_JSON, **change})
    assert caught.value.pointer == pointer


@given(schemas(), st.integers(0, 2**32))
def test_samples_are_valid_and_survive_every_form(schema: Any, seed: int) -> None:
    parsed = parse(json.dumps(schema))
    for payload in itertools.islice(ENGINE.samples(parsed, seed), 12):
        assert list(ENGINE.violations(parsed, payload)) == []
        data = ENGINE.encode(parsed, payload)
        decoded = ENGINE.decode(parsed, data)
        assert ENGINE.encode(parsed, decoded) == data
        shown = ENGINE.to_json(parsed, payload)
        text = json.dumps(shown, allow_nan=False)
        assert ENGINE.encode(parsed, ENGINE.from_json(parsed, json.loads(text))) == data


@given(schemas())
def test_our_bytes_are_those_of_fastavro(schema: Any) -> None:
    parsed = parse(json.dumps(schema))
    assume(all(len(node.branches) < 3 for node in parsed.nodes if isinstance(node, Union)))  # it guesses other branches
    assume(all("null" in {each.kind for each in node.branches} for node in parsed.nodes if isinstance(node, Union)))
    bare = fastavro.parse_schema(
        cast("Any", Bare(logical=True, defaults=False, root_space="_").node(parsed.root)), named_schemas={}
    )
    for payload in itertools.islice(ENGINE.samples(parsed, 0), 8):
        read = fastavro.schemaless_reader(io.BytesIO(ENGINE.encode(parsed, payload)), bare, None)
        stream = io.BytesIO()
        fastavro.schemaless_writer(stream, bare, read)
        assert repr(ENGINE.decode(parsed, stream.getvalue())) == repr(read)


def test_samples_put_boundaries_first_and_meet_every_symbol_and_branch() -> None:
    samples = cast("list[dict[str, Any]]", list(itertools.islice(ENGINE.samples(ORDER, 7), 40)))
    assert samples[0]["id"] == 0
    assert {2**63 - 1, -(2**63)} <= {each["id"] for each in samples}
    assert {each["state"] for each in samples} == {"NEW", "PAID"}
    assert {type(each["how"]) for each in samples} == {int, float, str, dict}
    assert {Decimal("9999.99"), Decimal("-9999.99")} <= {each["total"] for each in samples}
    assert any(each["tags"] for each in samples)
    assert not all(each["tags"] for each in samples)


def test_samples_depend_on_the_seed_alone() -> None:
    first, again, other = (list(itertools.islice(ENGINE.samples(ORDER, seed), 300)) for seed in (1, 1, 2))
    assert repr(first) == repr(again)
    assert repr(first) != repr(other)


def test_hundreds_of_samples_a_second() -> None:
    start = time.process_time()
    list(itertools.islice(ENGINE.samples(ORDER, 0), 500))
    assert time.process_time() - start < 1


def test_the_minimal_payload() -> None:
    minimal = cast("dict[str, object]", ENGINE.minimal(ORDER))
    assert list(ENGINE.violations(ORDER, minimal)) == []
    assert (minimal["note"], minimal["tags"], minimal["how"]) == (None, {}, 0)
    loop = parse('{"type": "record", "name": "Loop", "fields": [{"name": "self", "type": "Loop"}]}')
    with pytest.raises(InvalidPayload):
        ENGINE.minimal(loop)
    assert list(ENGINE.samples(loop, 0)) == []


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 30, bytes(500)])
def test_bytes_that_are_no_event_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidPayload):
        ENGINE.decode(ORDER, data)


@pytest.mark.parametrize("kind", ["float", "double", "boolean"])
def test_bytes_that_end_early_are_refused_in_the_same_words_every_time(kind: str) -> None:
    with pytest.raises(InvalidPayload) as caught:
        ENGINE.decode(parse(f'"{kind}"'), b"")
    assert str(caught.value).removesuffix(" (at the root)") == (
        f"the bytes are no event of the schema: cannot read {kind}"
    )


@given(st.binary(max_size=40))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    try:
        payload = ENGINE.decode(ORDER, data)
    except InvalidPayload:
        return
    ENGINE.to_json(ORDER, payload)


def test_hostile_bytes_and_payloads_are_refused_at_once() -> None:
    chain = parse('{"type": "record", "name": "Chain", "fields": [{"name": "next", "type": ["null", "Chain"]}]}')
    nothings = parse('{"type": "array", "items": "null"}')
    with pytest.raises(InvalidPayload, match="nests"):
        ENGINE.decode(chain, b"\x02" * 1_000_000 + b"\x00")
    with pytest.raises(InvalidPayload, match="values"):
        ENGINE.decode(nothings, bytes.fromhex("feffffffffffffff7f00"))
    payload: object = None
    for _ in range(50_000):
        payload = {"next": payload}
    for refuse in (ENGINE.encode, ENGINE.to_json, ENGINE.from_json):
        with pytest.raises(InvalidPayload, match="nests"):
            refuse(chain, payload)
    assert "nests" in next(ENGINE.violations(chain, payload)).message
    while isinstance(payload, dict):  # taken apart from outside: its destructor would nest as deep
        payload = payload["next"]


def test_outline() -> None:
    outline = ENGINE.outline(ORDER)
    assert (outline.kind, outline.name, outline.doc) == (Kind.RECORD, "shop.Order", "An order.")
    fields = {field.name: field for field in outline.fields}
    assert (fields["note"].type.label, fields["note"].required, fields["note"].default) == (
        "string or nothing",
        False,
        None,
    )
    assert (fields["note"].pointer, fields["note"].line, fields["note"].doc) == ("/fields/1", 3, "Free text.")
    assert (fields["id"].type.bits, fields["id"].required) == (64, True)
    assert dict(fields["total"].type.constraints) == {"precision": 6, "scale": 2}
    assert fields["state"].type.symbols == ("NEW", "PAID")
    card = fields["how"].type.variants[3]
    assert card.fields[1].type.variants[1].kind is Kind.REPEAT
