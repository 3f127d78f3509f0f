"""Other validators as judges of the JSON Schema engine: ``make json-judges`` (``PAIRS=20000`` for a long run).

Ajv, networknt's validator and Everit's judge the events of the generated pairs of ``tests/prove`` and of the case
files, under the writer's and under the reader's schema. A witness has to be accepted under the first and refused under
the second; where lineal says compatible no event may be; and any opinion on an event is compared with that of lineal's
own executors. Where a validator is known to differ from the specification, the reason is counted. Formats are
annotations here. Prints the figures and every contradiction, and exits with 1 if there is one.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from compat.errors import CompatError
from compat.json_schema import text
from compat.json_schema.execute import executors
from compat.json_schema.schema import ParsedSchema
from compat.verdict import Incompatibility
from tests.compat.json_schema.laws import ENGINE, events_of, findings, outcome, parse
from tests.compat.json_schema.strategies import random_pair
from tests.judges.streams import Judge, NotHere, java, javascript
from tests.prove import campaign

CASES = Path(__file__).parents[1] / "compat" / "json_schema" / "cases"
EVENTS = 20
BIG = re.compile(r"\d{16}")
"""A number that a double may not hold."""
INTEGRAL = re.compile(r"\d\.0\b")


@dataclass(frozen=True)
class Known:
    """Where a validator is known to differ from the specification."""

    validators: tuple[str, ...]
    reason: str
    applies: Callable[[int, str, str], object]
    """To the draft, the text of the schema and that of the event."""


def _listed(schema: str) -> object:
    return re.search(r'"(items|prefixItems)": ?\[', schema)


def _fraction(schema: str) -> object:
    return re.search(r'"multipleOf": ?([\d.]*\.|\d*e)', schema)


def _compares(schema: str) -> object:
    return re.search(r'"(const|enum|uniqueItems)"', schema)


JAVA = ("networknt", "everit")
KNOWN: Final = (
    Known(("ajv", "networknt"), "numbers are doubles", lambda _, schema, event: BIG.search(schema + event)),
    Known(("ajv",), "multiples of fractions are computed with doubles", lambda _, schema, __: _fraction(schema)),
    Known(("ajv",), "1.0 is spelt as 1 (draft 4)", lambda draft, _, event: draft == 4 and INTEGRAL.search(event)),
    Known(
        ("ajv",), "contains is not asked of an empty array where items are listed",
        lambda _, schema, event: "[]" in event and '"contains"' in schema and _listed(schema),
    ),
    Known(
        ("ajv", "networknt"), "contains makes items evaluated (2019-09)",
        lambda draft, schema, _: draft == 2019 and '"contains"' in schema and "unevaluatedItems" in schema,
    ),
    Known(("everit",), "1.0 is no integer", lambda _, __, event: INTEGRAL.search(event)),
    Known(("everit",), "formats are asserted", lambda _, schema, __: '"format"' in schema),
    Known(
        ("everit",), "objects are compared otherwise",
        lambda _, schema, event: "{" in event and _compares(schema),
    ),
    Known(
        ("networknt",), "uniqueItems is asked of objects",
        lambda _, schema, event: "uniqueItems" in schema and "{" in event,
    ),
    Known(
        ("networknt",), "minContains and maxContains are asked of everything",
        lambda _, schema, __: "Contains" in schema,
    ),
    Known(
        ("networknt",), "1.0 is not 1 inside a constant",
        lambda _, schema, event: INTEGRAL.search(schema + event) and _compares(schema),
    ),
    Known(("networknt",), "contentEncoding is asserted", lambda _, schema, __: "contentEncoding" in schema),
    Known(
        ("ajv",), "keywords beside $ref count (up to draft 7)",
        lambda draft, schema, _: draft <= 7 and '"$ref"' in schema,
    ),
    Known(JAVA, "$ is found before a last line feed", lambda _, __, event: r"\n" in event),
)  # fmt: skip


@dataclass(frozen=True)
class Side:
    """One schema of a pair."""

    raw: Any
    schema: ParsedSchema

    @property
    def text(self) -> str:
        return self.raw if isinstance(self.raw, str) else json.dumps(self.raw)

    def known(self, validator: str, event: str) -> str | None:
        """Why a validator may differ on an event."""
        draft = self.schema.dialect.order
        known = (each for each in KNOWN if validator in each.validators)
        return next((each.reason for each in known if each.applies(draft, self.text, event)), None)


def judge(judges: Mapping[str, Judge], seed: int, pair: tuple[Any, Any], counts: Counter[str]) -> list[str]:
    """What is wrong with the answers about one pair."""
    try:
        writer, reader = (Side(raw, parse(raw)) for raw in pair)
    except CompatError:
        counts["not a schema"] += 1
        return []
    found = findings(writer.schema, reader.schema)
    answer = outcome(found)
    counts[answer] += 1
    witnesses = {text.write(payload): rule for rule, payload in _witnesses(found)}
    events = list(dict.fromkeys([*witnesses, *map(text.write, events_of(writer.schema, reader.schema, seed, EVENTS))]))
    opinions = [_opinions(judges, side, events) for side in (writer, reader)]
    problems = []
    for validator in opinions[0].keys() & opinions[1].keys():
        for event, accepted, read in zip(events, opinions[0][validator], opinions[1][validator], strict=True):
            reason = writer.known(validator, event) or reader.known(validator, event)
            if event in witnesses:
                proven = accepted and not read
                counts[f"{validator}: witnesses {'confirmed' if proven else f'not confirmed, {reason}'}"] += 1
                problems += (
                    [] if proven or reason else [f"{validator} refutes the witness {event} of {witnesses[event]}"]
                )
            elif answer == "compatible" and accepted and not read and not reason:
                problems.append(f"unsound: {validator} accepts {event} under the writer's schema alone")
    for side, said in zip((writer, reader), opinions, strict=True):
        problems += _beside_ours(side, events, said, counts)
    return [f"{each}\n  writer {writer.text}\n  reader {reader.text}" for each in problems]


def _witnesses(found: list[Any]) -> Iterator[tuple[str, Any]]:
    for each in found:
        shown = each.witness if isinstance(each, Incompatibility) else None
        if shown is not None and shown.encoded is not None and not each.difference.rule.startswith("FORMAT_"):
            yield each.difference.rule, ENGINE.decode(parse("{}"), shown.encoded)


def _opinions(judges: Mapping[str, Judge], side: Side, events: list[str]) -> dict[str, list[bool]]:
    question = {"schema": side.text, "draft": side.schema.dialect.order, "instances": events}
    answers: dict[str, Any] = {}
    for name, each in judges.items():
        answer = each.ask(question)
        answers |= {name: answer} if "valid" in answer or "refused" in answer else answer
    return {name: answer["valid"] for name, answer in answers.items() if "valid" in answer}


def _beside_ours(side: Side, events: list[str], said: Mapping[str, list[bool]], counts: Counter[str]) -> Iterator[str]:
    ours = executors(side.schema, formats=False)
    for index, event in enumerate(events):
        mine = ours.accepts(text.load(event))
        for validator, opinions in said.items():
            if mine is None or opinions[index] == mine:
                counts[f"{validator}: opinions on events, as ours"] += 1
            elif reason := side.known(validator, event):
                counts[f"{validator}: opinions otherwise, {reason}"] += 1
            else:
                verb = "accepts" if opinions[index] else "refuses"
                yield f"{validator} {verb} {event}, which lineal does not: {side.text}"


def case_pairs() -> Iterator[tuple[str, tuple[Any, Any]]]:
    """The pairs of all case files of the engine, with their names."""
    for path in sorted(CASES.glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        for name, each in ((path.stem, case), (f"{path.stem}, just not", case["just_not"])):
            yield name, (each["before"], each["after"])
    for row in json.loads((CASES.parent / "verdicts.json").read_text("utf-8")):
        yield row["name"], (row["writer"], row["reader"])


def main() -> int:
    """Run, print, and answer with the exit status."""
    judges: dict[str, Judge] = {}
    with ExitStack() as stack:
        for name, start in (("ajv", lambda: javascript("ajv")), ("java", lambda: java("JsonSchemaJudge"))):
            try:
                judges[name] = stack.enter_context(start())
            except NotHere as reason:
                print(f"SKIPPED, {name}: {reason}")
        if not judges:
            return 0
        counts: Counter[str] = Counter()
        wrong = [f"{name}: {each}" for name, pair in case_pairs() for each in judge(judges, 0, pair, counts)]
        print(f"{'pairs of case files':52} {sum(1 for _ in case_pairs()):12,}")
        print(f"{'contradictions in case files':52} {len(wrong):12,}", *wrong, sep="\n")

        def both(seed: int, counts: Counter[str]) -> list[str]:
            pair = random_pair(seed)
            return judge(judges, seed, (pair.writer, pair.reader), counts)

        return campaign.run("json-judges", __doc__, both, ()) or bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
