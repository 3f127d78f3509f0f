"""Register the real schema histories into an empty registry, and record what lineal says about every step.

    python tests/histories/run.py [--corpora FOLDER] [--only iglu,lsst,opentelemetry,pubsub] [--json FILE]

The registry is the real service on a real SQLite file. Its level is NONE, because the histories happened: what a
level would have said is asked for before each registration and recorded in all four directions of time: BACKWARD and
FORWARD against the version before, and both against all versions before. BACKWARD, the new version reads what the old
one wrote, is what the summary counts first.
One line of progress per subject (per release where files are released together) goes to stderr, the summary and every
step that breaks to stdout, everything to the JSON file.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from histories import CORPORA, Chapter, Publication

from compat.level import Direction, Level
from compat.verdict import Finding, Incompatibility, Undecided
from registry import settings
from registry.errors import SchemaNotFound, SubjectNotFound
from registry.model import ConfigurationChange, Content, SchemaReference, Subject
from registry.service import Registry

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Cause:
    """Why a step is not compatible in one direction."""

    direction: str
    rule: str
    severity: str
    message: str
    place: str
    event: object = None
    reader: str = ""
    error: str = ""


@dataclass
class Step:
    """From one version of a subject to the next."""

    subject: str
    version: int
    label: str
    backward: str
    forward: str
    backward_transitive: str
    forward_transitive: str
    milliseconds: float
    """Of the check against the version before, in both directions."""
    causes: list[Cause] = field(default_factory=list)
    older: list[Cause] = field(default_factory=list)
    """What only versions before the last object to."""


@dataclass
class Result:
    """What came of one corpus."""

    corpus: str
    subjects: int = 0
    versions: int = 0
    """New ones; what was published again unchanged is not counted."""
    unchanged: int = 0
    steps: list[Step] = field(default_factory=list)
    seconds: float = 0.0
    megabytes: float = 0.0
    """The largest the process has been so far."""

    def count(self, outcome: str, direction: str = "backward") -> int:
        return sum(getattr(step, direction) == outcome for step in self.steps)


class Run:
    """One corpus being told to one registry."""

    def __init__(self, registry: Registry, corpus: str) -> None:
        self.registry = registry
        self.result = Result(corpus)
        self.latest: dict[str, int] = {}

    def chapter(self, chapter: Chapter) -> list[Step]:
        """Publish what a chapter holds; its steps."""
        before = len(self.result.steps)
        for publication in chapter.publications:
            self.publish(publication)
        return self.result.steps[before:]

    def publish(self, publication: Publication) -> None:
        subject = Subject.parse(publication.subject)
        references = tuple(SchemaReference(name, used, self.latest[used]) for name, used in publication.uses.items())
        content = Content(publication.format, publication.text, references)
        if self.is_known(subject, content):
            self.result.unchanged += 1
            return
        if publication.subject in self.latest:
            self.result.steps.append(self.judge(subject, publication, content))
        version = self.registry.registration.register(subject, content)
        self.latest[publication.subject] = version.number
        self.result.subjects = len(self.latest)
        self.result.versions += 1

    def is_known(self, subject: Subject, content: Content) -> bool:
        """Whether the latest version already is this schema."""
        try:
            found = self.registry.lookup.by_text(subject, content)
        except (SubjectNotFound, SchemaNotFound):
            return False
        return found.number == self.latest.get(str(subject))

    def judge(self, subject: Subject, publication: Publication, content: Content) -> Step:
        began = time.perf_counter()
        checked = self.registry.checking.against_history(subject, content, level=Level.FULL)
        spent = (time.perf_counter() - began) * 1000
        findings = checked.verdict.findings
        every = self.registry.checking.against_history(subject, content, level=Level.FULL_TRANSITIVE).verdict.findings
        return Step(
            publication.subject,
            self.latest[publication.subject] + 1,
            publication.label,
            outcome(findings, Direction.BACKWARD),
            outcome(findings, Direction.FORWARD),
            outcome(every, Direction.BACKWARD),
            outcome(every, Direction.FORWARD),
            round(spent, 2),
            [cause(finding) for finding in findings if finding.blocks],
            [
                cause(finding)
                for finding in every
                if finding.blocks and finding.version < self.latest[publication.subject] - 1
            ],
        )


def outcome(findings: Sequence[Finding], direction: Direction) -> str:
    blocking = [finding.cause for finding in findings if finding.blocks and finding.direction is direction]
    if not blocking:
        return "compatible"
    return "incompatible" if any(isinstance(each, Incompatibility) for each in blocking) else "unknown"


def cause(finding: Finding) -> Cause:
    if isinstance(finding.cause, Undecided):
        place = finding.cause.place.pointer if finding.cause.place else ""
        return Cause(finding.direction.value, finding.cause.reason.value, "UNDECIDED", finding.cause.message, place)
    difference, witness = finding.cause.difference, finding.cause.witness
    fragment = difference.after or difference.before
    told = Cause(
        finding.direction.value,
        difference.rule,
        finding.cause.severity.value,
        difference.message,
        fragment.place.pointer if fragment else "",
    )
    if witness is not None:
        told.event, told.reader, told.error = witness.payload, witness.executor, witness.reader_error
    return told


def tell(registry: Registry, corpus: str, corpora: Path) -> Result:
    """One corpus, with a line of progress per chapter."""
    run = Run(registry, corpus)
    chapters = list(CORPORA[corpus](corpora))
    began = time.perf_counter()
    for number, chapter in enumerate(chapters, 1):
        started, versions = time.perf_counter(), run.result.versions
        steps = run.chapter(chapter)
        spent = (time.perf_counter() - started) * 1000
        print(
            f"{corpus} {number}/{len(chapters)} {chapter.title}: {run.result.versions - versions} new, "
            f"{in_words(steps)}, {spent:.0f} ms",
            file=sys.stderr,
            flush=True,
        )
    run.result.seconds = round(time.perf_counter() - began, 2)
    run.result.megabytes = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    return run.result


def in_words(steps: list[Step]) -> str:
    counted = Counter(step.backward for step in steps)
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counted.items())) or "no steps"


def print_breaks(results: list[Result]) -> None:
    """Every step whose new version cannot read all that the old one wrote, and why."""
    for result in results:
        broken = [step for step in result.steps if step.backward != "compatible"]
        if not broken:
            continue
        print(f"\n{result.corpus}: {len(broken)} of {len(result.steps)} steps")
        for step in broken:
            print(f"  {step.subject} version {step.version} ({step.label}): {step.backward}")
            for each in (each for each in step.causes if each.direction == Direction.BACKWARD):
                print(f"    {each.rule} at {each.place or 'the root'}: {each.message}")
                if each.error:
                    event = json.dumps(each.event, ensure_ascii=False, default=str)
                    print(f"      this event: {event if len(event) <= 160 else event[:160] + ' …'}")
                    print(f"      {each.reader}: {each.error[:200]}")


def print_summary(results: list[Result]) -> None:
    head = (
        "corpus",
        "subjects",
        "versions",
        "steps",
        "compatible",
        "incompatible",
        "unknown",
        "p50 ms",
        "max ms",
        "s",
        "MB",
    )
    rows = [head, *(row(result) for result in results)]
    widths = [max(len(str(line[column])) for line in rows) for column in range(len(head))]
    print()
    for line in rows:
        print("  ".join(str(cell).rjust(width) if index else str(cell).ljust(width) for index, (cell, width) in
                        enumerate(zip(line, widths, strict=True))))  # fmt: skip


TIMES = ("backward", "forward", "backward_transitive", "forward_transitive")


def print_directions(results: list[Result]) -> None:
    """Per corpus and direction of time the outcomes; then every step that stayed unknown, with its reason."""
    print(f"\n{'':16}" + "".join(f"{time.replace('_', ' '):>24}" for time in TIMES))
    for result in results:
        counts = [[result.count(name, time) for name in ("compatible", "incompatible", "unknown")] for time in TIMES]
        print(f"{result.corpus:16}" + "".join(f"{' / '.join(map(str, each)):>24}" for each in counts))
    print("(compatible / incompatible / unknown steps)")
    for result in results:
        for step in result.steps:
            for each in (*step.causes, *step.older):
                if each.severity == "UNDECIDED":
                    print(
                        f"unknown: {step.subject} version {step.version}, {each.direction}: {each.rule}, {each.message}"
                    )


def row(result: Result) -> tuple[object, ...]:
    spent = sorted(step.milliseconds for step in result.steps) or [0.0]
    outcomes = [result.count(name) for name in ("compatible", "incompatible", "unknown")]
    return (
        result.corpus, result.subjects, result.versions, len(result.steps), *outcomes,
        spent[len(spent) // 2], spent[-1], result.seconds, result.megabytes,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=ROOT.parent / "shared" / "corpora")
    parser.add_argument("--only", default=",".join(CORPORA), help="which corpora, separated by commas")
    parser.add_argument("--json", type=Path, default=ROOT / "var" / "histories.json")
    given = parser.parse_args()
    if not given.corpora.is_dir():
        sys.exit(f"the real schema histories are not in {given.corpora}: name their folder with --corpora")
    with tempfile.TemporaryDirectory() as folder:
        registry = Registry.open(settings.load({}, database=f"sqlite:///{folder}/histories.db"))
        registry.configurations.configure(Subject(), ConfigurationChange(compatibility="NONE"))
        results = [tell(registry, corpus, given.corpora) for corpus in given.only.split(",")]
        deviations = registry.upkeep.verify()
        registry.close()
    print_breaks(results)
    print_summary(results)
    print_directions(results)
    print(f"\nthe projections {'equal a replay of the log' if not deviations else f'deviate: {deviations[:3]}'}")
    given.json.parent.mkdir(parents=True, exist_ok=True)
    written = [{**asdict(result), "deviations": len(deviations)} for result in results]
    given.json.write_text(json.dumps(written, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    print(f"everything is in {given.json}", file=sys.stderr)
    sys.exit(1 if deviations else 0)


if __name__ == "__main__":
    main()
