"""Which file is which version of which subject."""

from __future__ import annotations

import pytest

from compat.definition import Format
from compat.gate.configuration import Configuration, SchemaSet
from compat.gate.errors import Misconfigured
from compat.gate.mapping import subjects, within
from compat.gate.tree import FolderTree

AVRO = '{"type": "record", "name": "OrderPlaced", "namespace": "shop.orders", "fields": []}'
DOTTED = '{"type": "record", "name": "shop.orders.OrderPlaced", "fields": []}'
JSON = '{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "urn:order", "title": "Order"}'
PROTO = '// message No {}\nsyntax = "proto3";\npackage shop.orders;\nmessage OrderPlaced {}\nmessage Other {}\n'


def names(folder, *sets):
    found = subjects(FolderTree(folder.root), Configuration(schemas=sets))
    return {file.path: (subject.name, file.version) for subject in found for file in subject.files}


@pytest.mark.parametrize(
    ("path", "text", "template", "subject"),
    [
        ("events/order.avsc", AVRO, "{namespace}.{name}", "shop.orders.OrderPlaced"),
        ("events/order.avsc", DOTTED, "{namespace}.{name}", "shop.orders.OrderPlaced"),
        ("events/order.avsc", AVRO, "{dir}/{stem}-value", "events/order-value"),
        ("a/b/order.avsc", AVRO, "{parent}.{stem}", "b.order"),
        ("order.avsc", AVRO, "{parent}", "."),
        ("order/v7.avsc", AVRO, "{stem}", "order"),
        ("x/order/7.avsc", AVRO, "{dir}.{parent}.{stem}", "x.x.order"),
        ("order.schema.json", JSON, "{title}", "Order"),
        ("order.schema.json", JSON, "{id}", "urn:order"),
        ("order.schema.json", JSON, "{stem}", "order"),
        ("order.proto", PROTO, "{package}.{message}", "shop.orders.OrderPlaced"),
        ("order.avsc", AVRO, "fixed", "fixed"),
    ],
)
def test_a_template_names_the_subject(folder, path, text, template, subject):
    folder.write({path: text})
    found = names(folder, SchemaSet(glob="**/*", subject=template))
    assert [name for name, _ in found.values()] == [subject]


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("**/*.avsc", "a.avsc", True),
        ("**/*.avsc", "x/y/a.avsc", True),
        ("*.avsc", "x/a.avsc", False),
        ("events/*/v?.avsc", "events/order/v1.avsc", True),
        ("events/*/v?.avsc", "events/order/v10.avsc", False),
        ("./a.avsc", "a.avsc", True),
        ("a+b/**", "a+b/c/d.avsc", True),
    ],
)
def test_patterns(folder, glob, path, matches):
    folder.write({path: AVRO})
    assert bool(names(folder, SchemaSet(glob=glob))) is matches


def test_without_configuration_files_that_look_like_schemas_are_subjects_of_their_own_name(folder):
    folder.write(
        {
            "a.avsc": AVRO,
            "b.proto": PROTO,
            "c.json": JSON,
            "package.json": '{"name": "not a schema"}',
            "broken.json": "{",
            "node_modules/x/d.avsc": AVRO,
            ".hidden/e.avsc": AVRO,
        }
    )
    assert names(folder) == {"a.avsc": ("a", None), "b.proto": ("b", None), "c.json": ("c", None)}


def test_a_folder_of_versions_is_one_subject_oldest_first(folder):
    folder.write({f"order/v{number}.avsc": AVRO for number in (10, 2, 1)})
    (subject,) = subjects(FolderTree(folder.root), Configuration())
    assert [file.version for file in subject.files] == [1, 2, 10]
    assert subject.keeps_versions
    assert subject.head.path == "order/v10.avsc"


def test_the_first_set_that_matches_decides_and_the_map_makes_exceptions(folder):
    folder.write({"a.avsc": AVRO, "b.avsc": AVRO, "c.txt": AVRO})
    first = SchemaSet(glob="a.avsc", subject="first", level="FULL")
    second = SchemaSet(glob="*", subject="{stem}", format=Format.AVRO, map={"b.avsc": "mapped"})
    assert {name for name, _ in names(folder, first, second).values()} == {"first", "mapped", "c"}


@pytest.mark.parametrize(
    ("files", "template", "message"),
    [
        ({"a.avsc": AVRO, "b.avsc": AVRO}, "same", "a.avsc and b.avsc are both subject 'same'"),
        ({"x/v1.avsc": AVRO, "x/1.avsc": AVRO}, "{stem}", "are both subject 'x'"),
        ({"a.avsc": '{"type": "string"}'}, "{namespace}", "a.avsc has no {namespace}"),
        ({"a.avsc": AVRO}, "{nope}", "{nope} in subject = '{nope}' is none of"),
        ({"a.txt": AVRO}, "x", "a.txt: the format cannot be told"),
    ],
)
def test_what_cannot_be_mapped_is_told_with_the_place_and_the_remedy(folder, files, template, message):
    folder.write(files)
    with pytest.raises(Misconfigured) as caught:
        names(folder, SchemaSet(glob="**/*", subject=template))
    assert message in caught.value.message


def test_a_file_that_is_no_json_keeps_its_path_as_subject_so_that_parsing_can_tell_what_is_wrong(folder):
    folder.write({"a.avsc": "{"})
    assert names(folder, SchemaSet(glob="**", subject="{namespace}.{name}")) == {"a.avsc": ("a.avsc", None)}


@pytest.mark.parametrize(
    ("path", "roots", "inside"),
    [("a/b", [], True), ("a/b", ["a"], True), ("a/b", ["a/b"], True), ("ab/c", ["a"], False), ("a", ["."], True)],
)
def test_within(path, roots, inside):
    assert within(path, roots) is inside
