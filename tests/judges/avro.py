"""Apache Avro for Java as the judge of the Avro engine: ``make java-avro`` (``PAIRS=100000`` for a long run).

Over the generated pairs of ``tests/prove``, pairs full of aliases, and the case files: what lineal takes for the Java
reading of a pair (errors and values alike) is what the Java library does, with both of its readers; so what lineal
calls compatible is read, and a witness that the library reads rests on another reading, which is counted by its rule.
Under the profile ``confluent`` the verdict, the kinds and their places are those of the library's own checker. Prints
the figures and every contradiction, and exits with 1 if there is one.
"""

from __future__ import annotations

import base64
import json
import math
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compat import confluent
from compat.avro.reading import ResolutionFailed, read
from compat.avro.resolution import Reading, Resolution
from compat.avro.schema import Schema
from compat.avro.witness import JAVA
from compat.budget import Budget
from compat.definition import Definition, Format
from compat.errors import InvalidPayload
from compat.formats import parse as parsed
from compat.profile import Profile
from compat.verdict import Incompatibility
from tests.compat.avro.laws import blocking, events, findings, parse
from tests.compat.avro.strategies import random_pair, tangled_pair
from tests.judges.streams import Judge, NotHere, java
from tests.prove import campaign

CASES = Path(__file__).parents[1] / "compat"
EVENTS = 12
GUARD = " claims "
"""The library, since 1.12.2, counts the bytes that items would take by the reader's schema before it reads them."""

FAULT = "NullPointerException"
"""The classic reader of 1.12.2 breaks down where it skips some recursive types inside arrays and maps."""


@dataclass(frozen=True)
class Question:
    """Two schemas as texts, and as lineal sees them."""

    texts: tuple[str, str]
    writer: Schema
    reader: Schema

    @property
    def valueless(self) -> bool:
        """Whether a type has no values: the classic reader of the library overflows its stack over it."""
        return any(len(each.weights) < len(each.nodes) for each in (self.writer, self.reader))


def judge(library: Judge, seed: int, texts: tuple[str, str], counts: Counter[str]) -> list[str]:
    """What is wrong with the answers about one pair."""
    question = Question(texts, *map(parse, texts))
    found = findings(question.writer, question.reader)
    blocked = blocking(found)
    witnesses = [each for each in blocked if each.witness is not None]
    parted = [each for each in found if isinstance(each, Incompatibility) and each not in blocked]
    shown = [data for each in parted if (data := _encoded(each))]
    data = [*events(question.writer, seed, EVENTS), *shown, *(_encoded(each) for each in witnesses)]
    encoded = [base64.b64encode(each).decode() for each in data]
    answer = library.ask({"writer": texts[0], "reader": texts[1], "events": encoded})
    if "refused" in answer:
        counts[f"refused by the library: {answer['refused'].partition(':')[2][:40].strip()}"] += 1
        return []
    for each in parted:
        counts[f"findings that do not block, their events read as foreseen: {each.difference.rule}"] += 1
    counts[f"{'incompatible' if blocked else 'compatible'}, by the library's checker {answer['verdict']}"] += 1
    problems = list(_read(question, list(zip(data, answer["events"], strict=True)), witnesses, counts))
    return problems + list(_checked(texts, answer, counts))


def _encoded(finding: Incompatibility) -> bytes:
    return (finding.witness and finding.witness.encoded) or b""


def _read(
    question: Question, outcomes: list[tuple[bytes, Any]], witnesses: list[Incompatibility], counts: Counter[str]
) -> Iterator[str]:
    resolution = Resolution(question.reader, question.writer)
    first = len(outcomes) - len(witnesses)
    for index, (data, outcome) in enumerate(outcomes):
        mine = _java_reading(resolution, data)
        for name, theirs in outcome.items():
            if name == "classic" and question.valueless:
                counts["events not put to the classic reader: a type has no values"] += 1
            elif GUARD in theirs.get("error", ""):
                counts[f"events refused by the {name} reader's count of bytes"] += 1
            elif FAULT in theirs.get("error", ""):
                counts[f"events over which the {name} reader breaks down, skipping a recursive type"] += 1
            else:
                counts[f"events put to the {name} reader"] += 1
                if ("error" in mine) != ("error" in theirs) or mine.get("value") != theirs.get("value"):
                    yield f"the {name} reader: {theirs}, expected {mine}, from {data.hex()}"
                if index >= first:
                    yield from _witness(witnesses[index - first], name, theirs, counts)
                elif not witnesses and "error" in theirs:
                    yield f"unsound: the {name} reader fails on {data.hex()}: {theirs}"


