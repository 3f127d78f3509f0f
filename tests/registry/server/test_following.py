"""A replica in a process of its own: copies, answers while the primary is away, catches up."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from compat.definition import Format
from registry.access.roles import grant
from registry.model import Content, Subject
from registry.service import Registry
from registry.settings import load
from tests.patience import eventually

Start = Callable[..., Any]


def schema(number: int) -> dict[str, str]:
    return {"schema": f'{{"type":"record","name":"R{number}","fields":[]}}'}


def log(url: str) -> Any:
    return httpx.get(f"{url}/api/v1/log", params={"limit": 1_000}).json()


def standing(url: str) -> Any:
    return httpx.get(f"{url}/api/v1/standing").json()


def test_a_replica_answers_when_the_primary_is_away(start: Start, tmp_path: Path) -> None:
    here, there = f"sqlite:///{tmp_path / 'primary.db'}", f"sqlite:///{tmp_path / 'replica.db'}"
    primary = start(here)
    with httpx.Client(base_url=primary.url) as http:
        for number in range(5):
            http.post("/subjects/:.shop:a/versions", json=schema(number) if number == 0 else schema(0))
            http.post(f"/subjects/s{number}/versions", json=schema(number)).raise_for_status()
        http.delete("/subjects/s1").raise_for_status()
        http.put("/config/s2", json={"compatibility": "FULL"}).raise_for_status()
    replica = start(there, LINEAL_FOLLOW=primary.url, LINEAL_LEASE_SECONDS="1")
    eventually(lambda: standing(replica.url)["position"] == log(primary.url)["position"])
    assert log(replica.url) == log(primary.url)
    assert (standing(replica.url)["role"], standing(replica.url)["lag"]) == ("replica", 0)
    assert standing(primary.url)["role"] == "primary"

    with httpx.Client(base_url=replica.url) as http:
        refused = http.post("/subjects/new/versions", json=schema(9))
        assert (refused.status_code, refused.json()["error_code"]) == (422, 42205)
        assert primary.url in refused.json()["message"]
        for path in ("/config/s2", "/mode/s2"):
            assert http.put(path, json={"compatibility": "NONE", "mode": "READONLY"}).json()["error_code"] == 42205
        assert http.delete("/subjects/s2").json()["error_code"] == 42205
        assert http.post("/subjects/s0/versions", json=schema(0)).json()["id"] == 1, "what is known has its id"

    httpx.post(f"{primary.url}/subjects/late/versions", json=schema(7)).raise_for_status()
    eventually(lambda: httpx.get(f"{replica.url}/subjects/late/versions/latest").is_success)
    primary.kill()
    assert httpx.get(f"{replica.url}/subjects/s0/versions/1").json()["id"] == 1
    assert "s1" in httpx.get(f"{replica.url}/subjects", params={"deleted": "true"}).json()
    eventually(lambda: "does not answer" in (standing(replica.url)["error"] or ""))
    replica.kill()

    back = start(here)
    httpx.post(f"{back.url}/subjects/later/versions", json=schema(8)).raise_for_status()
    again = start(there, LINEAL_FOLLOW=back.url, LINEAL_LEASE_SECONDS="1")
    eventually(lambda: httpx.get(f"{again.url}/subjects/later/versions/latest").is_success)
    assert log(again.url) == log(back.url)
    again.stop()
    with_replica = Registry.open(load({}, database=there))
    try:
        assert with_replica.upkeep.verify() == []
    finally:
        with_replica.close()


@pytest.mark.postgresql
def test_replicas_of_one_database_take_over_from_each_other_and_outlast_their_primary(
    start: Start, tmp_path: Path, postgresql: str
) -> None:
    """Whichever of them follows when it is killed; and a primary that comes back is followed without a restart."""
    here = f"sqlite:///{tmp_path / 'primary.db'}"
    primary = start(here)

    def registered(number: int) -> Callable[[], bool]:
        httpx.post(f"{primary.url}/subjects/s{number}/versions", json=schema(number)).raise_for_status()
        return lambda: all(httpx.get(f"{replica.url}/subjects/s{number}/versions/1").is_success for replica in replicas)

    follow = {"LINEAL_FOLLOW": primary.url, "LINEAL_LEASE_SECONDS": "1"}
    replicas = [start(postgresql, **follow), start(postgresql, **follow)]
    eventually(registered(0))
    for number in (1, 2):
        replicas.pop(0).kill()
        eventually(registered(number))
        replicas.append(start(postgresql, **follow))
    primary.kill()
    eventually(lambda: "does not answer" in (standing(replicas[0].url)["error"] or ""))
    assert all(httpx.get(f"{replica.url}/subjects").json() == ["s0", "s1", "s2"] for replica in replicas)
    primary = start(here, port=int(primary.url.rsplit(":", 1)[1]))
    eventually(registered(3))
    assert [standing(replica.url)["error"] for replica in replicas] == [None, None]
    assert log(replicas[0].url) == log(primary.url)


def test_a_replica_shows_the_token_that_is_in_its_file_now(start: Start, tmp_path: Path) -> None:
    here, file = f"sqlite:///{tmp_path / 'primary.db'}", tmp_path / "token"
    registry = Registry.open(load({}, database=here))
    registry.permissions.give(grant("replica", "admin"))
    first, second = (registry.permissions.create_key("replica") for _ in range(2))
    primary = start(here, LINEAL_ACCESS="on")
    file.write_text(f"{first.text}\n", "utf-8")
    follow = {"LINEAL_FOLLOW": primary.url, "LINEAL_FOLLOW_TOKEN_FILE": str(file)}
    replica = start(f"sqlite:///{tmp_path / 'replica.db'}", **follow)
    eventually(lambda: standing(replica.url)["position"] == registry.catalog.position())
    registry.permissions.revoke_key(first.stored.id)
    registry.close()
    eventually(lambda: "answered 401" in (standing(replica.url)["error"] or ""))
    file.write_text(f"{second.text}\n", "utf-8")
    eventually(lambda: standing(replica.url)["error"] is None, lambda: standing(replica.url))


def test_a_primary_that_has_gone_back_is_not_followed_in_silence(start: Start, tmp_path: Path) -> None:
    """As after its database was restored from an older backup, or a standby took over that was behind."""
    file = tmp_path / "primary.db"
    primary = start(f"sqlite:///{file}")
    for number in range(3):
        httpx.post(f"{primary.url}/subjects/s{number}/versions", json=schema(number)).raise_for_status()
    replica = start(f"sqlite:///{tmp_path / 'replica.db'}", LINEAL_FOLLOW=primary.url, LINEAL_LEASE_SECONDS="1")
    eventually(lambda: standing(replica.url)["position"] == 3)
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM log WHERE position > 2")
        connection.execute("UPDATE head SET position = 2")
    connection.close()
    eventually(lambda: "ends at 2 and this copy at 3" in (standing(replica.url)["error"] or ""))
    httpx.get(f"{replica.url}/subjects/s2/versions/1").raise_for_status()
    for number in (7, 8):
        httpx.put(f"{primary.url}/config/other{number}", json={"compatibility": "NONE"}).raise_for_status()
    eventually(lambda: "holds another log" in (standing(replica.url)["error"] or ""))
    assert standing(replica.url)["position"] == 3, "nothing of another log is added"


def test_another_log_is_not_followed(start: Start, tmp_path: Path) -> None:
    primary = start(f"sqlite:///{tmp_path / 'one.db'}")
    httpx.post(f"{primary.url}/subjects/s/versions", json=schema(1)).raise_for_status()
    other = Registry.open(load({}, database=f"sqlite:///{tmp_path / 'two.db'}"))
    other.registration.register(Subject.parse("s"), Content(Format.AVRO, schema(2)["schema"]))
    other.close()
    replica = start(f"sqlite:///{tmp_path / 'two.db'}", LINEAL_FOLLOW=primary.url, LINEAL_LEASE_SECONDS="1")
    eventually(lambda: "holds another log" in (standing(replica.url)["error"] or ""))
    assert len(log(replica.url)["lines"]) == 1
