"""A long run of laws over generated pairs: seeds in order, progress, a record to take it up again, and the figures."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeAlias

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

ROOT = Path(__file__).resolve().parents[2]
EVERY = 500
"""Pairs after which a line is printed where there is no terminal to draw on, and the record is written."""
TOO_MANY = 20

Judge: TypeAlias = "Callable[[int, Counter[str]], list[str]]"
"""Judges the pair of a seed, counting as it likes, and says what is wrong."""


@dataclass
class Record:
    """How far a run has come. Its pairs are ``first`` to ``first + done - 1``."""

    first: int
    done: int = 0
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def run(name: str, describe: str | None, judge: Judge, rules: Collection[str]) -> int:
    """Run as the command line says, print the figures, and answer with the exit status.

    ``rules`` are all that the pairs should exercise: those that no pair did are printed too, as holes of the generator.
    """
    parser = argparse.ArgumentParser(description=describe)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--seed", "--first", dest="seed", type=int, default=0, help="seed of the first pair")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--resume", action="store_true", help="go on where the run of this seed stopped")
    options = parser.parse_args()
    path = ROOT / "var" / "prove" / f"{name}-{options.seed}.json"
    record = Record(options.seed)
    if options.resume and path.exists():
        record = Record(**json.loads(path.read_text(encoding="utf-8")))
    path.parent.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended: go on with --resume"))  # servers of the run end with it
    _go(name, record, path, judge, pairs=options.pairs, seconds=options.seconds)
    _report(record, rules)
    return 1 if record.failures else 0


def _go(name: str, record: Record, path: Path, judge: Judge, *, pairs: int, seconds: float) -> None:
    counts: Counter[str] = Counter(record.counts)
    before, start = record.seconds, time.monotonic()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[wrong]} wrong"),
    )
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), disable=not sys.stdout.isatty()) as progress:
        task = progress.add_task(name, total=pairs, completed=record.done, wrong=len(record.failures))
        try:
            while record.done < pairs and time.monotonic() - start < seconds and len(record.failures) < TOO_MANY:
                record.failures += _judged(judge, record.first + record.done, counts)
                record.done += 1
                progress.update(task, advance=1, wrong=len(record.failures))
                if record.done % EVERY == 0:
                    _save(record, path, counts, before + time.monotonic() - start, quiet=not progress.disable)
        finally:
            _save(record, path, counts, before + time.monotonic() - start, quiet=True)


def _judged(judge: Judge, seed: int, counts: Counter[str]) -> list[str]:
    try:
        problems = judge(seed, counts)
    except Exception:  # noqa: BLE001 - a crash is a result of this run
        problems = [f"crash: {traceback.format_exc()}"]
    return [f"seed {seed}: {problem}" for problem in problems]


def _save(record: Record, path: Path, counts: Counter[str], seconds: float, *, quiet: bool) -> None:
    record.counts, record.seconds = dict(counts), seconds
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(record)), encoding="utf-8")
    fresh.replace(path)
    if not quiet:
        print(f"{record.done:,} pairs, {len(record.failures)} wrong, {seconds:,.0f} s", file=sys.stderr, flush=True)


def _report(record: Record, rules: Collection[str]) -> None:
    for name, count in sorted(record.counts.items()):
        print(f"{name:52} {count:12,}")
    met = {name.removeprefix("rule ") for name in record.counts if name.startswith("rule ")}
    if rules:
        print(f"{'rules met':52} {len(met & set(rules)):12,} of {len(rules)}")
    for rule in sorted(set(rules) - met):
        print(f"no pair meets {rule}")
    print(f"{'pairs':52} {record.done:12,}")
    print(f"{'failures':52} {len(record.failures):12,}")
    print(f"{'seconds':52} {record.seconds:12,.1f}")
    print(*record.failures, sep="\n")
