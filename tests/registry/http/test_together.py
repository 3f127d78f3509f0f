"""Requests that come together do not wait for each other one by one."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

from litestar import Litestar
from litestar.testing import TestClient

from registry.http.app import create_app
from registry.model import ANONYMOUS
from registry.service import Registry
from tests.patience import eventually

MANY = 40


def figure(client: TestClient[Litestar], name: str) -> float:
    """One of the metrics."""
    lines = client.get("/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))


def test_registrations_that_come_while_one_is_written_share_a_commit(
    registry: Registry, client: TestClient[Litestar]
) -> None:
    """As many as come, not as many as the framework has threads."""

    def register(number: int) -> int:
        schema = json.dumps({"type": "record", "name": f"R{number}", "fields": []})
        found: int = client.post(f"/subjects/s{number}/versions", json={"schema": schema}).json()["id"]
        return found

    count = 'lineal_transaction_seconds_count{kind="write"}'
    with ThreadPoolExecutor(MANY) as threads:
        with registry.store.write(ANONYMOUS):
            ids = [threads.submit(register, number) for number in range(MANY)]
            eventually(lambda: figure(client, "lineal_requests_in_flight") > MANY)
            time.sleep(0.5)  # until the last of them has decided, and waits
            before = figure(client, count)
        assert sorted(each.result() for each in ids) == list(range(1, MANY + 1))
    assert figure(client, count) - before <= 6
    assert registry.upkeep.verify() == []


def test_what_a_handler_depends_on_is_found_one_after_the_other(registry: Registry) -> None:
    """Two at once are two tasks of the framework, which cost more than everything else that it does for a request."""
    for route in create_app(registry=registry).routes:
        for _, model in getattr(route, "route_handler_map", {}).values():
            batches = [{each.key for each in batch} for batch in model.dependency_batches]
            assert all(len(batch) == 1 for batch in batches if batch & {"subject", "present"}), route.path
