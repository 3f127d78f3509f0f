"""Documents: JSON and YAML in, one canonical text and hash out; every error names its place and what to do."""

# ruff: noqa: E501 - tables read best with one case per line
from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import upcasters
from upcasters import Document, InvalidDocument, InvalidExpression, load, read, write
from upcasters.canonical import canonical, number
from upcasters.expression import parse
from upcasters.path import Pointer

YAML = """
upcast: 1
subject: orders.OrderPlaced
from: 3
to: 4
doc: Names in parts become one.
ops:
  - rename: {at: /cust_first, to: first_name}
  - move:   {from: /zip, to: /address/postal_code}
  - map:    {at: /status, table: {N: NEW, P: PAID}, else: error}
  - map:    {at: /rank, table: [[1, one], [true, yes]], else: {value: null}}
  - scale:  {at: /total, to: total_cents, by: 100, rounding: half_even, result: int64}
  - each:   {at: /items, ops: [{remove: {at: /price, restore: 0}}]}
  - set:    {at: /day, expr: "created.before('T')", absent: skip}
  - when:   {if: "has(x)", ops: [{remove: {at: /x}}], else: [{add: {at: /x, value: 2024-01-01}}]}
  - branch: {at: /v, arms: {string: [], number: [{convert: {at: "", using: int->string}}]}}
loses: [/items/price]
examples: [{in: {a: 1.0}, out: {b: [1, null]}}]
"""


def test_yaml_and_json_are_one_document() -> None:
    found = load(YAML)
    assert read(write(found)) == found
    assert load(found.canonical()) == found
    assert load(json.dumps(write(found), indent=3)).digest() == found.digest()
    assert found.digest() != load(YAML.replace("from: 3", "from: 2")).digest()
    assert len(found.digest()) == 64


def test_yaml_makes_no_dates_of_texts() -> None:
    assert '"2024-01-01"' in load(YAML).canonical().decode()


def test_what_says_nothing_is_not_written() -> None:
    assert json.loads(Document("s", 1, 2).canonical()) == {"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": []}


def tree(*ops: Any, **more: Any) -> Any:
    return {"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": list(ops)} | more


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ([], ""),
        ({"subject": "s"}, "/upcast"),
        (tree(upcast=2), "/upcast"),
        (tree(upcast=True), "/upcast"),
        ({"upcast": 1, "subject": "s", "from": 1}, ""),
        (tree(to=1), "/to"),
        (tree(**{"from": 0}), "/from"),
        (tree(**{"from": "1"}), "/from"),
        (tree(subject=""), "/subject"),
        (tree(extra=1), "/extra"),
        (tree(down="up"), "/down"),
        (tree(loses=["a"]), "/loses"),
        (tree(ops={}), "/ops"),
        (tree("rename"), "/ops/0"),
        (tree({}), "/ops/0"),
        (tree({"rename": {}, "move": {}}), "/ops/0"),
        (tree({"renames": {}}), "/ops/0"),
        (tree({"rename": []}), "/ops/0/rename"),
        (tree({"rename": {"at": "/a"}}), "/ops/0/rename"),
        (tree({"rename": {"at": "a", "to": "b"}}), "/ops/0/rename/at"),
        (tree({"rename": {"at": "/a~2", "to": "b"}}), "/ops/0/rename/at"),
        (tree({"rename": {"at": 1, "to": "b"}}), "/ops/0/rename/at"),
        (tree({"rename": {"at": "/a", "to": ""}}), "/ops/0/rename/to"),
        (tree({"rename": {"at": "", "to": "a"}}), "/ops/0/rename/at"),
        (tree({"rename": {"at": "/a", "to": "b", "x": 1}}), "/ops/0/rename/x"),
        (tree({"remove": {"at": ""}}), "/ops/0/remove/at"),
        (tree({"default": {"at": "/a", "value": 1, "when": "never"}}), "/ops/0/default/when"),
        (tree({"add": {"at": "/a", "value": "x", "as": "decimal"}}), "/ops/0/add/value"),
        (tree({"add": {"at": "/a", "value": "24:00:00", "as": "time"}}), "/ops/0/add/value"),
        (tree({"add": {"at": "/a", "value": "2026-01-01T00:00:00Z", "as": "local_timestamp"}}), "/ops/0/add/value"),
        (tree({"add": {"at": "/a", "value": {"b": "x"}, "as": {"/b": "uuid"}}}), "/ops/0/add/value"),
        (tree({"add": {"at": "/a", "value": {"b": "x"}, "as": {"/c": "uuid"}}}), "/ops/0/add/value"),
        (tree({"add": {"at": "/a", "value": ["0"], "as": {"/1": "decimal"}}}), "/ops/0/add/value"),
        (tree({"add": {"at": "/a", "value": ["0"], "as": {"0": "decimal"}}}), "/ops/0/add/as"),
        (tree({"add": {"at": "/a", "value": ["0"], "as": {"/0": "money"}}}), "/ops/0/add/as"),
        (tree({"map": {"at": "/a", "table": {}}}), "/ops/0/map/table"),
        (tree({"map": {"at": "/a", "table": [[1, 2], [1, 3]]}}), "/ops/0/map/table"),
        (tree({"map": {"at": "/a", "table": [[None, 2]]}}), "/ops/0/map/table"),
        (tree({"convert": {"at": "/a", "using": "int->strin"}}), "/ops/0/convert/using"),
        (tree({"scale": {"at": "/a", "by": "x", "rounding": "exact", "result": "int64"}}), "/ops/0/scale/by"),
        (tree({"scale": {"at": "/a", "by": 0, "rounding": "exact", "result": "int64"}}), "/ops/0/scale/by"),
        (tree({"scale": {"at": "/a", "by": 1, "rounding": "nearly", "result": "int64"}}), "/ops/0/scale/rounding"),
        (tree({"scale": {"at": "/a", "by": 1, "rounding": "up", "result": "string", "places": -1}}), "/ops/0/scale/places"),
        (tree({"scale": {"at": "/a", "by": 1, "rounding": "up", "result": "int64", "places": 2}}), "/ops/0/scale/places"),
        (tree({"set": {"at": "/a", "expr": "1 +"}}), "/ops/0/set/expr"),
        (tree({"set": {"at": "/a", "expr": "1", "down": "nope("}}), "/ops/0/set/down"),
        (tree({"when": {"if": "", "ops": []}}), "/ops/0/when/if"),
        (tree({"join": {"from": ["/a"], "to": "/b", "separator": " "}}), "/ops/0/join/from"),
        (tree({"split": {"from": "/a", "to": ["/b", "/c"], "separator": ""}}), "/ops/0/split/separator"),
        (tree({"each": {"at": "/a", "ops": [{"in": {"at": "/b", "ops": [{"map": {}}]}}]}}), "/ops/0/each/ops/0/in/ops/0/map"),
        (tree({"each": {"at": "/a", "ops": [{"retype": {"from": "A", "to": "B"}}]}}), "/ops/0/each/ops/0/retype"),
        (tree({"emit": {"events": []}}), "/ops/0/emit/events"),
        (tree({"emit": {"events": [{"type": "A"}]}}, {"remove": {"at": "/a"}}), "/ops/0/emit"),
        (tree({"branch": {"at": "/a", "arms": {"text": []}}}), "/ops/0/branch/arms"),
    ],
)  # fmt: skip
def test_errors_name_the_place(given: Any, place: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        read(given)
    assert caught.value.pointer == place
    assert caught.value.remedy


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"a": 1, "a": 2}', '{"upcast": NaN}', "a: [", "a: &x 1\nb: *x", "a: !!python/object:os.system x", "a: 1\na: 2",
     b"\xff", "? [a]\n: b"],
)  # fmt: skip
def test_texts_that_are_no_document(text: str | bytes) -> None:
    with pytest.raises(InvalidDocument):
        load(text)


