"""What applications declare to read and write: who reads which version by which way, who breaks, who may go live."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compat.definition import Format
from compat.verdict import Incompatibility
from registry.contracts import Answer, Way
from registry.errors import (
    ApplicationNotFound,
    ContractNotFound,
    DeploymentNotFound,
    InvalidContract,
    SubjectNotFound,
    VersionNotFound,
)
from registry.events import ContractWithdrawn, ReaderDeclared
from registry.model import Build, ConfigurationChange, Content, SchemaReference, Subject
from registry.service import Registry, readers

ORDER = Subject.parse("orders.OrderPlaced")
BILLING = Build("billing", "1.0")
SHOP = Build("shop", "1.0")
PROD = "prod"

Record = Callable[..., str]


def avro(text: str) -> Content:
    return Content(Format.AVRO, text)


@pytest.fixture
def database(tmp_path: Path) -> str:
    """One database is enough here; test_upkeep.py has readers and writers on both."""
    return f"sqlite:///{tmp_path / 'lineal.db'}"


@pytest.fixture
def orders(registry: Registry, record: Record) -> Registry:
    """Three versions: the amount was a number, then text; an upcaster leads from 1 to 2, none from 2 to 3."""
    registry.configurations.configure(ORDER, ConfigurationChange(compatibility="NONE"))
    register = registry.registration.register
    register(ORDER, avro(record("Order", id="string", amount="int")))
    register(ORDER, avro(record("Order", id="string", amount="string", note=("string", ""))))
    register(ORDER, avro(record("Order", id="string", total="string")))
    registry.upcasters.publish(
        ORDER,
        {
            "upcast": 1,
            "subject": str(ORDER),
            "from": 1,
            "to": 2,
            "ops": [{"set": {"at": "/amount", "expr": "string(amount)"}}, {"add": {"at": "/note", "value": ""}}],
        },
    )
    return registry


def ways(registry: Registry, environment: str | None = None) -> dict[str, list[str]]:
    matrix = registry.readers.matrix(ORDER, environment=environment)
    return {row.reader.build.application: [cell.way.value for cell in row.cells] for row in matrix.rows}


# -- declaring ---------------------------------------------------------------------------------------------------


def test_fields_become_a_reader_schema_with_the_types_of_the_newest_version_that_has_them(orders: Registry) -> None:
    reader = orders.contracts.declare_fields(ORDER, BILLING, ["id", "amount", "note?"])
    assert reader.need.based_on == 2  # type: ignore[union-attr]
    schema = json.loads(reader.need.schema.text)  # type: ignore[union-attr]
    assert schema["fields"] == [
        {"name": "id", "type": "string"},
        {"name": "amount", "type": "string"},
        {"name": "note", "type": ["null", "string"], "default": None},
    ]


@pytest.mark.parametrize("fields", [["amuont"], ["id", "amount.cents"], ["amount", "total"], [], ["a..b"], [""]])
def test_a_field_that_no_version_has_is_refused_and_nothing_is_kept(orders: Registry, fields: list[str]) -> None:
    position = orders.catalog.position()
    with pytest.raises(InvalidContract):
        orders.contracts.declare_fields(ORDER, BILLING, fields)
    assert orders.catalog.position() == position
    with pytest.raises(ApplicationNotFound):
        orders.contracts.application("billing")


def test_the_refusal_names_the_field_and_what_there_is(orders: Registry) -> None:
    with pytest.raises(InvalidContract, match=r"No version of 'orders\.OrderPlaced' has amuont.*id, total"):
        orders.contracts.declare_fields(ORDER, BILLING, ["id", "amuont"])


def test_declaring_the_same_again_changes_nothing_and_another_need_replaces_it(orders: Registry) -> None:
    orders.contracts.declare_fields(ORDER, BILLING, ["id"], owner="team-money")
    position = orders.catalog.position()
    orders.contracts.declare_fields(ORDER, BILLING, ["id"])
    assert orders.catalog.position() == position
    assert orders.contracts.application("billing").owner == "team-money"
    orders.contracts.declare_versions(ORDER, BILLING, 2, 3)
    (reader,) = orders.contracts.readers(ORDER)
    assert (reader.need.first, reader.need.last) == (2, 3)  # type: ignore[union-attr]


def test_pinned_versions_and_written_ones_must_be_there(orders: Registry) -> None:
    with pytest.raises(VersionNotFound):
        orders.contracts.declare_versions(ORDER, BILLING, 2, 9)
    with pytest.raises(InvalidContract):
        orders.contracts.declare_versions(ORDER, BILLING, 3, 2)
    with pytest.raises(VersionNotFound):
        orders.contracts.declare_writer(ORDER, SHOP, [1, 9])
    with pytest.raises(SubjectNotFound):
        orders.contracts.declare_writer(Subject.parse("nothing"), SHOP, [1])


@pytest.mark.parametrize("name", ["", " ", " billing", "a\nb", "x" * 201])
def test_names_that_are_none_are_refused(orders: Registry, name: str) -> None:
    for build in (Build(name, "1"), Build("billing", name)):
        with pytest.raises(InvalidContract):
            orders.contracts.declare_fields(ORDER, build, ["id"])


def test_what_is_withdrawn_stays_in_the_log(orders: Registry) -> None:
    orders.contracts.declare_fields(ORDER, BILLING, ["id"])
    orders.contracts.withdraw_reader(ORDER, BILLING)
    assert orders.contracts.readers(ORDER) == []
    with pytest.raises(ContractNotFound):
        orders.contracts.withdraw_reader(ORDER, BILLING)
    kinds = [type(entry.event) for entry in orders.catalog.latest_changes(subject=ORDER, limit=2)]
    assert kinds == [ContractWithdrawn, ReaderDeclared]


# -- the matrix --------------------------------------------------------------------------------------------------


def test_a_reader_reads_directly_through_an_upcaster_or_not_at_all(orders: Registry) -> None:
    orders.contracts.declare_fields(ORDER, BILLING, ["id", "amount"])
    orders.contracts.declare_fields(ORDER, Build("audit", "1"), ["id"])
    orders.contracts.declare_versions(ORDER, Build("report", "1"), 1, 2)
    assert ways(orders) == {
        "audit": ["direct", "direct", "direct"],
        "billing": ["upcaster", "direct", "broken"],
        "report": ["direct", "direct", "broken"],
    }
    billing = orders.readers.matrix(ORDER).rows[1]
    assert billing.cells[0].through == (1, 2)
    (cause,) = billing.cells[2].obstacles
    assert isinstance(cause, Incompatibility)
    assert cause.witness is not None
    assert "amount" not in cause.witness.payload  # type: ignore[operator]


def test_a_whole_reader_schema_is_held_against_every_version(orders: Registry, record: Record) -> None:
    orders.contracts.declare_schema(ORDER, BILLING, avro(record("Order", id="string", total=("string", "0"))))
    assert ways(orders) == {"billing": ["direct", "direct", "direct"]}
    orders.contracts.declare_schema(ORDER, BILLING, avro(record("Order", id="long")))
    assert ways(orders) == {"billing": ["broken", "broken", "broken"]}


def test_without_the_upcaster_the_reader_breaks(orders: Registry) -> None:
    orders.contracts.declare_fields(ORDER, BILLING, ["amount"])
    orders.upcasters.withdraw(ORDER, 1, 2)
    assert ways(orders) == {"billing": ["broken", "direct", "broken"]}


def test_deleted_versions_are_not_asked_about(orders: Registry) -> None:
    orders.contracts.declare_fields(ORDER, BILLING, ["amount"])
    orders.deletion.version(ORDER, 3)
    assert ways(orders) == {"billing": ["upcaster", "direct"]}


def test_an_undecided_comparison_is_unknown(registry: Registry) -> None:
    subject = Subject.parse("odd")
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": r"^(a)\1$"}}}
    registry.registration.register(subject, Content(Format.JSON, json.dumps(schema)))
    reader = {"type": "object", "properties": {"a": {"type": "string", "pattern": r"^(aa|b)(?!c)\1?$"}}}
    registry.contracts.declare_schema(subject, BILLING, Content(Format.JSON, json.dumps(reader)))
    (row,) = registry.readers.matrix(subject).rows
    assert row.cells[0].way is Way.UNKNOWN


PROTO = 'syntax = "proto3";\npackage shop;\nmessage Paid {\n  string id = 1;\n%s}\n%s'


def protobuf(fields: str, more: str = "", **others: Any) -> Content:
    return Content(Format.PROTOBUF, PROTO % (fields, more), **others)


def test_protobuf_fields_go_by_number_and_a_field_nobody_writes_is_a_break_with_proof(registry: Registry) -> None:
    subject = Subject.parse("paid")
    registry.configurations.configure(subject, ConfigurationChange(compatibility="NONE"))
    register = registry.registration.register
    register(subject, protobuf("  string currency = 2;\n"))
    register(subject, protobuf("  string money = 2;\n", "message Other { int32 x = 1; }\n"))
    register(subject, protobuf("  reserved 2;\n  int64 cents = 3;\n"))
    registry.contracts.declare_fields(subject, BILLING, ["id", "currency"])
    registry.contracts.declare_fields(subject, Build("lenient", "1"), ["id", "currency?"])
    billing, lenient = registry.readers.matrix(subject).rows
    assert [cell.way.value for cell in billing.cells] == ["direct", "direct", "broken"]
    assert [cell.way.value for cell in lenient.cells] == ["direct", "direct", "direct"]
    (cause,) = billing.cells[2].obstacles
    assert isinstance(cause, Incompatibility)
    assert cause.witness is not None
    assert "shop.Paid.currency is not among its fields" in cause.witness.reader_error


def test_protobuf_fields_of_an_imported_message(registry: Registry) -> None:
    money = 'syntax = "proto3";\npackage shop;\nmessage Money {\n  int64 cents = 1;\n  string currency = 2;\n}\n'
    registry.registration.register(Subject.parse("money.proto"), Content(Format.PROTOBUF, money))
    text = PROTO.replace("package", 'import "money.proto";\npackage') % ("  Money total = 2;\n", "")
    references = (SchemaReference("money.proto", "money.proto", 1),)
    registry.registration.register(Subject.parse("paid"), Content(Format.PROTOBUF, text, references))
    registry.contracts.declare_fields(Subject.parse("paid"), BILLING, ["total.currency"])
    (row,) = registry.readers.matrix(Subject.parse("paid")).rows
    assert row.cells[0].way is Way.DIRECT


def test_json_fields_ask_for_presence_and_type_only(registry: Registry) -> None:
    subject = Subject.parse("shipped")
    registry.configurations.configure(subject, ConfigurationChange(compatibility="NONE"))
    one = {"type": "object", "required": ["id", "by"], "properties": {"id": {"type": "string"}, "by": {"enum": ["A"]}}}
    other = {**one, "properties": {"id": {"type": "string"}, "by": {"enum": ["A", "B"]}}}
    third = {**one, "required": ["id"]}
    for schema in (one, other, third):
        registry.registration.register(subject, Content(Format.JSON, json.dumps(schema)))
    registry.contracts.declare_fields(subject, BILLING, ["id", "by"])
    (row,) = registry.readers.matrix(subject).rows
    assert [cell.way.value for cell in row.cells] == ["direct", "direct", "broken"]


# -- deployments -------------------------------------------------------------------------------------------------


def test_a_deployed_build_replaces_the_one_before_and_a_released_one_does_not(orders: Registry) -> None:
    for name in ("1", "2", "3"):
        orders.contracts.declare_fields(ORDER, Build("app", name), ["id"])
    record = orders.contracts.record_deployment
    record(Build("app", "1"), PROD)
    record(Build("app", "2"), PROD, mode="released")
    record(Build("app", "3"), PROD)
    assert [str(one.build) for one in orders.contracts.deployments(environment=PROD)] == ["app 2", "app 3"]
    position = orders.catalog.position()
    record(Build("app", "3"), PROD)
    assert orders.catalog.position() == position
    orders.contracts.end_deployment(Build("app", "2"), PROD)
    with pytest.raises(DeploymentNotFound):
        orders.contracts.end_deployment(Build("app", "2"), PROD)
    assert orders.contracts.environments() == [PROD]


def test_an_application_nobody_knows_cannot_be_live(orders: Registry) -> None:
    with pytest.raises(ApplicationNotFound, match="declare what it reads or writes first"):
        orders.contracts.record_deployment(Build("phantom", "1"), PROD)


def test_the_matrix_of_an_environment_shows_what_is_live_there(orders: Registry) -> None:
    orders.contracts.declare_fields(ORDER, BILLING, ["id"])
    orders.contracts.declare_writer(ORDER, SHOP, [3])
    assert ways(orders, PROD) == {}
    orders.contracts.record_deployment(BILLING, PROD)
    orders.contracts.record_deployment(SHOP, PROD)
    matrix = orders.readers.matrix(ORDER, environment=PROD)
    assert [row.reader.build for row in matrix.rows] == [BILLING]
    assert [row.writer.versions for row in matrix.writers] == [(3,)]


# -- who breaks, and can-i-deploy --------------------------------------------------------------------------------


def test_a_candidate_breaks_live_readers_only(orders: Registry, record: Record) -> None:
    orders.contracts.declare_fields(ORDER, BILLING, ["total"])
    orders.contracts.declare_fields(ORDER, Build("old", "1"), ["total"])
    orders.contracts.record_deployment(BILLING, PROD)
    impact = orders.readers.broken_by(ORDER, avro(record("Order", id="string")), environment=PROD)
    assert impact.answer is Answer.NO
    assert [row.reader.build for row in impact.broken] == [BILLING]
    harmless = orders.readers.broken_by(ORDER, avro(record("Order", total="string")), environment=PROD)
    assert (harmless.answer, len(harmless.readers)) == (Answer.YES, 1)


def test_without_recorded_deployments_nobody_knows(orders: Registry, record: Record) -> None:
    orders.contracts.declare_fields(ORDER, BILLING, ["total"])
    assert orders.readers.broken_by(ORDER, avro(record("Order", total="string"))).answer is Answer.UNKNOWN
    found = orders.readers.can_deploy(BILLING, "prdo")
    assert found.answer is not Answer.YES
    assert any("nothing is recorded as live in prdo" in warning for warning in found.warnings)


def test_a_reader_may_go_live_once_it_reads_all_that_may_be_stored(orders: Registry) -> None:
    orders.contracts.declare_writer(ORDER, SHOP, [2, 3])
    orders.contracts.record_deployment(SHOP, PROD)
    orders.contracts.declare_fields(ORDER, BILLING, ["amount"])
    refused = orders.readers.can_deploy(BILLING, PROD)
    assert refused.answer is Answer.NO
    (reason,) = refused.reasons
    assert reason.sentence.startswith(
        "billing 1.0 cannot read version 3 of orders.OrderPlaced, which shop 1.0 writes in prod: "
        "READER_FIELD_WITHOUT_DEFAULT"
    )
    orders.deletion.version(ORDER, 3)
    allowed = orders.readers.can_deploy(BILLING, PROD)
    assert allowed.answer is Answer.YES
    assert "version 2 directly, version 1 through upcasters" in allowed.reasons[0].sentence


def test_a_writer_may_go_live_once_every_live_reader_reads_it(orders: Registry) -> None:
    orders.contracts.declare_fields(ORDER, BILLING, ["amount"])
    orders.contracts.record_deployment(BILLING, PROD)
    orders.contracts.declare_writer(ORDER, SHOP, [3])
    refused = orders.readers.can_deploy(SHOP, PROD)
    assert refused.answer is Answer.NO
    assert refused.reasons[0].reader == BILLING
    orders.contracts.declare_writer(ORDER, SHOP, [1, 2])
    assert orders.readers.can_deploy(SHOP, PROD).answer is Answer.YES


def test_the_build_that_is_replaced_does_not_hold_its_successor_back(orders: Registry) -> None:
    old, new = Build("app", "1"), Build("app", "2")
    orders.contracts.declare_fields(ORDER, old, ["amount"])
    orders.contracts.record_deployment(old, PROD)
    orders.contracts.declare_writer(ORDER, new, [3])
    assert orders.readers.can_deploy(new, PROD).answer is Answer.YES
    orders.contracts.record_deployment(old, PROD, mode="released")
    assert orders.readers.can_deploy(new, PROD).answer is Answer.NO


def test_a_build_that_has_declared_nothing_is_unknown(orders: Registry) -> None:
    orders.contracts.declare_fields(ORDER, BILLING, ["id"])
    orders.contracts.record_deployment(BILLING, PROD)
    found = orders.readers.can_deploy(Build("billing", "1.1"), PROD)
    assert found.answer is Answer.UNKNOWN
    with pytest.raises(ApplicationNotFound):
        orders.readers.can_deploy(Build("nobody", "1"), PROD)


def test_a_live_build_without_contracts_is_warned_about(orders: Registry) -> None:
    orders.contracts.declare_fields(ORDER, BILLING, ["id"])
    orders.contracts.declare_writer(ORDER, SHOP, [3])
    orders.contracts.record_deployment(Build("billing", "9"), PROD)
    found = orders.readers.can_deploy(SHOP, PROD)
    assert any("billing 9 is live in prod and has declared neither" in warning for warning in found.warnings)


# -- memory ------------------------------------------------------------------------------------------------------


def test_all_of_it_is_rebuilt_from_the_log(orders: Registry) -> None:
    orders.contracts.declare_fields(ORDER, BILLING, ["id", "total?"], owner="team-money")
    orders.contracts.declare_versions(ORDER, Build("pinned", "1"), 1, 2)
    orders.contracts.declare_writer(ORDER, SHOP, [3])
    orders.contracts.record_deployment(BILLING, PROD)
    orders.contracts.record_deployment(SHOP, PROD, mode="released")
    orders.contracts.withdraw_reader(ORDER, Build("pinned", "1"))
    before = orders.contracts.applications()
    assert orders.upkeep.verify() == []
    orders.upkeep.rebuild()
    assert orders.contracts.applications() == before
    assert orders.upkeep.verify() == []


def test_comparisons_are_made_once(orders: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    original = readers.contracts.obstacles
    monkeypatch.setattr(readers.contracts, "obstacles", lambda *given: made.append(1) or original(*given))
    orders.contracts.declare_fields(ORDER, BILLING, ["amount"])
    orders.readers.matrix(ORDER)
    assert len(made) == 3
    orders.readers.matrix(ORDER)
    orders.contracts.declare_fields(ORDER, Build("billing", "1.1"), ["amount"])
    orders.readers.matrix(ORDER)
    assert len(made) == 3
