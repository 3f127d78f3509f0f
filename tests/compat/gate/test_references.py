"""Names that one file uses and another defines, found without asking anybody."""

from __future__ import annotations

import json

import pytest

from compat.errors import UnresolvedReference
from compat.formats import parse
from compat.gate.configuration import Configuration
from compat.gate.errors import Misconfigured
from compat.gate.mapping import subjects
from compat.gate.references import Workspace
from compat.gate.tree import FolderTree

MONEY = '{"type": "record", "name": "Money", "namespace": "shop", "fields": [{"name": "cents", "type": "long"}]}'


def workspace(folder, files, declared=None):
    folder.write(files)
    return Workspace(subjects(FolderTree(folder.root), Configuration()), declared)


def uses(space, path):
    (file,) = [file for subject in space.subjects for file in subject.files if file.path == path]
    return {reference.name: reference.target.path for reference in space.references(file)}


def avro(fields, name="Order", namespace="shop"):
    return json.dumps({"type": "record", "name": name, "namespace": namespace, "fields": fields})


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("Money", "shop.Money"),
        ("shop.Money", "shop.Money"),
        (["null", "Money"], "shop.Money"),
        ({"type": "array", "items": "Money"}, "shop.Money"),
        ({"type": "map", "values": ["null", {"type": "shop.Money"}]}, "shop.Money"),
    ],
)
def test_avro_names_wherever_a_type_may_stand(folder, type_, name):
    order = avro([{"name": "total", "type": type_}])
    space = workspace(folder, {"money.avsc": MONEY, "order.avsc": order})
    assert uses(space, "order.avsc") == {name: "money.avsc"}
    parse(space.definition(space.subjects[1].head))


def test_avro_names_that_are_no_references(folder):
    own = avro(
        [
            {"name": "self", "type": ["null", "Order"]},
            {"name": "money", "type": {"type": "record", "name": "Money", "fields": []}},
            {"name": "again", "type": "Money"},
            {"name": "when", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        ]
    )
    assert uses(workspace(folder, {"money.avsc": MONEY, "order.avsc": own}), "order.avsc") == {}


def test_json_schema_by_path_and_by_identifier(folder):
    draft = "https://json-schema.org/draft/2020-12/schema"
    space = workspace(
        folder,
        {
            "common/money.json": json.dumps({"$schema": draft, "type": "integer"}),
            "common/person.json": json.dumps({"$schema": draft, "$id": "https://shop/person", "type": "string"}),
            "order.json": json.dumps(
                {
                    "$schema": draft,
                    "$id": "https://shop/order",
                    "properties": {
                        "total": {"$ref": "common/money.json#"},
                        "who": {"$ref": "person"},
                        "own": {"$ref": "#/properties/total"},
                        "word": {"enum": [{"$ref": "nobody"}]},
                    },
                }
            ),
        },
    )
    assert uses(space, "order.json") == {"common/money.json": "common/money.json", "person": "common/person.json"}
    parse(space.definition(space.subjects[2].head))


def test_protobuf_imports_by_the_end_of_the_path_nearest_first(folder):
    money = 'syntax = "proto3";\npackage shop;\nmessage Money { int64 cents = 1; }\n'
    order = (
        'syntax = "proto3";\npackage shop;\n// import "no.proto";\nimport "google/protobuf/timestamp.proto";\n'
        'import public "shop/money.proto";\nmessage Order { Money total = 1; string text = 2; }\n'
    )
    space = workspace(folder, {"x/proto/shop/money.proto": money, "y/shop/money2.proto": money, "x/order.proto": order})
    assert uses(space, "x/order.proto") == {"shop/money.proto": "x/proto/shop/money.proto"}
    (subject,) = [subject for subject in space.subjects if subject.name == "order"]
    parse(space.definition(subject.head))


def test_what_nothing_defines_stays_unresolved_unless_a_lock_knows_it(folder):
    files = {"order.avsc": avro([{"name": "total", "type": "bank.Money"}]), "money.avsc": MONEY}
    space = workspace(folder, files)
    with pytest.raises(UnresolvedReference, match=r"bank\.Money"):
        parse(space.definition(space.subjects[1].head))
    locked = workspace(folder, files, {"order.avsc": {"bank.Money": ("money", 1)}})
    assert uses(locked, "order.avsc") == {"bank.Money": "money.avsc"}


def test_circles_are_told_with_the_way_round(folder):
    space = workspace(
        folder,
        {
            "a.proto": 'syntax = "proto3";\nimport "b.proto";\n',
            "b.proto": 'syntax = "proto3";\nimport "a.proto";\n',
        },
    )
    with pytest.raises(Misconfigured, match=r"a\.proto → b\.proto → a\.proto"):
        space.definition(space.subjects[0].head)


def test_a_registry_takes_what_is_referred_to_first(folder):
    space = workspace(
        folder,
        {
            "a.avsc": avro([{"name": "b", "type": "B"}], "A"),
            "b.avsc": avro([{"name": "money", "type": "Money"}], "B"),
            "z.avsc": MONEY,
        },
    )
    assert [subject.name for subject in space.in_order()] == ["z", "b", "a"]