def _witness(finding: Incompatibility, name: str, theirs: Any, counts: Counter[str]) -> Iterator[str]:
    assert finding.witness is not None
    if "error" in theirs:
        counts[f"witnesses that fail in the {name} reader"] += 1
    elif finding.witness.executor == JAVA:
        yield f"the {name} reader reads the witness of {finding.difference.rule}"
    else:
        counts[f"witnesses that the {name} reader reads: {finding.difference.rule}"] += 1


def _java_reading(resolution: Resolution, data: bytes) -> dict[str, object]:
    try:
        return {"value": _told(read(resolution, data, Reading.JAVA))}
    except (ResolutionFailed, InvalidPayload) as failure:
        return {"error": str(failure)}


def _told(value: object) -> object:
    """A value as ``AvroJudge`` tells it."""
    match value:
        case float():
            bits = struct.pack(">d", math.nan if math.isnan(value) else value).hex().lstrip("0")
            return {"bits": "7ff8000000000000" if math.isnan(value) else bits or "0"}
        case bytes():
            return {"hex": value.hex()}
        case dict():
            return {key: _told(each) for key, each in value.items()}
        case list():
            return [_told(each) for each in value]
        case _:
            return value


def _checked(texts: tuple[str, str], answer: Any, counts: Counter[str]) -> Iterator[str]:
    """The profile ``confluent`` beside the library's checker, which Confluent asks."""
    writer, reader = (parsed(Definition(Format.AVRO, text)) for text in texts)
    if writer.definition == reader.definition:
        counts["profile confluent: the same text, which is never compared"] += 1
        return
    found = list(confluent.differences(reader, writer, Profile.CONFLUENT, Budget()))
    mine = [[each.difference.rule.removeprefix(confluent.PREFIX), each.path] for each in found]
    if answer["verdict"] == "THROWN":
        thrown = len(mine) == 1 and "of the writer" in found[0].detail
        counts["profile confluent: the checker throws"] += 1
        theirs = mine if thrown else [["thrown", answer["message"]]]
    else:
        told = dict.fromkeys((kind, place) for kind, place, _ in answer["incompatibilities"])
        theirs = [list(each) for each in told]
        counts[f"profile confluent: {'refuses' if theirs else 'accepts'}, as the checker does"] += _same(mine, theirs)
    if not _same(mine, theirs):
        yield f"the profile confluent finds {mine}, the checker {theirs}"


def _same(mine: list[list[str]], theirs: list[list[str]]) -> bool:
    """Whether kinds and places agree; 1.12.2 puts the branch of a writer's union in front, Confluent does not."""
    return [kind for kind, _ in mine] == [kind for kind, _ in theirs] and all(
        there.endswith(here.removesuffix("/")) for (_, here), (_, there) in zip(mine, theirs, strict=True)
    )


def case_pairs() -> Iterator[tuple[str, tuple[str, str]]]:
    """The pairs of all case files of the Avro engine and of the profile, with their names."""
    for path in sorted((CASES / "avro" / "cases").glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        for name, each in ((path.stem, case), (f"{path.stem}, just not", case["just_not"])):
            yield name, (json.dumps(each["writer"]), json.dumps(each["reader"]))
    for row in json.loads((CASES / "avro" / "disagreements.json").read_text("utf-8")):
        yield row["name"], (json.dumps(row["writer"]), json.dumps(row["reader"]))
    for path in sorted((CASES / "confluent" / "cases" / "avro").glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        yield f"confluent {path.stem}", (json.dumps(case["before"]), json.dumps(case["after"]))


def main() -> int:
    """Run, print, and answer with the exit status."""
    try:
        library = java("AvroJudge")
    except NotHere as reason:
        print(f"SKIPPED: {reason}")
        return 0
    with library:
        counts: Counter[str] = Counter()
        wrong = [f"{name}: {each}" for name, texts in case_pairs() for each in judge(library, 0, texts, counts)]
        print(f"{'case files':52} {sum(1 for _ in case_pairs()):12,}")
        print(f"{'contradictions in case files':52} {len(wrong):12,}", *wrong, sep="\n")

        def both(seed: int, counts: Counter[str]) -> list[str]:
            texts = (tangled_pair if seed % 3 == 0 else random_pair)(seed).texts
            return [f"{each}\n  writer {texts[0]}\n  reader {texts[1]}" for each in judge(library, seed, texts, counts)]

        return campaign.run("java-avro", __doc__, both, ()) or bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
