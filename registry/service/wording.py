"""Verdicts in words for people, and as documents for programs. Every answer about a verdict is made here."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, Final

from compat.definition import Format
from compat.formats import ENGINES
from compat.level import Direction
from compat.verdict import (
    Cause,
    Difference,
    Finding,
    Fragment,
    Incompatibility,
    Objection,
    Place,
    Reason,
    Rule,
    Undecided,
    Witness,
)
from registry.contracts import Way, why
from registry.service.answers import Checked, ReaderRow

_SHOWN_TEXT: Final = 10_240
_SHOWN_EVENT: Final = 400
_MOST_FINDINGS: Final = 50
"""Findings in one answer and in one entry of the log; how many more there are is told."""


def refusal(checked: Checked, old_texts: Sequence[str] = ()) -> str:
    """Why a registration is refused: the first reason that blocks, with place and witness, and how many more.

    Under Confluent's profiles in Confluent's form: the whole list. ``old_texts`` are those of the compared versions.
    """
    told = f'Schema being registered is incompatible with an earlier schema for subject "{checked.subject}"'
    blocking = [finding for finding in checked.verdict.findings if finding.blocks]
    if checked.verdict.criteria.profile.of_confluent:
        old_text = old_texts[blocking[0].version] if old_texts else None
        return f"{told}, details: [{', '.join(messages(checked, old_text))}]"
    first = sentence(blocking[0], checked)
    more = f" ({len(blocking) - 1} more; ask the compatibility check with verbose=true)" if len(blocking) > 1 else ""
    return f"{told}: {first}{more} [level {checked.verdict.level.name}]"


def messages(checked: Checked, old_text: str | None) -> list[str]:
    """Why ``verbose=true`` says no: each finding that blocks, what was compared, where the truth is another."""
    blocking = [finding for finding in checked.verdict.findings if finding.blocks]
    compared = [f"{{oldSchemaVersion: {checked.versions[blocking[0].version]}}}"]
    if old_text is not None:
        compared.append(f"{{oldSchema: '{old_text[:_SHOWN_TEXT]}'}}")
    validating = str(checked.validate_fields).lower()
    compared.append(f"{{validateFields: '{validating}', compatibility: '{checked.verdict.level.name}'}}")
    tell = as_confluent if checked.verdict.criteria.profile.of_confluent else sentence
    return [*(tell(finding, checked) for finding in blocking), *compared, *checked.verdict.notes]


def as_confluent(finding: Finding, checked: Checked) -> str:
    """One finding as Confluent's server spells it: Avro's with single quotes and additional information."""
    if not isinstance(finding.cause, Objection):
        return sentence(finding, checked)
    kind = finding.cause.difference.rule.partition(":")[2]
    side = "new" if finding.direction is Direction.BACKWARD else "old"
    description = f"{finding.cause.difference.message} (path {finding.cause.path} of the {side} schema)"
    if checked.format is Format.AVRO:
        return f"{{errorType:'{kind}', description:'{description}', additionalInfo:'{finding.cause.detail}'}}"
    return f'{{errorType:"{kind}", description:"{description}"}}'


def sentence(finding: Finding, checked: Checked) -> str:
    """One finding: rule, what it is about, where, against which version, and the event that proves it."""
    number = checked.versions[finding.version]
    match finding.cause:
        case Undecided() as cause:
            where = f" at {cause.place}" if cause.place else ""
            told = f"{cause.reason}{where}: undecided against version {number}, so it blocks: {cause.message}"
            if cause.reason is Reason.MORE_FINDINGS:
                told = f"{cause.reason} against version {number}: {cause.message}."
        case Objection(difference=difference, path=path):
            told = f"{difference.rule} at {path} against version {number}: {difference.message}."
        case Incompatibility(difference=difference) as cause:
            place = difference.after or difference.before
            where = f" at {place.place}" if place else ""
            reader, writer = (
                ("the new schema", f"version {number}")
                if finding.direction is Direction.BACKWARD
                else (f"version {number}", "the new schema")
            )
            proof = "" if cause.witness is None else f" {_proof(cause.witness, reader, writer)}"
            told = f"{difference.rule}{where}: {difference.message}.{proof}".replace("..", ".")
    return f"{told} {finding.note}".rstrip()


def _proof(witness: Witness, reader: str, writer: str) -> str:
    event = json.dumps(witness.payload, ensure_ascii=False, default=str)
    if len(event) > _SHOWN_EVENT:
        event = event[:_SHOWN_EVENT] + "…"
    return f"Proof: the event {event} of {writer} cannot be read with {reader}: {witness.reader_error}"


def reader_sentence(row: ReaderRow) -> str:
    """A live reader that does not read a version or candidate: who, where, and the first reason."""
    cell = row.cells[0]
    where = ", ".join(one.environment for one in row.deployments)
    owner = f" (owner: {row.owner})" if row.owner else ""
    verb = "cannot read" if cell.way is Way.BROKEN else "may not be able to read"
    what = f"version {cell.version}" if cell.version else "the candidate"
    reason = why(cell)
    return f"{row.reader.build}, live in {where}{owner}, {verb} {what}" + (f": {reason}" if reason else "")


def findings(checked: Checked) -> list[dict[str, Any]]:
    """Every finding as a JSON-ready document, at most fifty."""
    return [
        {
            "direction": found.direction.value,
            "version": checked.versions[found.version],
            "fingerprint": found.fingerprint,
            **finding(found, checked.format),
        }
        for found in checked.verdict.findings[:_MOST_FINDINGS]
    ]


def more_findings(checked: Checked) -> int:
    """How many findings a verdict has beyond those in ``findings``."""
    return max(0, len(checked.verdict.findings) - _MOST_FINDINGS)


def finding(found: Finding, format: Format) -> dict[str, Any]:  # noqa: A002
    """A finding without who was compared with whom, as a JSON-ready document."""
    judged = {"blocks": found.blocks, "weight": found.weight.value, "note": found.note or None}
    return {**judged, **cause(found.cause, format)}


def cause(found: Cause, format: Format | None = None) -> dict[str, Any]:  # noqa: A002
    """What was found, whatever it weighs, as a JSON-ready document."""
    match found:
        case Undecided(reason=reason, message=message, place=place):
            return {"rule": reason.value, "severity": "UNDECIDED", "message": message, "place": _place(place)}
        case Objection(difference=change):
            return {"severity": "OBJECTION", **difference(change, format), "witness": None}
        case Incompatibility(difference=change, severity=severity, witness=proof):
            proven = None if proof is None else witness(proof)
            return {"severity": severity.value, **difference(change, format), "witness": proven}


def difference(change: Difference, format: Format | None = None) -> dict[str, Any]:  # noqa: A002
    """A difference with what a person should know about its rule, as a JSON-ready document.

    Without its format the rule is that of the first format which has one of the name.
    """
    side = change.after or change.before
    engines = ENGINES.values() if format is None else (ENGINES[format],)
    rule = next((engine.rules[change.rule] for engine in engines if change.rule in engine.rules), None)
    return {
        "rule": change.rule,
        "message": change.message,
        "place": None if side is None else _place(side.place),
        "before": fragment(change.before),
        "after": fragment(change.after),
        "remedy": None if rule is None else rule.remedy,
        "equivalents": {} if rule is None else equivalents(rule),
    }


def equivalents(rule: Rule) -> dict[str, list[str]]:
    """What other authorities call the findings of a rule, as far as they have a name for it."""
    named = {"confluent": list(rule.confluent), "buf": list(rule.buf)}
    return {authority: names for authority, names in named.items() if names}


def witness(proof: Witness) -> dict[str, Any]:
    """A witness as a JSON-ready document; ``encoded`` is base64."""
    return {
        "payload": proof.payload,
        "encoded": None if proof.encoded is None else base64.b64encode(proof.encoded).decode(),
        "executor": proof.executor,
        "writerResult": proof.writer_result,
        "readerError": proof.reader_error,
    }


def fragment(side: Fragment | None) -> dict[str, Any] | None:
    """A piece of a definition as a JSON-ready document."""
    return None if side is None else {"place": _place(side.place), "text": side.text}


def _place(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else {"pointer": place.pointer, "line": place.line, "column": place.column}


def rules(format: Format) -> list[Rule]:  # noqa: A002
    """Every published rule of a format, by name."""
    return sorted(ENGINES[format].rules.values(), key=lambda rule: rule.name)
