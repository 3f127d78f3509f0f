"""Confluent's JavaScript client, unmodified, against a server: up and down through three steps (``make stock-js``)."""

from __future__ import annotations

import base64
import io
import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import fastavro
import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "upcasters"))

from test_stock_clients import TICKETS, framed, register, url  # noqa: E402 - they stand in another folder

__all__ = ["url"]

CLIENT = HERE / "node_modules" / "@confluentinc" / "schemaregistry"


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
@pytest.mark.skipif(not CLIENT.exists(), reason="needs Confluent's JavaScript client: make stock-js")
@pytest.mark.parametrize("kind", ["JSON", "AVRO"])
def test_events_go_up_and_down_through_three_steps(url: str, kind: str) -> None:
    schemas, edges, old, new = TICKETS[kind]
    topic = f"js-tickets-{kind.lower()}"
    documents = [
        {"upcast": 1, "subject": f"{topic}-value", "from": source, "to": source + 1, "ops": ops}
        for source, ops in edges
    ]
    ids = register(url, f"{topic}-value", schemas, kind, documents)

    def job(version: int, event: Any, major: str) -> dict[str, str]:
        if kind == "JSON":
            message = framed(ids[version - 1], event)
        else:
            buffer = io.BytesIO()
            fastavro.schemaless_writer(buffer, schemas[version - 1], event)
            message = struct.pack(">bI", 0, ids[version - 1]) + buffer.getvalue()
        return {"url": url, "kind": kind, "topic": topic, "major": major, "message": base64.b64encode(message).decode()}

    jobs = [job(1, old, "4"), job(4, new, "1"), job(2, _second(kind), "4")]
    done = subprocess.run(
        ["node", HERE / "read.cjs"], input=json.dumps(jobs), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [new, old, new]


def _second(kind: str) -> dict[str, Any]:
    """The same event as of version 2."""
    old = TICKETS[kind][2]
    return {("holder" if name == "who" else name): value for name, value in old.items()}
