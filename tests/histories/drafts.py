"""Draft an upcaster for every step of a real history, and count what is left for a person.

    python tests/histories/drafts.py [iglu|lsst|opentelemetry|pubsub] [--corpora FOLDER] [--steps]

A step is *solved* where nothing is left to ask and the proof holds: it is served without any document. Else it is
*confirmed* where the draft is proven as it stands and a person only has to say yes, and *corrected* where it is not, or
where a proposal is a guess: less than 0.6 sure, because a value was made up or something would be lost.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from histories import CORPORA, Chapter

from compat.definition import Definition, Reference
from compat.formats import Parsed, parse
from registry.upcasting import draft, implied, verify
from registry.upcasting.proposals import POSSIBLE
from upcasters.operations import NAMES

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "corpora"


@dataclass(frozen=True)
class Step:
    """What the draft of one step leaves to do."""

    subject: str
    label: str
    outcome: str
    operations: tuple[str, ...]
    confirm: int
    correct: int


def steps(chapters: Iterable[Chapter]) -> Iterator[Step]:
    """The steps of all subjects of a history. A version that is published again unchanged is none."""
    known: dict[str, tuple[Definition, Parsed]] = {}
    for chapter in chapters:
        for each in chapter.publications:
            references = tuple(
                Reference(name, known[subject][0]) for name, subject in each.uses.items() if subject in known
            )
            definition = Definition(each.format, each.text, references)
            before = known.get(each.subject)
            if before is not None and before[0] == definition:
                continue
            parsed = parse(definition)
            known[each.subject] = (definition, parsed)
            if before is not None:
                yield _step(each.subject, each.label, before[1], parsed)


def _step(subject: str, label: str, old: Parsed, new: Parsed) -> Step:
    drafted = draft(subject, 1, 2, old, new)
    names = tuple(NAMES[type(operation)] for operation in drafted.document.ops)
    if implied(subject, 1, 2, old, new) is not None:
        return Step(subject, label, "solved", names, 0, 0)
    proven = verify(drafted.document, old, new).accepted
    unsure = [question.confidence for question in drafted.questions]
    correct = sum(confidence < POSSIBLE for confidence in unsure)
    outcome = "confirmed" if proven and not correct else "corrected"
    return Step(subject, label, outcome, names, len(unsure) - correct, correct)


def main() -> None:
    """Draft, count and print."""
    parser = argparse.ArgumentParser(description="Draft upcasters for real histories.")
    parser.add_argument("history", nargs="?", choices=CORPORA, default="iglu")
    parser.add_argument("--corpora", type=Path, default=FOLDER)
    parser.add_argument("--steps", action="store_true", help="print every step that is not solved")
    asked = parser.parse_args()
    started = time.perf_counter()
    found = list(steps(CORPORA[asked.history](asked.corpora)))
    outcomes = Counter(step.outcome for step in found)
    print(f"{len(found)} steps, {time.perf_counter() - started:.0f} s")
    for outcome in ("solved", "confirmed", "corrected"):
        print(f"{outcome:10} {outcomes[outcome]:4}  {outcomes[outcome] / len(found):5.1%}")
    identities = sum(step.outcome == "solved" and not step.operations for step in found)
    print(f"of the solved, {identities} change nothing and {outcomes['solved'] - identities} add what is certain")
    confirm, correct = sum(step.confirm for step in found), sum(step.correct for step in found)
    print(f"of the proposals in the others, {confirm} are to be confirmed and {correct} to be corrected")
    if asked.steps:
        for step in found:
            if step.outcome != "solved":
                asked_of = f"{step.outcome}, {step.correct} to correct"
                print(f"{step.subject} {step.label}: {asked_of}: {', '.join(step.operations)}")


if __name__ == "__main__":
    main()
