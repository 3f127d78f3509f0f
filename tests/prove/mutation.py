"""Mutation testing of the engines: do the cases and quick laws notice when the code is wrong?

``python -m tests.prove.mutation avro --sample 200 --seed 1`` draws faults (``faults.py``) from the files that make the
engine's verdicts, runs its tests once per fault, and prints the score and every fault that no test noticed. The faulty
module lives in a forked process alone: packages and tests are copied first, and the working tree is never touched.

What was found stands in ``var/mutation`` and is not done again, except that survivors get another chance, so that a run
can be broken off and taken up, and stronger tests are seen at once.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import hashlib
import importlib
import importlib.util
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType

import pytest
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.prove.faults import places, with_fault

ROOT = Path(__file__).resolve().parents[2]
ENGINES = ("avro", "protobuf", "json_schema")
OTHERS = {
    "avro": {"json_form", "outline", "payload", "sample", "text", "wording"},
    "protobuf": {
        "canonical",
        "outline",
        "payload",
        "pool",
        "printer",
        "protoc",
        "samples",
        "source",
        "words",
        "worker",
    },
    "json_schema": {"outline", "samples", "text"},
}
"""Modules that take no part in a verdict."""
SLOW = {"test_hostile.py", "test_lsst.py", "test_histories.py", "test_corpus.py", "test_worker.py"}
OUTPUT = "output.txt"
FIRST = ("test_cases.py", "test_resolution.py", "test_compare.py", "test_matrix.py", "test_laws.py")
"""Tests that notice most in the shortest time."""
WARM = (
    "fastavro", "avro.schema", "google.protobuf.json_format", "grpc_tools", "jsonschema", "jsonschema_rs",
    "msgspec", "referencing",
)  # fmt: skip
"""Packages that are none of ours and need not be read anew for each fault."""


@dataclass(frozen=True)
class Trial:
    """One fault and whether the tests noticed it."""

    file: str
    digest: str
    target: int
    made: str
    noticed: bool
    seconds: float

    @property
    def key(self) -> tuple[str, str, int]:
        return self.file, self.digest, self.target


class _Quick:
    """Fewer examples of each property: a fault that matters shows soon, and what survives has met them all."""

    def pytest_configure(self) -> None:
        from hypothesis import settings

        settings.register_profile("quick", max_examples=30, deadline=None)
        settings.load_profile("quick")


class _Faulty(SourceFileLoader):
    """Loads one module from a tree in place of its file."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - the loader's protocol
        return compile(self._tree, self.path, "exec", dont_inherit=True)

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)


def files_of(engine: str) -> list[str]:
    found = sorted((ROOT / "compat" / engine).rglob("*.py"))
    return [path.relative_to(ROOT).as_posix() for path in found if path.stem not in OTHERS[engine]]


def tests_of(engine: str) -> list[str]:
    names = [p.name for p in (ROOT / "tests" / "compat" / engine).glob("test_*.py") if p.name not in SLOW]
    return [f"tests/compat/{engine}/{name}" for name in sorted(names, key=lambda n: (n not in FIRST, n))]


def notices(folder: Path, tests: Sequence[str], seconds: float, fault: tuple[str, ast.Module] | None) -> bool:
    """Whether the tests fail (or run too long) in a process of their own with this fault."""
    child = os.fork()
    if child == 0:
        os.setsid()
        status = 99
        try:
            status = _run(folder, tests, fault)
        except BaseException:  # noqa: BLE001 - whatever it is, it is this fault's result
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    deadline = time.monotonic() + seconds
    status = None
    while status is None and time.monotonic() < deadline:
        done, code = os.waitpid(child, os.WNOHANG)
        status = code if done else None
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # the tests' own helpers too
    if status is None:
        os.waitpid(child, 0)
    return status != 0


