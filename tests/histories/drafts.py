"""Draft an upcaster for every step of the real JSON Schema histories, and count what is left for a person.

    python tests/histories/drafts.py [--corpora FOLDER] [--steps]

A step is *solved* where nothing is left to ask and the proof holds: it is served without any document. Else it is
*confirmed* where the draft is proven as it stands and a person only has to say yes, and *corrected* where it is not, or
where a proposal is a guess: less than 0.6 sure, because a value was made up or something would be lost.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from histories import Chapter, iglu

from compat.definition import Definition, Format, Reference
from compat.errors import CompatError
from compat.formats import Parsed, parse
from registry.upcasting import draft, implied, verify
from registry.upcasting.proposals import POSSIBLE
from upcasters.operations import NAMES

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"


@dataclass(frozen=True)
class Step:
    """What the draft of one step leaves to do."""

    subject: str
    label: str
    outcome: str
    operations: tuple[str, ...]
    confirm: int
    correct: int


def steps(chapter: Chapter, known: dict[str, Definition]) -> list[Step]:
    """The steps of one subject; ``known`` are the latest definitions of the subjects before it."""
    parsed: list[tuple[str, Parsed]] = []
    for publication in chapter.publications:
        references = tuple(
            Reference(name, known[subject]) for name, subject in publication.uses.items() if subject in known
        )
        definition = Definition(Format.JSON, publication.text, references)
        parsed.append((publication.label, parse(definition)))
        known[publication.subject] = definition
    return [_step(chapter.title, label, old, new) for (_, old), (label, new) in pairwise(parsed)]


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
    parser.add_argument("--corpora", type=Path, default=CORPORA)
    parser.add_argument("--steps", action="store_true", help="print every step that is not solved")
    asked = parser.parse_args()
    started = time.perf_counter()
    known: dict[str, Definition] = {}
    found: list[Step] = []
    skipped = 0
    for chapter in iglu(asked.corpora):
        try:
            found += steps(chapter, known)
        except CompatError as error:
            skipped += 1
            print(f"{chapter.title}: {error}")
    outcomes = Counter(step.outcome for step in found)
    print(f"{len(found)} steps, {skipped} subjects that do not parse, {time.perf_counter() - started:.0f} s")
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