def test_errors_of_expressions_name_the_character() -> None:
    with pytest.raises(InvalidExpression, match="character 5") as caught:
        parse("a + $")
    assert caught.value.position == 4


@pytest.mark.parametrize(
    ("value", "text"),
    # RFC 8785, appendix B
    [
        (0.0, "0"), (-0.0, "0"), (5e-324, "5e-324"), (-5e-324, "-5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"), (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"), (1e23, "1e+23"), (1.0000000000000001e23, "1.0000000000000001e+23"),
        (999999999999999700000.0, "999999999999999700000"), (1e21, "1e+21"), (9.999999999999997e-7, "9.999999999999997e-7"),
        (0.000001, "0.000001"), (333333333.3333332, "333333333.3333332"), (-0.0000033333333333333333, "-0.0000033333333333333333"),
        (1424953923781206.2, "1424953923781206.2"),
    ],
)  # fmt: skip
def test_numbers_as_rfc_8785_writes_them(value: float, text: str) -> None:
    assert number(value) == text


def test_keys_are_sorted_by_utf_16() -> None:
    # RFC 8785, section 3.2.3
    given = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert [ord(key[0]) for key in json.loads(canonical(given))] == [0xD, 0x31, 0x80, 0xF6, 0x20AC, 0x1F600, 0xFB33]
    assert (
        canonical({"a": 2**60, "b": [True, None], "c": '\x0f\n"\\é'})
        == '{"a":1152921504606846976,"b":[true,null],"c":"\\u000f\\n\\"\\\\é"}'.encode()
    )


def test_pointers() -> None:
    pointer = Pointer.parse("/a~1b/c~0d/")
    assert pointer.parts == ("a/b", "c~d", "")
    assert str(pointer) == "/a~1b/c~0d/"
    assert Pointer.parse("/a/b").within(Pointer.parse("/a"))
    assert not Pointer.parse("/ab").within(Pointer.parse("/a"))
    with pytest.raises(AttributeError):
        pointer.parts = ()


def test_the_public_surface_is_a_list() -> None:
    assert sorted(upcasters.__all__) == [
        "Account", "AsyncClient", "Chain", "Client", "Document", "Event", "EventRefused", "InvalidDocument",
        "InvalidExpression", "NoChain", "NotAPayload", "NotPortable", "Policy", "Problem", "RegistryRefused",
        "RegistryUnreachable", "Report", "SKIPPED", "Shape", "Step", "Tampered", "UpcastFailed", "UpcastersError",
        "chain_from_json", "chain_to_json", "downward", "load", "read", "write",
    ]  # fmt: skip
    for name in upcasters.__all__:
        assert getattr(upcasters, name) is not None
    with pytest.raises(AttributeError):
        upcasters.nothing  # noqa: B018


def test_importing_is_light() -> None:
    code = (
        "import sys, msgspec, time; before = time.process_time(); import upcasters; spent = time.process_time() - before;"
        "from upcasters import Chain, load;"
        "heavy = {'httpx', 'yaml', 'orjson', 'jsonata', 'compat', 'registry', 'web', 'litestar', 'sqlalchemy', 'asyncio'};"
        "print(spent, sorted(heavy & set(sys.modules)))"
    )
    best = 1.0
    for _ in range(3):
        spent, loaded = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, text=True
        ).stdout.split(" ", 1)
        assert loaded.strip() == "[]"
        best = min(best, float(spent))
    assert best < 0.05


def test_a_character_that_yaml_does_not_allow_is_named() -> None:
    with pytest.raises(InvalidDocument, match=r"character 2 \(U\+000F\) is not allowed"):
        load("a\x0fb")
