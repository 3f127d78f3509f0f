"""The protocol as tables: every file in ``cases`` is a list of requests against one empty registry.

A step is ``METHOD path``, optionally ``send`` (JSON), ``raw`` (text) and ``headers``; ``status`` defaults to 200.
``body`` must be equal, ``has`` must be contained (lists have one length),
``code`` is the error code, ``message`` a part of the message.
A file that needs other settings is ``settings`` and ``steps``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from litestar import Litestar
from litestar.testing import TestClient

from registry.http.app import create_app
from registry.settings import load

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, database: str) -> None:
    case = yaml.safe_load(path.read_text("utf-8"))
    settings, steps = ({}, case) if isinstance(case, list) else (case["settings"], case["steps"])
    with TestClient(create_app(load({}, database=database, **settings))) as client:
        for number, step in enumerate(steps, 1):
            _run(client, step, f"{path.name}, step {number}: {step['do']}")


def _run(client: TestClient[Litestar], step: dict[str, Any], where: str) -> None:
    unknown = step.keys() - {"do", "send", "raw", "headers", "status", "body", "has", "code", "message", "type"}
    assert not unknown, f"{where}: {unknown}"
    method, address = step["do"].split(" ", 1)
    sent = {"content": step["raw"].encode()} if "raw" in step else {"json": step["send"]} if "send" in step else {}
    answer = client.request(method, address, headers=step.get("headers"), **sent)
    status = step.get("status", int(str(step["code"])[:3]) if "code" in step else 200)
    assert answer.status_code == status, f"{where}: {answer.status_code} {answer.text}"
    if "type" in step:
        assert answer.headers["content-type"] == step["type"], where
    if "code" in step:
        assert answer.json()["error_code"] == step["code"], f"{where}: {answer.text}"
    if "message" in step:
        assert step["message"] in answer.json()["message"], f"{where}: {answer.text}"
    if "body" in step:
        assert answer.json() == step["body"], f"{where}: {answer.text}"
    if "has" in step:
        _contains(answer.json(), step["has"], f"{where}: {json.dumps(answer.json())}")


def _contains(found: Any, wanted: Any, where: str) -> None:
    if isinstance(wanted, dict):
        assert isinstance(found, dict), where
        for key, value in wanted.items():
            assert key in found, f"{where}: no {key}"
            _contains(found[key], value, where)
    elif isinstance(wanted, list):
        assert isinstance(found, list), where
        assert len(found) == len(wanted), where
        for each, expected in zip(found, wanted, strict=True):
            _contains(each, expected, where)
    else:
        assert found == wanted, where


def test_members_stand_in_the_protocols_order(client: TestClient[Litestar]) -> None:
    """Scripts that cut them out of the text look for one after the other."""
    metadata = {"properties": {"a": "b"}}
    sent = {"schema": '"string"', "metadata": metadata, "ruleSet": {"domainRules": [{"name": "r", "type": "CEL"}]}}
    rest = ["guid", "schemaType", "metadata", "ruleSet", "schema", "ts", "deleted"]
    assert list(client.post("/subjects/s/versions", json=sent).json()) == ["id", "version", *rest]
    assert list(client.get("/subjects/s/versions/1").json()) == ["subject", "version", "id", *rest]
    assert list(client.get("/schemas/ids/1?fetchMaxId=true").json()) == ["subject", "version", "id", *rest, "maxId"]
