"""Mutation testing of the engines: do the cases and quick laws notice when the code is wrong?

``python -m tests.prove.mutation avro --sample 200 --seed 1`` draws faults (``faults.py``) from the files that make the
engine's verdicts, runs for each the tests that can notice it (``trials.py``), and prints the score and every fault that
no test noticed. Packages and tests are copied first: the working tree is never touched.

What was found stands in ``var/mutation`` and is not done again, except that survivors get another chance, so that a run
can be broken off and taken up, and stronger tests are seen at once. Faults that change nothing anybody could notice
stand in ``equivalent.json``, each with its reason; they are counted apart.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.prove.faults import Fault, every
from tests.prove.trials import QUIET, Trials

ROOT = Path(__file__).resolve().parents[2]
ENGINES = ("avro", "protobuf", "json_schema")
OTHERS = {
    "avro": {"decode", "json_form", "outline", "payload", "projection", "sample", "tags", "text", "wording"},
    "protobuf": {
        "canonical",
        "outline",
        "payload",
        "payload_json",
        "pool",
        "printer",
        "projection",
        "protoc",
        "samples",
        "source",
        "tags",
        "words",
        "worker",
    },
    "json_schema": {"outline", "projection", "samples", "tags", "text"},
}
"""Modules that take no part in a verdict."""
SLOW = {"test_lsst.py", "test_histories.py", "test_corpus.py", "test_worker.py"}
"""Tests of real histories, which stand beside the checkout, and of protoc's process."""
EQUIVALENT = Path(__file__).with_name("equivalent.json")


@dataclass(frozen=True)
class Trial:
    """One fault and the test that noticed it, if one did."""

    file: str
    digest: str
    number: int
    function: str
    line: int
    text: str
    """The line of the source."""
    what: str
    noticed: str
    seconds: float

    @property
    def key(self) -> tuple[str, str, int]:
        return self.file, self.digest, self.number

    @property
    def known_as(self) -> tuple[str, str, str, str]:
        """What names the fault when lines have moved."""
        return self.file, self.function, self.text, self.what


def files_of(engine: str) -> list[str]:
    found = sorted((ROOT / "compat" / engine).rglob("*.py"))
    return [path.relative_to(ROOT).as_posix() for path in found if path.stem not in OTHERS[engine]]


def tests_of(engine: str) -> list[str]:
    found = sorted((ROOT / "tests" / "compat" / engine).glob("test_*.py"))
    return [path.relative_to(ROOT).as_posix() for path in found if path.name not in SLOW]


@contextlib.contextmanager
def copied() -> Iterator[Path]:
    """A temporary folder with the packages and tests as they are now."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        for part in ("compat", "tests"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        yield folder


def drawn(sources: Mapping[str, str], sample: int, seed: int) -> list[tuple[str, Fault]]:
    """So many faults of all files, in an order that the seed decides: a run cut short is a smaller sample.

    Each fault has its place in that order by itself, so an edit elsewhere changes no sample.
    """

    def place(each: tuple[str, Fault]) -> bytes:
        file, fault = each
        line = sources[file].splitlines()[fault.line - 1].strip()
        return hashlib.sha256(repr((seed, file, fault.function, line, fault.what)).encode()).digest()

    return sorted(((file, fault) for file in sources for fault in every(sources[file])), key=place)[:sample]


def known(path: Path) -> dict[tuple[str, str, int], Trial]:
    """What earlier runs found and still holds: faults of the same source that were noticed."""
    if not path.exists():
        return {}
    trials = [Trial(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    return {trial.key: trial for trial in trials if trial.noticed}


def equivalents() -> dict[tuple[str, str, str, str], str]:
    """The faults that nobody could notice, with the reason."""
    rows = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    return {(row["file"], row["function"], row["line"], row["fault"]): row["reason"] for row in rows}


def run(engine: str, folder: Path, options: argparse.Namespace) -> None:
    """Try the faults of one engine until the time is up, and print what came of it."""
    sources = {file: (folder / file).read_text(encoding="utf-8") for file in files_of(engine)}
    record = ROOT / "var" / "mutation" / f"{engine}.jsonl"
    record.parent.mkdir(parents=True, exist_ok=True)
    before, faults, done = known(record), drawn(sources, options.sample, options.seed), list[Trial]()

    def work(trials: Trials) -> None:
        end = time.monotonic() + options.minutes * 60
        with record.open("a", encoding="utf-8") as log, progress() as bar:
            task = bar.add_task(engine, total=len(faults), kept=0)
            for file, fault in faults:
                if time.monotonic() > end:
                    return
                trial = _tried(trials, before, file, sources[file], fault)
                log.write(json.dumps(asdict(trial)) + "\n")
                log.flush()
                done.append(trial)
                bar.update(task, advance=1, kept=sum(not each.noticed for each in done))

    os.chdir(folder)
    sys.path[:] = [str(folder), *(each for each in sys.path if Path(each or ".").resolve() != ROOT)]
    for name in [each for each in sys.modules if each.partition(".")[0] in {"tests", "compat"}]:
        del sys.modules[name]
    tests = [each for each in tests_of(engine) if not options.tests or Path(each).stem in options.tests]
    pytest.main([*QUIET, *tests], plugins=[Trials(folder, folder / "compat" / engine, work)])
    report(engine, done)


def _tried(trials: Trials, before: Mapping[tuple[str, str, int], Trial], file: str, source: str, fault: Fault) -> Trial:
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    if (trial := before.get((file, digest, fault.number))) is not None:
        return trial
    start = time.monotonic()
    noticed = trials.noticed(file, source, fault)
    seconds = round(time.monotonic() - start, 2)
    text = source.splitlines()[fault.line - 1].strip()
    return Trial(file, digest, fault.number, fault.function, fault.line, text, fault.what, noticed, seconds)


def progress() -> Progress:
    """A bar for a terminal."""
    kept = TextColumn("{task.fields[kept]} survived")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), kept)
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), disable=not sys.stdout.isatty())


def report(engine: str, done: Sequence[Trial]) -> None:
    """Per file what was noticed, then what was not."""
    same = equivalents()
    counted = [trial for trial in done if trial.noticed or trial.known_as not in same]
    for file in sorted({trial.file for trial in counted}):
        here = [trial for trial in counted if trial.file == file]
        print(f"{file:40} {sum(bool(trial.noticed) for trial in here):4} of {len(here):4} faults noticed")
    for trial in sorted((t for t in counted if not t.noticed), key=lambda t: (t.file, t.line)):
        print(f"survived: {trial.file}:{trial.line} {trial.what}")
    noticed = sum(bool(trial.noticed) for trial in counted)
    print(f"{engine}: score {100 * noticed / max(len(counted), 1):.1f} % of {len(counted)} faults, "
          f"{len(done) - len(counted)} equivalent ones apart, {sum(each.seconds for each in done):,.0f} s of trials",
          flush=True)  # fmt: skip


def main() -> int:
    """Print the survivors and the score of each engine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engines", nargs="*", choices=[*ENGINES, []], help="all where none is named")
    parser.add_argument("--sample", type=int, default=200, help="faults per engine")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--tests", nargs="*", help="only the tests of these files (test_cases): the score is a lower bound"
    )
    parser.add_argument("--minutes", type=float, default=30, help="time for one engine")
    options = parser.parse_args()
    failed = False
    for engine in options.engines or ENGINES:
        child = os.fork()  # an engine's modules are loaded from a copy, and only once
        if child == 0:
            with copied() as folder:
                run(engine, folder, options)
            os._exit(0)
        failed |= os.waitpid(child, 0)[1] != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
