"""GUIDs by the published recipe, and digests that confuse nothing."""

from __future__ import annotations

import hashlib
import uuid

from compat.definition import Format
from registry.identity import guid, identity
from registry.model import Metadata, Rule, RuleSet, SchemaReference


def md5(*parts: bytes) -> str:
    return str(uuid.UUID(hashlib.md5(b"".join(parts), usedforsecurity=False).hexdigest()))


def test_guid_of_a_text_alone_is_its_md5() -> None:
    assert guid('"string"', (), None, None) == md5(b'"string"')


def test_guid_takes_in_references_with_big_endian_versions() -> None:
    reference = SchemaReference("shop.Money", "money", 258)
    assert guid("{}", [reference], None, None) == md5(b"{}", b"shop.Money", b"money", b"\x00\x00\x01\x02")


def test_guid_of_empty_metadata_differs_from_none() -> None:
    assert guid("{}", (), Metadata(), None) == md5(b"{}", b"\x01")


def test_guid_sorts_as_java_does() -> None:
    # U+FFFF comes after U+10000 in UTF-16 code units, before it in code points
    metadata = Metadata(properties={"\uffff": "b", "\U00010000": "a"}, tags={"t": ["z", "a"]}, sensitive=["s"])
    expected = md5(b"{}", b"\x01", b"taz", "\U00010000a".encode(), "\uffffb".encode(), b"s")
    assert guid("{}", (), metadata, None) == expected


def test_guid_takes_in_rules_with_their_defaults() -> None:
    rules = RuleSet(
        migration_rules=[Rule(name="up", mode="UPGRADE", type="JSONATA", expr="$", disabled=True)],
        domain_rules=[Rule(name="r", kind="CONDITION", type="CEL", params={"b": "2", "a": "1"}, on_failure="DLQ")],
        enable_at="CLIENT",
    )
    expected = md5(
        b"{}", b"\x01", b"upTRANSFORMUPGRADEJSONATA$", b"\x01", b"rCONDITIONWRITEREADCEL", b"a1b2", b"DLQ", b"CLIENT"
    )
    assert guid("{}", (), None, rules) == expected


def test_guid_takes_in_the_lists_of_rules_in_one_order_and_when_they_apply() -> None:
    tags = ["PII", "GDPR"]
    rules = RuleSet(
        encoding_rules=[
            Rule(name="e", mode="WRITEREAD", type="ENCRYPT", tags=tags),
            Rule(name="d", mode="READ", type="ENCRYPT", tags=tags, disabled=True),
        ],
        domain_rules=[Rule(name="c", mode="WRITE", type="ENCRYPT", tags=tags)],
        migration_rules=[Rule(name="m", mode="UPDOWN", type="ENCRYPT", tags=tags)],
        enable_at="GATEWAY",
    )
    expected = md5(
        b"{}",
        b"\x01",
        b"mTRANSFORMUPDOWNENCRYPTGDPRPII",
        b"cTRANSFORMWRITEENCRYPTGDPRPII",
        b"eTRANSFORMWRITEREADENCRYPTGDPRPII",
        b"dTRANSFORMREADENCRYPTGDPRPII\x01",
        b"GATEWAY",
    )
    assert guid("{}", (), None, rules) == expected
    assert guid("{}", (), None, RuleSet(enable_at="SERVER")) == md5(b"{}", b"\x01", b"SERVER")


def test_two_formats_with_one_text_are_two_schemas() -> None:
    text = '{"type":"string"}'
    avro = identity(Format.AVRO, text, text, (), ".")
    json = identity(Format.JSON, text, text, (), ".")
    assert avro.canonical != json.canonical
    assert avro.normalized != json.normalized


def test_no_two_lists_of_parts_make_one_digest() -> None:
    one = identity(Format.AVRO, "a", "a", [SchemaReference("b", "c", 1)], ".")
    other = identity(Format.AVRO, "ab", "ab", [SchemaReference("", "c", 1)], ".")
    assert one.canonical != other.canonical


def test_normalised_references_have_one_order() -> None:
    first, second = SchemaReference("a", "a", 1), SchemaReference("b", "b", 1)
    one = identity(Format.JSON, "x", "x", [first, second, second], ".")
    other = identity(Format.JSON, "x", "x", [second, first], ".")
    assert one.normalized == other.normalized
    assert one.canonical != other.canonical


def test_a_subject_and_its_qualified_name_are_one_in_its_context() -> None:
    bare = identity(Format.AVRO, "x", "x", [SchemaReference("N", "n", 1)], ".shop")
    full = identity(Format.AVRO, "x", "x", [SchemaReference("N", ":.shop:n", 1)], ".shop")
    elsewhere = identity(Format.AVRO, "x", "x", [SchemaReference("N", "n", 1)], ".")
    assert bare == full != elsewhere
