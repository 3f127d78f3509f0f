"""How the archives beside this file were made: a bit of everything, told to an older lineal by HTTP.

Each was made by the code of the commit that it names, the last one with that revision of the tables:

    git worktree add --detach ../older COMMIT
    cd ../older && PYTHONPATH=. python .../tests/registry/older/tell.py COMMIT > .../tests/registry/older/REVISION.json

It holds the rows of every table, and what that lineal answered. What it did not know yet was left out: the requests
were answered 404 or 405. The secrets in it are of this purpose alone.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from litestar.testing import TestClient

MONEY = (
    '{ "type" : "record",\n  "name": "Money", "doc": "Beträge \u2013 日本語", '
    '"fields": [{"name": "cents", "type": "long"}] }'
)
ORDER = '{"type":"record","name":"Order","fields":[{"name":"total","type":"Money"}]}'
USES = {"references": [{"name": "Money", "subject": "money", "version": 1}]}
RULE = {"name": "r", "kind": "CONDITION", "type": "CEL", "mode": "WRITE", "expr": "message.a != ''"}
JSON = [
    '{"type":"object","properties":{"id":{"type":"string"}}}',
    '{\n "type": "object",\n "properties": {"id": {"type": "string"}, "n": {"type": "integer", "minimum": 0}}\n}',
]
COMMON = 'syntax = "proto3";\npackage shop;\nmessage Coin { int64 cents = 1; }\n'
PAID = 'syntax = "proto3";\npackage shop;\nimport "coin.proto";\n// Somebody paid.\nmessage Paid { Coin coin = 1; }\n'
RESOURCE = {"resourceName": "t", "resourceNamespace": "n", "resourceId": "i", "resourceType": "topic"}


def cart(*fields: str) -> str:
    return json.dumps(
        {"type": "record", "name": "Cart", "fields": [{"name": name, "type": "string"} for name in fields]}
    )


def step(source: int, old: str, new: str) -> dict[str, Any]:
    ops = [{"rename": {"at": f"/{old}", "to": new}}]
    return {"upcast": 1, "subject": "cart", "from": source, "to": source + 1, "doc": "Names.", "ops": ops}


def tell(client: Any) -> None:
    """Everything that is kept in a table, as far as this lineal knows it."""

    def do(method: str, path: str, body: object = None) -> None:
        answer = client.request(method, path, json=body)
        print(answer.status_code, method, path, answer.text[:120] if answer.status_code >= 400 else "", file=sys.stderr)
        assert answer.status_code < 500, answer.text

    def register(subject: str, schema: str, **more: object) -> None:
        do("POST", f"/subjects/{subject}/versions", {"schema": schema, **more})

    register("money", MONEY, metadata={"properties": {"owner": "treasury"}, "tags": {"Money.cents": ["PII"]}})
    register("order", ORDER, **USES)
    for text in JSON:
        register("parcel", text, schemaType="JSON")
    register("coin", COMMON, schemaType="PROTOBUF")
    coin = {"references": [{"name": "coin.proto", "subject": "coin", "version": 1}]}
    register("paid", PAID, schemaType="PROTOBUF", **coin)
    register("order", '"string"')  # refused
    register(":.shop:basket", cart("id"), metadata={"properties": {"team": "shop"}}, ruleSet={"domainRules": [RULE]})
    do("PUT", "/config/cart", {"compatibility": "NONE", "normalize": True})
    for fields in (("id", "note"), ("cart_id", "note"), ("cart_id", "text"), ("cart_id", "text", "extra")):
        register("cart", cart(*fields))
    for source, old, new in ((1, "id", "cart_id"), (2, "note", "text")):
        do("POST", "/api/v1/subjects/cart/upcasters", {"document": step(source, old, new)})
    do("PUT", "/config/gaps", {"compatibility": "NONE"})
    for field in "abcd":
        register("gaps", cart(field))
    do("DELETE", "/subjects/gaps/versions/2")
    do("DELETE", "/subjects/gaps/versions/2?permanent=true")
    do("DELETE", "/subjects/gaps/versions/3")
    register("gone", cart("gone"))
    do("DELETE", "/subjects/gone")
    do("PUT", "/config", {"compatibility": "FULL"})
    do("PUT", "/config/:.shop:", {"compatibility": "FORWARD_TRANSITIVE"})
    do("PUT", "/config/money", {"compatibility": "BACKWARD", "alias": ""})
    do("DELETE", "/config/money")
    do("PUT", "/mode/parcel", {"mode": "READONLY"})
    do("PUT", "/mode/:.new:", {"mode": "IMPORT"})
    register(":.new:basket", cart("id", "imported"), version=7, id=77)
    reader = {"application": "billing", "build": "1.0", "owner": "team-b"}
    do("POST", "/api/v1/subjects/cart/readers", {**reader, "fields": ["cart_id", "extra?"]})
    do("POST", "/api/v1/subjects/order/readers", {**reader, "versions": {"first": 1, "last": 1}})
    do("POST", "/api/v1/subjects/cart/writers", {"application": "shop", "build": "2", "versions": [3, 4]})
    do("POST", "/api/v1/deployments", {"application": "billing", "build": "1.0", "environment": "production"})
    do("POST", "/api/v1/deployments", {"application": "shop", "build": "2", "environment": "staging"})
    value = {"associationType": "value", "subject": "money", "lifecycle": "WEAK"}
    do("POST", "/associations", {**RESOURCE, "associations": [value]})
    do("POST", "/api/v1/webhooks", {"url": "https://hooks.example.org/", "prefix": "money"})
    do("POST", "/api/v1/keys", {"principal": "ci", "label": "pipeline"})
    do("POST", "/api/v1/grants", {"principal": "ci", "role": "developer", "context": ".", "prefix": "orders."})
    there = {"schema.registry.url": "https://copy.example.org"}
    do("POST", "/exporters", {"name": "copy", "subjects": ["money"], "config": there})
    do("PUT", "/exporters/copy/pause")


QUESTIONS = (
    "/subjects?subjectPrefix=:*:&deleted=true",
    "/schemas?subjectPrefix=:*:&deleted=true",
    "/contexts",
    *(f"/schemas/ids/{number}" for number in range(1, 17)),
    "/schemas/ids/77?subject=:.new:basket",
    *(f"/schemas/ids/{number}/versions?deleted=true" for number in (1, 2)),
    "/subjects/money/versions/1/referencedby",
    "/subjects/gaps/versions?deleted=true",
    *(f"/{what}{scope}" for what in ("config", "mode") for scope in ("", "/cart", "/:.shop:", "/:.new:", "/parcel")),
    *(f"/api/v1/subjects/cart/{what}" for what in ("upcasters", "readers", "writers")),
    "/api/v1/subjects/order/readers",
    "/api/v1/applications/billing",
    "/api/v1/deployments?environment=production",
    "/associations/resources/i",
    "/api/v1/webhooks",
    "/api/v1/keys",
    "/api/v1/grants",
    "/exporters/copy",
)


def answers(client: Any) -> dict[str, Any]:
    """What a lineal says of everything, where it can."""
    found = {question: client.get(question) for question in QUESTIONS}
    return {question: answer.json() for question, answer in found.items() if answer.is_success}


def rows(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')] for name in sorted(tables)}  # noqa: S608


def written(made: dict[str, Any]) -> str:
    """As JSON with a row, or an answer, to a line."""
    tables = [
        f'"{name}": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in found) + "\n]"
        for name, found in made["tables"].items()
    ]
    said = [
        f"{json.dumps(question)}: {json.dumps(answer, ensure_ascii=False)}"
        for question, answer in made["answers"].items()
    ]
    head = f'{{"commit": "{made["commit"]}",\n"answers": {{\n'
    return head + ",\n".join(said) + '\n},\n"tables": {\n' + ",\n".join(tables) + "\n}}"


def main() -> None:
    from registry.http.app import create_app
    from registry.settings import load

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lineal.db"
        environment = {"LINEAL_DATABASE": f"sqlite:///{file}", "LINEAL_SECRET_KEY": "A" * 43 + "="}
        with TestClient(create_app(load(environment))) as client:
            tell(client)
            said = answers(client)
        print(written({"commit": sys.argv[1], "answers": said, "tables": rows(file)}))


if __name__ == "__main__":
    main()
