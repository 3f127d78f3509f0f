"""KurrentDB's client events, as the client gives them, in the versions and under the names that readers know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from kurrentdbclient import RecordedEvent
from kurrentdbclient.events import CaughtUp

from upcasters import Client, UpcastFailed, chain_to_json, read
from upcasters.integrations.kurrent import UpcastingReader

ORDERED, SPLIT = "OrderPlaced", "CustomerMoved"
DOCUMENTS = {
    ORDERED: [
        read({"upcast": 1, "subject": ORDERED, "from": 1, "to": 2, "ops": [
            {"rename": {"at": "/who", "to": "customer"}}]}),
        read({"upcast": 1, "subject": ORDERED, "from": 2, "to": 3, "ops": [
            {"map": {"at": "/status", "table": {"N": "NEW"}}}]}),
    ],
    SPLIT: [
        read({"upcast": 1, "subject": SPLIT, "from": 1, "to": 2, "down": "none", "ops": [{"emit": {"events": [
            {"type": "AddressChanged", "ops": [{"only": {"at": "", "members": ["street"]}}]},
            {"type": "PhoneChanged", "ops": [{"only": {"at": "", "members": ["phone"]}}]},
        ]}}]}),
    ],
}  # fmt: skip


def answer(request: httpx.Request) -> httpx.Response:
    if request.url.path.startswith("/schemas/ids/"):
        return httpx.Response(200, json=[{"subject": ORDERED, "version": 2}])
    subject, version = request.url.path.split("/")[4], int(request.url.params["from"])
    return httpx.Response(200, json=chain_to_json(subject, version, DOCUMENTS[subject][version - 1 :], {}))


@pytest.fixture
def registry() -> Iterator[Client]:
    with Client("http://registry", transport=httpx.MockTransport(answer)) as client:
        yield client


def recorded(kind: str, data: Any, **metadata: Any) -> RecordedEvent:
    return RecordedEvent(
        type=kind,
        data=json.dumps(data).encode(),
        metadata=json.dumps(metadata).encode() if metadata else b"",
        content_type="application/json",
        id=uuid4(),
        stream_name="order-1",
        stream_position=4,
        commit_position=900,
        prepare_position=900,
    )


def test_events_come_in_the_newest_version_with_everything_else_as_it_was(registry: Client) -> None:
    old = recorded(ORDERED, {"who": "Ann", "status": "N"})
    (new,) = UpcastingReader(registry).upcast([old])
    assert json.loads(new.data) == {"customer": "Ann", "status": "NEW"}
    assert replace(new, data=old.data) == old
    assert new.ack_id == old.ack_id


@pytest.mark.parametrize(
    ("metadata", "data"),
    [
        ({"schemaId": 7}, {"customer": "Ann", "status": "N"}),
        ({"schemaVersion": 2}, {"customer": "Ann", "status": "N"}),
        ({"schemaVersion": 3}, {"customer": "Ann", "status": "NEW"}),
        ({"other": 1}, {"who": "Ann", "status": "N"}),
    ],
)
def test_the_version_stands_in_the_metadata(registry: Client, metadata: dict[str, int], data: Any) -> None:
    (new,) = UpcastingReader(registry).upcast([recorded(ORDERED, data, **metadata)])
    assert json.loads(new.data) == {"customer": "Ann", "status": "NEW"}


def test_a_split_event_keeps_its_place_and_is_acknowledged_as_one(registry: Client) -> None:
    old = recorded(SPLIT, {"street": "High", "phone": "1"})
    parts = list(UpcastingReader(registry).upcast([old]))
    assert [(part.type, json.loads(part.data)) for part in parts] == [
        ("AddressChanged", {"street": "High"}),
        ("PhoneChanged", {"phone": "1"}),
    ]
    assert {part.ack_id for part in parts} == {old.id}
    assert {part.commit_position for part in parts} == {900}
    ids: set[UUID] = {part.id for part in parts}
    assert len(ids | {old.id}) == 3


def test_what_is_no_event_of_the_application_passes(registry: Client) -> None:
    passing = [recorded("$metadata", {}), CaughtUp(1, 1, 1, None), replace(recorded("Blob", 1), content_type="x")]
    assert list(UpcastingReader(registry).upcast(passing)) == passing


def test_failures_are_named_or_counted(registry: Client) -> None:
    events = [recorded(ORDERED, {"who": "Ann", "status": "Z"}), replace(recorded(ORDERED, 1), data=b"{")]
    with pytest.raises(UpcastFailed, match="/status"):
        list(UpcastingReader(registry).upcast(events))
    reader = UpcastingReader(registry, on_failure="skip")
    assert list(reader.upcast(events)) == []
    assert reader.report().failures == 2


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (b"\xff", "its metadata is not JSON"),
        (b'{"schemaVersion": "2"}', "schemaVersion in its metadata is '2'"),
        (b'{"schemaId": null}', "schemaId in its metadata is None"),
        (b'{"schemaVersion": true}', "schemaVersion in its metadata is True"),
    ],
)
def test_an_event_whose_version_cannot_be_told_is_one_that_fails(
    registry: Client, metadata: bytes, reason: str
) -> None:
    """It is not taken for one of version 1."""
    event = replace(recorded(ORDERED, {"who": "Ann", "status": "N"}), metadata=metadata)
    with pytest.raises(UpcastFailed, match=f"order-1 at 4: {reason}"):
        list(UpcastingReader(registry).upcast([event]))
    reader = UpcastingReader(registry, on_failure="pass_raw")
    assert list(reader.upcast([event])) == [event]
    assert reader.report().passed_raw == 1


def test_the_registry_is_asked_once_for_many_events() -> None:
    asked: list[str] = []

    def counted(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return answer(request)

    with Client("http://registry", transport=httpx.MockTransport(counted)) as client:
        events = [recorded(ORDERED, {"who": "Ann", "status": "N"}, schemaId=n % 2) for n in range(50)]
        assert len(list(UpcastingReader(client).upcast(events))) == 50
    assert len(asked) == 3, "the versions of two schema ids, and one chain"
