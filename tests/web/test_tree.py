from __future__ import annotations

from compat.outline import Field, Kind, Type
from web.tree import Earlier, Tree, fields_of, paths_of, tree

TEXT = Type(Kind.STRING, "string")
NULL = Type(Kind.NULL, "null")


def record(*fields: Field, name: str = "shop.Order") -> Type:
    return Type(Kind.RECORD, "record", name, fields=fields)


def names(shown: Tree) -> list[str]:
    return [leaf.name for leaf in shown.leaves]


def test_since_is_the_first_version_without_a_gap() -> None:
    first = record(Field("id", TEXT, True), Field("note", TEXT, True))
    second = record(Field("id", TEXT, True))
    third = record(Field("id", TEXT, True), Field("note", TEXT, True), Field("new", TEXT, True))
    shown = tree(third, "AVRO", 3, Earlier(((1, frozenset(paths_of(first))), (2, frozenset(paths_of(second))))))
    assert [(leaf.name, leaf.since, leaf.new) for leaf in shown.leaves] == [
        ("id", 1, False),
        ("note", 3, True),
        ("new", 3, True),
    ]


def test_in_the_first_version_nothing_is_new() -> None:
    shown = tree(record(Field("id", TEXT, True)), "AVRO", 1, Earlier())
    assert [leaf.new for leaf in shown.leaves] == [False]


def test_fields_of_items_and_of_the_other_arm_are_reached() -> None:
    line = record(Field("sku", TEXT, True), name="shop.Line")
    outline = record(
        Field("lines", Type(Kind.ARRAY, "array", items=line), True),
        Field("by", Type(Kind.MAP, "map", items=Type(Kind.UNION, "u", variants=(NULL, line))), True),
        Field("pay", Type(Kind.UNION, "u", variants=(line, record(Field("iban", TEXT, True), name="Bank"))), True),
    )
    assert list(paths_of(outline)) == [
        ("lines",),
        ("by",),
        ("pay",),
        ("lines", "[]", "sku"),
        ("pay", "~Line", "sku"),
        ("pay", "~Bank", "iban"),
        ("by", "{}", "sku"),
    ]
    shown = tree(outline, "AVRO", 1, Earlier())
    assert [leaf.type for leaf in shown.leaves] == ["list of Line", "map of Line or nothing", "Line or Bank"]
    assert [child.anchor for child in shown.leaves[0].children] == ["f:lines/[]/sku"]
    assert [arm.name for arm in shown.leaves[2].children] == ["or Line", "or Bank"]


def test_every_format_says_why_in_its_own_terms() -> None:
    field = Field("a", TEXT, True)
    said = [tree(record(field), format_, 1, Earlier()).leaves[0].short_why for format_ in ("AVRO", "JSON", "PROTOBUF")]
    assert said == ["no default", "", ""]
    optional = Field("a", Type(Kind.UNION, "u", variants=(NULL, TEXT)), False, default=None)
    leaf = tree(record(optional), "AVRO", 1, Earlier()).leaves[0]
    assert (leaf.need, leaf.default, leaf.type) == ("optional", "null", "text or nothing")


def test_a_repeating_type_is_named_not_expanded() -> None:
    outline = record(Field("parent", Type(Kind.REPEAT, "Order", "shop.Order"), True))
    [leaf] = tree(outline, "AVRO", 1, Earlier()).leaves
    assert (leaf.repeats, leaf.children) == ("Order", ())


def test_a_huge_schema_is_cut_and_says_so() -> None:
    outline = record(*(Field(f"f{number}", TEXT, True) for number in range(3_500)))
    shown = tree(outline, "JSON", 1, Earlier())
    assert (len(shown.leaves), shown.count, shown.cut) == (3_000, 3_500, True)
    assert len(list(fields_of(outline, 100))) <= 3_500


def test_documentation_is_markdown_and_safe() -> None:
    field = Field("a", TEXT, True, doc="**x** <script>alert(1)</script>")
    assert "<strong>x</strong>" in tree(record(field), "JSON", 1, Earlier()).leaves[0].doc
    assert "<script" not in tree(record(field), "JSON", 1, Earlier()).leaves[0].doc


def test_what_everybody_knows_by_its_name_is_not_taken_apart() -> None:
    moment = Type(
        Kind.RECORD, "Timestamp", "google.protobuf.Timestamp", logical="google.protobuf.Timestamp",
        fields=(Field("seconds", TEXT, False),),
    )  # fmt: skip
    outline = record(Field("at", moment, False), Field("zero", TEXT, False, default=""))
    shown = tree(outline, "PROTOBUF", 1, Earlier())
    assert [(leaf.children, leaf.default, leaf.need) for leaf in shown.leaves] == [((), None, ""), ((), None, "")]
    assert "2026-03-01T09:30:00Z" in shown.leaves[0].meaning
    assert list(paths_of(outline)) == [("at",), ("zero",)]
