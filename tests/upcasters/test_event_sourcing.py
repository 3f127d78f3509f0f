"""The ``eventsourcing`` library reads old events through upcasters, with nothing but its environment set."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import StoredEvent

from upcasters import Chain, UpcastersError, UpcastFailed, chain_to_json, read
from upcasters.exchange import bundle
from upcasters.integrations.event_sourcing import UpcastingMapper

GONE = "a.module.that:IsGone"


class Account(Aggregate):
    @event("Opened")
    def __init__(self, owner: str, balance_cents: int) -> None:
        self.owner = owner
        self.balance_cents = balance_cents

    @event("Deposited")
    def deposit(self, cents: int) -> None:
        self.balance_cents += cents


TOPIC = f"{__name__}:Account.Deposited"
STEPS = [
    {"upcast": 1, "subject": GONE, "from": 1, "to": 2, "ops": [
        {"scale": {"at": "/amount", "to": "cents", "by": 100, "rounding": "exact", "result": "int64"}}]},
    {"upcast": 1, "subject": GONE, "from": 2, "to": 3, "ops": [{"retype": {"from": GONE, "to": TOPIC}}]},
]  # fmt: skip


@pytest.fixture
def application(tmp_path: Path) -> Application[UUID]:
    file = tmp_path / "chains.json"
    documents = [read(step) for step in STEPS]
    file.write_bytes(bundle([chain_to_json(GONE, 1, documents, {})]))
    UpcastingMapper.chains = None
    return Application(
        env={
            "MAPPER_TOPIC": "upcasters.integrations.event_sourcing:UpcastingMapper",
            "PERSISTENCE_MODULE": "eventsourcing.popo",
        }
    )


def old_event(application: Application[UUID], account: Account, state: str, topic: str = GONE) -> None:
    """An event as an old release stored it, under a class that no longer exists."""
    application.recorder.insert_events(
        [
            StoredEvent(
                originator_id=account.id, originator_version=account.version + 1, topic=topic, state=state.encode()
            )
        ]
    )


def test_an_event_of_a_deleted_class_is_read(
    application: Application[UUID], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAL_BUNDLE", str(tmp_path / "chains.json"))
    monkeypatch.setattr(Account.Deposited, "class_version", 3, raising=False)  # type: ignore[attr-defined]
    account = Account("Ann", 100)
    application.save(account)
    stamp = '{"_type_": "datetime_iso", "_data_": "2024-01-01T00:00:00+00:00"}'
    old_event(application, account, '{"timestamp": ' + stamp + ', "amount": 5}')
    again: Account = application.repository.get(account.id)
    assert again.balance_cents == 600
    assert again.owner == "Ann"


def test_faults_are_not_swallowed(
    application: Application[UUID], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAL_BUNDLE", str(tmp_path / "chains.json"))
    account = Account("Ann", 100)
    application.save(account)
    old_event(application, account, '{"amount": "much"}')
    with pytest.raises(UpcastFailed, match="/amount") as failed:
        application.repository.get(account.id)
    assert failed.value.__notes__ == [f"aggregate {account.id}, version 2"]


def test_an_event_of_an_aggregate_cannot_be_dropped(
    application: Application[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    step = read({"upcast": 1, "subject": TOPIC, "from": 1, "to": 2, "ops": [{"drop_event": {"when": "cents == 0"}}]})
    monkeypatch.setattr(UpcastingMapper, "chains", {(TOPIC, 1): Chain.up([step])})
    account = Account("Ann", 100)
    application.save(account)
    old_event(application, account, '{"cents": 0}', TOPIC)
    with pytest.raises(UpcastersError, match="splits or drops an event"):
        application.repository.get(account.id)


def test_an_event_newer_than_the_code_is_refused(
    application: Application[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UpcastingMapper, "chains", {("x", 1): Chain("x", 1)})
    account = Account("Ann", 100)
    application.save(account)
    old_event(application, account, '{"class_version": 9, "cents": 1}', TOPIC)
    with pytest.raises(UpcastersError, match="newer than this code"):
        application.repository.get(account.id)


def test_a_version_that_nothing_leads_from_is_named(
    application: Application[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UpcastingMapper, "chains", {("x", 1): Chain("x", 1)})
    monkeypatch.setattr(Account.Deposited, "class_version", 2, raising=False)  # type: ignore[attr-defined]
    account = Account("Ann", 100)
    application.save(account)
    old_event(application, account, '{"cents": 1}', TOPIC)
    with pytest.raises(UpcastersError, match=r"v1: no chain leads to v2.* has no upcast_v1_v2"):
        application.repository.get(account.id)


def test_a_snapshot_is_the_state_of_an_aggregate_and_is_upcast_as_such(
    application: Application[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = f"{__name__}:Account"
    scale = {"at": "/balance", "to": "balance_cents", "by": 100, "rounding": "exact", "result": "int64"}
    step = read({"upcast": 1, "subject": topic, "from": 1, "to": 2, "ops": [{"scale": scale}]})
    monkeypatch.setattr(UpcastingMapper, "chains", {(topic, 1): Chain.up([step])})
    monkeypatch.setattr(Account, "class_version", 2, raising=False)
    account = Account("Ann", 100)
    stamp = '{"_type_": "datetime_iso", "_data_": "2024-01-01T00:00:00+00:00"}'
    state = f'{{"timestamp": {stamp}, "topic": "{topic}", "state": {{"owner": "Ann", "balance": 7, '
    state += f'"_created_on": {stamp}, "_modified_on": {stamp}}}}}'
    stored = StoredEvent(account.id, 1, "eventsourcing.domain:Aggregate.Snapshot", state.encode())
    snapshot: Any = application.mapper.to_domain_event(stored)
    restored = snapshot.mutate(None)
    assert (restored.owner, restored.balance_cents) == ("Ann", 700)
