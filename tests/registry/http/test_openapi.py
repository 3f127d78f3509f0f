"""Both interfaces keep what their OpenAPI documents say, whatever is sent: every check of schemathesis."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from litestar import Litestar
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup

from registry.http.app import create_app
from registry.settings import load

EXAMPLES = 12
CONFIGURATION = SchemathesisConfig.from_dict(
    # a text that any JSON string is allowed to be need not be a schema, nor a name one that can be
    {"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "400", "404", "409", "422"]}}}
)
OPERATIONS = {"/openapi/confluent.json": 39, "/openapi/lineal.json": 30}
"""How many operations each document has at least: an empty document would keep every promise."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    return create_app(
        load({}, database=f"sqlite:///{tmp_path_factory.mktemp('openapi') / 'lineal.db'}", limit_wait_seconds=0.1)
    )


@pytest.mark.parametrize("document", OPERATIONS)
def test_every_answer_is_as_described(app: Litestar, document: str) -> None:
    schema = schemathesis.openapi.from_asgi(document, app, config=CONFIGURATION)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) >= OPERATIONS[document]
    failures: dict[str, str] = {}
    for operation in operations:
        if operation.path.endswith("/stream"):  # without end
            continue

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def keeps_its_word(case: schemathesis.Case) -> None:
            case.call_and_validate()

        try:
            keeps_its_word()
        except FailureGroup as group:
            failures[operation.label] = str(group)
    assert not failures, "\n\n".join(f"{label}\n{error}" for label, error in failures.items())
