"""Parts of schemas that mean the same are the same node, and only those."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from compat.budget import Budget
from compat.json_schema.nodes import Node, Op
from compat.json_schema.normal import normal
from tests.compat.json_schema.laws import ENGINE, findings, outcome, parse

WORDS = "what it is, in words that make the schema long enough to be left for later; " * 3
ADDRESS = {"type": "object", "description": WORDS, "properties": {"street": {"type": "string"}}, "required": ["street"]}
TREE = {"type": "object", "description": WORDS, "properties": {"left": {"$ref": "#/definitions/t"}, "v": {}}}


def part(schema: Any, name: str = "a") -> Node:
    """What a schema says about a member."""
    root = normal(parse(schema)).root
    atoms = root.args[0] if root.op is Op.AND else (root,)
    (found,) = (atom.args[1] for atom in atoms if atom.op is Op.MEMBER and atom.args[0] == name)
    assert isinstance(found, Node)
    return found


def using(member: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": member}, **more}


@pytest.mark.parametrize(
    "member",
    [ADDRESS, {"type": "array", "items": ADDRESS}, {"$ref": "#/definitions/t"}, {"oneOf": [ADDRESS, {"type": "null"}]}],
)
def test_versions_share_what_did_not_change(member: Any) -> None:
    definitions = {"t": {**TREE, "properties": {**TREE["properties"], "v": ADDRESS}}}
    kept = [
        parse(using(member, definitions=definitions)),
        parse(using(member, definitions=definitions, minProperties=1)),
    ]
    one, other = (part(schema) for schema in (using(member, definitions=definitions),) * 2)
    assert one is other
    assert one is part(using(member, definitions={**definitions, "unused": {}}, maxProperties=9))
    assert outcome(findings(*reversed(kept))) == "compatible"


def dialects(member: Any) -> tuple[Any, Any]:
    drafts = ("http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-07/schema#")
    return tuple({"$schema": draft, **using(member)} for draft in drafts)  # type: ignore[return-value]


def bases(member: Any) -> tuple[Any, Any]:
    """The same text below two identifiers, which its reference is relative to."""
    others = {"x": {"$id": "http://x/t", "type": "string"}, "y": {"$id": "http://y/t", "type": "integer"}}
    return tuple(using(member, **{"$id": f"http://{name}/", "definitions": others}) for name in "xy")  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("writer", "reader"),
    [
        tuple(using({"$ref": "#/definitions/t"}, definitions={"t": {"type": kind}}) for kind in ("string", "integer")),
        tuple(
            using({"$ref": "#/definitions/t"}, definitions={"t": {**TREE, "properties": {
                "left": {"$ref": "#/definitions/t"}, "v": {"type": kind}}}})
            for kind in ("string", "integer")
        ),
        tuple(
            using({"allOf": [{"$ref": "#/definitions/s"}]}, definitions={
                "s": {"$ref": "#/definitions/t"}, "t": {"description": WORDS, "type": kind}})
            for kind in ("string", "integer")
        ),
        dialects({"type": "integer"})[::-1],
        dialects({**ADDRESS, "properties": {"street": {"type": "integer"}}})[::-1],
        bases({"$ref": "t"}),
        bases({"description": WORDS, "allOf": [{"$ref": "t"}]}),
        tuple(using({"const": value, "description": WORDS}) for value in (1, True)),
    ],
)  # fmt: skip
def test_the_same_text_is_not_always_the_same_schema(writer: Any, reader: Any) -> None:
    assert writer["properties"] == reader["properties"]
    assert part(writer) is not part(reader)
    assert outcome(findings(parse(writer), parse(reader))) == "incompatible"


@pytest.mark.parametrize("anchor", ["$dynamicAnchor", "$anchor"])
def test_what_depends_on_where_it_is_reached_from_is_not_shared(anchor: str) -> None:
    member = {"type": "object", "description": WORDS, "properties": {"b": {"$dynamicRef": "#n"}}}
    writer, reader = (
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **using(member),
            "$defs": {"n": {anchor: "n", "type": kind}},
        }
        for kind in ("string", "integer")
    )
    assert part(writer) is not part(reader)
    assert outcome(findings(parse(writer), parse(reader))) == "incompatible"


def test_circles_of_references_end() -> None:
    circle = {"a": {"$ref": "#/definitions/b"}, "b": {"allOf": [{"$ref": "#/definitions/a"}]}}
    writer = parse(using({"$ref": "#/definitions/a"}, definitions=circle))
    assert findings(writer, parse(using({"$ref": "#/definitions/a"}, definitions=circle, maxProperties=5))) != []


def test_what_did_not_change_costs_no_steps() -> None:
    members = {f"m{index}": {**ADDRESS, "title": f"member {index}"} for index in range(300)}
    old = {"type": "object", "properties": members, "required": ["m7"]}
    changed = {**members, "m8": {**ADDRESS, "properties": {"street": {"type": "integer"}}}}
    budget = Budget()
    found = list(ENGINE.incompatibilities(parse({**old, "properties": changed}), parse(old), budget))
    assert outcome(found) == "incompatible"
    assert budget.steps < 1_000
    budget = Budget()
    assert list(ENGINE.incompatibilities(parse({**old, "required": []}), parse(old), budget)) == []
    assert budget.steps < 20


def test_shared_parts_keep_no_document_alive() -> None:
    first = parse(using(ADDRESS))
    second = parse(using(ADDRESS, maxProperties=4))
    assert findings(first, second) != []
    watched = weakref.ref(normal(first))
    del first
    gc.collect()
    assert watched() is None
    assert findings(second, parse(using({**ADDRESS, "required": []}))) == []
