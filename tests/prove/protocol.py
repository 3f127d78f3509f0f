"""The long run of both interfaces: ``python -m tests.prove.protocol --pairs 2000 --seed 1``.

A pair is some requests to one operation that a node on SQLite and one on PostgreSQL describe (OpenAPI), each sent to
both: drawn as the description allows or, every third seed, as it does not. Half of what they name exists. No answer may
be a 5xx or other than described, and the two databases have to answer alike.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation

from tests.node import running
from tests.postgresql import own_server
from tests.prove import campaign

REQUESTS: Final = 10
OFTEN: Final = 5
"""Pairs after which what may have been deleted is there again."""
DOCUMENTS: Final = ("/openapi/confluent.json", "/openapi/lineal.json")
CONFIGURATION: Final = SchemathesisConfig.from_dict(
    # a text that any JSON string may be need not be a schema, nor a name one that can be; and more is taken than
    # described: numbers in quotes, members that nobody knows
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "404", "409", "422"]},
            "negative_data_rejection": {"enabled": False},
        }
    }
)
SETTINGS: Final = {
    "LINEAL_LIMIT_WAIT_SECONDS": "0.1",
    "LINEAL_EXPORTERS": "false",
    "LINEAL_SECRET_KEY": "A" * 43 + "=",
}
"""Exporters are described, and copy nothing."""
RECORD: Final = '{"type":"record","name":"A","fields":[{"name":"x","type":"int"}]}'
WIDER: Final = '{"type":"record","name":"A","fields":[{"name":"x","type":"int"},{"name":"y","type":"int","default":0}]}'
SCHEMAS: Final = (
    ("AVRO", RECORD),
    ("AVRO", WIDER),
    ("AVRO", '"string"'),
    ("JSON", '{"type":"object","properties":{"x":{"type":"integer"}}}'),
    ("PROTOBUF", 'syntax = "proto3"; message M { int32 x = 1; }'),
)
LIKELY: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("orders", "a/b", ":.shop:orders", ":.shop:", "json", "old"),
    "number": ("1", "2", "latest", "-1"),
    "identifier": ("topic-1",),
    "namespace": ("-", "cluster"),
    "exporter": ("e",),
    "subject": ("orders", ":.shop:", "old"),
    "subjectPrefix": (":*:", ":.shop:", "o"),
    "format": ("resolved", "serialized", "ignore_extensions"),
    "compatibility": ("NONE", "FULL", "BACKWARD_TRANSITIVE"),
    "mode": ("READWRITE", "READONLY", "IMPORT"),
    "lifecycle": ("STRONG", "WEAK"),
    "associationType": ("value", "key"),
    "resourceId": ("topic-1",),
    "resourceName": ("orders",),
    "resourceNamespace": ("cluster",),
}
"""What parameters and members of bodies may name so that there is something to answer."""
VOLATILE: Final = frozenset({"ts", "guid", "log"})
"""What differs from one registry to the next."""


@dataclass(frozen=True)
class Run:
    """The nodes, and what they say that they can be asked."""

    urls: tuple[str, str]
    operations: tuple[APIOperation[Any, Any, Any, Any], ...]

    def judge(self, number: int, counts: Counter[str]) -> list[str]:
        """Some requests to one operation; what is wrong with the answers."""
        self._prepare(number)
        operation = self.operations[number % len(self.operations)]
        mode = GenerationMode.NEGATIVE if number % 3 == 2 else GenerationMode.POSITIVE
        problems: list[str] = []

        @seed(number)
        @settings(
            max_examples=REQUESTS,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        def ask(case: Case[Any], data: st.DataObject) -> None:
            _name_what_exists(case, data)
            answers = [case.call(base_url=url) for url in self.urls]
            counts[f"rule {operation.label}"] += 1
            counts[f"answered {answers[0].status_code}"] += 1
            problems.extend(_wrong(case, answers))

        try:
            ask()
        except Unsatisfiable:  # an operation without parameters cannot be asked wrongly
            counts["nothing to ask"] += 1
        return problems[:1]

    def _prepare(self, number: int) -> None:
        """Everything can be changed, and once in a while, there is something to ask about."""
        for url in self.urls:
            with httpx.Client(base_url=url, timeout=30) as client:
                for mode in ("/mode/:.__GLOBAL:", "/mode", "/mode/:.shop:"):
                    client.delete(mode, params={"recursive": "true"})
                if number % OFTEN:
                    continue
                for name, (kind, text) in zip(("orders", "a%2Fb", ":.shop:orders", "json"), SCHEMAS, strict=False):
                    client.post(f"/subjects/{name}/versions?force=true", json={"schema": text, "schemaType": kind})
                client.put("/config/old", json={"alias": "orders"})


def _name_what_exists(case: Case[Any], data: st.DataObject) -> None:
    """Put what is likely there in place of some of what was drawn."""
    for values in (case.path_parameters, case.query, case.body):
        if not isinstance(values, dict):
            continue
        for name in sorted(values.keys() & LIKELY.keys()):
            if data.draw(st.booleans()):
                values[name] = data.draw(st.sampled_from(LIKELY[name]))
        if isinstance(values.get("schema"), str) and data.draw(st.booleans()):
            values["schemaType"], values["schema"] = data.draw(st.sampled_from(SCHEMAS))


def _wrong(case: Case[Any], answers: list[Response]) -> Iterator[str]:
    for answer in answers:
        try:
            case.validate_response(answer)
        except FailureGroup as group:
            yield str(group)
    one, other = map(_told, answers)
    if one != other:
        yield f"SQLite and PostgreSQL differ: {one} and {other}\n{case.as_curl_command()}"


def _told(answer: Response) -> tuple[int, Any]:
    """The part of an answer that is the same on every database."""
    if "schemaregistry" not in str(answer.headers.get("content-type")):
        return answer.status_code, None
    return answer.status_code, _lasting(answer.json()) if answer.text else None


def _lasting(found: Any) -> Any:
    match found:
        case dict():
            return {name: _lasting(value) for name, value in found.items() if name not in VOLATILE}
        case list():
            return [_lasting(value) for value in found]
        case _:
            return found


def _is_asked(operation: APIOperation[Any, Any, Any, Any]) -> bool:
    """Not the stream, which has no end, nor what would have events sent to anybody who is named."""
    return not (operation.path.endswith("/stream") or operation.path.startswith("/api/v1/webhooks"))


def main() -> int:
    """Exit status 1 where an answer was wrong."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(own_server())
        databases = (f"sqlite:///{folder / 'lineal.db'}", server.get_uri())
        first, second = (stack.enter_context(running(each, folder, **SETTINGS)) for each in databases)
        described = [schemathesis.openapi.from_url(first + path, config=CONFIGURATION) for path in DOCUMENTS]
        results = [result for document in described for result in document.get_all_operations()]
        assert all(isinstance(result, Ok) for result in results), "a description cannot be read"
        found = [result.ok() for result in results if isinstance(result, Ok)]
        run = Run((first, second), tuple(filter(_is_asked, found)))
        labels = {operation.label for operation in run.operations}
        return campaign.run("protocol", __doc__, run.judge, labels)


if __name__ == "__main__":
    sys.exit(main())