def _run(folder: Path, tests: Sequence[str], fault: tuple[str, ast.Module] | None) -> int:
    os.chdir(folder)
    sys.path[:] = [str(folder), *(each for each in sys.path if Path(each or ".").resolve() != ROOT)]
    for name in [each for each in sys.modules if each.partition(".")[0] == "tests"]:
        del sys.modules[name]
    if fault is not None:
        file, tree = fault
        sys.dont_write_bytecode = True
        name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        sys.meta_path.insert(0, _Faulty(name, str(folder / file), tree))
    output = os.open(folder / OUTPUT, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    with tempfile.TemporaryDirectory() as own:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = own  # what one fault taught must not help with another
        options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", f"--basetemp={own}/pytest"]
        return int(pytest.main([*options, *tests], plugins=[_Quick()]))


@contextlib.contextmanager
def copied() -> Iterator[Path]:
    """A temporary folder with the packages and tests as they are now."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("compat", "tests"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        yield folder


def drawn(folder: Path, files: Sequence[str], sample: int, seed: int) -> list[tuple[str, int]]:
    """So many faults of all files, in an order that the seed decides: a run cut short is a smaller sample."""
    every = [(file, target) for file in files for target in range(places((folder / file).read_text(encoding="utf-8")))]
    return random.Random(seed).sample(every, min(sample, len(every)))


def known(path: Path) -> dict[tuple[str, str, int], Trial]:
    """What earlier runs found and still holds: faults of the same source that were noticed."""
    if not path.exists():
        return {}
    trials = [Trial(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    return {trial.key: trial for trial in trials if trial.noticed}


def trials(engine: str, sample: int, seed: int, seconds: float) -> Iterator[Trial]:
    """Tries the faults until the time is up. Raises RuntimeError if the tests fail without any."""
    record = ROOT / "var" / "mutation" / f"{engine}.jsonl"
    record.parent.mkdir(parents=True, exist_ok=True)
    before, end = known(record), time.monotonic() + seconds
    for name in WARM:
        importlib.import_module(name)
    with copied() as folder, record.open("a", encoding="utf-8") as log:
        tests = tests_of(engine)
        start = time.monotonic()
        if notices(folder, tests, 900, None):
            said = (folder / OUTPUT).read_text(encoding="utf-8")
            raise RuntimeError(f"the tests of {engine} fail without any fault:\n{said[-3000:]}")
        patience = 30 + 4 * (time.monotonic() - start)
        for file, target in drawn(folder, files_of(engine), sample, seed):
            if time.monotonic() > end:
                return
            source = (folder / file).read_text(encoding="utf-8")
            digest = hashlib.sha256(source.encode()).hexdigest()[:16]
            if (trial := before.get((file, digest, target))) is None:
                start = time.monotonic()
                tree, made = with_fault(source, target)
                noticed = notices(folder, tests, patience, (file, tree))
                trial = Trial(file, digest, target, made, noticed, round(time.monotonic() - start, 2))
                log.write(json.dumps(asdict(trial)) + "\n")
                log.flush()
            yield trial


def main() -> int:
    """Print the survivors and the score of each engine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engines", nargs="*", choices=[*ENGINES, []], help="all where none is named")
    parser.add_argument("--sample", type=int, default=200, help="faults per engine")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=30, help="time for one engine")
    options = parser.parse_args()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[kept]} survived"),
    )
    for engine in options.engines or ENGINES:
        done: list[Trial] = []
        with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn()) as progress:
            task = progress.add_task(engine, total=options.sample, kept=0)
            for trial in trials(engine, options.sample, options.seed, options.minutes * 60):
                done.append(trial)
                progress.update(task, advance=1, kept=sum(not each.noticed for each in done))
        report(engine, done)
    return 0


def report(engine: str, done: Sequence[Trial]) -> None:
    """Per file what was noticed, then what was not."""
    for file in sorted({trial.file for trial in done}):
        here = [trial for trial in done if trial.file == file]
        print(f"{file:40} {sum(trial.noticed for trial in here):4} of {len(here):4} faults noticed")
    for trial in sorted((t for t in done if not t.noticed), key=lambda t: (t.file, t.made)):
        print(f"survived: {trial.file} {trial.made}")
    noticed = sum(trial.noticed for trial in done)
    print(f"{engine}: score {100 * noticed / max(len(done), 1):.1f} % of {len(done)} faults, "
          f"{sum(trial.seconds for trial in done):,.0f} s of trials", flush=True)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
