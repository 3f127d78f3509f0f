"""The rules for values hold in every way a chain runs, and in the bytes of the formats."""

from __future__ import annotations

from typing import Any

import pytest
from test_agreement import same

from compat.definition import Definition, Format
from compat.formats import parse
from registry.upcasting import by_names, shape_of, verify
from upcasters import UpcastFailed
from upcasters.chain import Chain
from upcasters.conformance import native, values
from upcasters.document import read

CASES = [(f"{kind['value']}: {case['name']}", case) for kind in values() for case in kind["cases"]]


def document(case: dict[str, Any]) -> Any:
    tree = {"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": case["ops"], "down": "none"}
    return read(tree | ({"loses": case["loses"]} if "loses" in case else {}))


@pytest.mark.parametrize("mechanism", ["source", "closures", "interpreter"])
@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES if "format" not in case])
def test_values(case: dict[str, Any], mechanism: str) -> None:
    chain = Chain.up([document(case)], mechanism="source" if mechanism == "interpreter" else mechanism)
    run = chain.interpret if mechanism == "interpreter" else chain
    given = native(case["in"])
    if "error" in case:
        with pytest.raises(UpcastFailed) as caught:
            run(given)
        assert caught.value.place == case["error"]
        return
    result, wanted = run(given), native(case["out"])
    assert same(result, wanted)
    assert _told(result) == _told(wanted)


def _told(value: Any) -> str:
    """The value with the types of its parts, which equality lets pass: 1 is not 1.0, nor a decimal with fewer zeros."""
    if isinstance(value, dict):
        return repr({name: _told(value[name]) for name in sorted(value)})
    return repr(value)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES if "format" in case])
def test_values_in_the_bytes_of_a_format(case: dict[str, Any]) -> None:
    old, new = (parse(Definition(Format(case["format"]), case[side])) for side in ("old", "new"))
    asked = by_names(document(case), old, new)
    assert verify(asked, old, new).findings == ()
    payload = old.engine.from_json(old.schema, case["in"])
    stored = old.engine.encode(old.schema, payload)
    chain = Chain.up([asked], shape_of(old))
    result = chain(old.engine.decode(old.schema, stored))
    arrived = new.engine.decode(new.schema, new.engine.encode(new.schema, result))
    assert new.engine.to_json(new.schema, arrived) == case["out"]


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_double_that_has_no_text_is_an_event_that_fails(value: float) -> None:
    """As any other: with its place, subject to the policy."""
    ops = [{"convert": {"at": "/a", "using": "number->string"}}]
    chain = Chain.up([read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": ops})])
    with pytest.raises(UpcastFailed, match="has no text as a number") as caught:
        chain({"a": value})
    assert (caught.value.place, caught.value.pointer) == ("/ops/0/convert", "/a")
