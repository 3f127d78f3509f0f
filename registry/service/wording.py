"""Verdicts in words for people, and as documents for programs. Every answer about a verdict is made here."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from compat.definition import Format
from compat.formats import ENGINES
from compat.level import Direction
from compat.verdict import Finding, Fragment, Incompatibility, Place, Rule, Undecided, Witness
from registry.contracts import Way, why
from registry.service.answers import Checked, ReaderRow

_SHOWN_TEXT: Final = 10_240
_SHOWN_EVENT: Final = 400
_MOST_FINDINGS: Final = 50


def refusal(checked: Checked) -> str:
    """Why a registration is refused: the first reason that blocks, with place and witness, and how many more."""
    blocking = [finding for finding in checked.verdict.findings if finding.blocks]
    first = sentence(blocking[0], checked)
    more = f" ({len(blocking) - 1} more; ask the compatibility check with verbose=true)" if len(blocking) > 1 else ""
    return (
        f'Schema being registered is incompatible with an earlier schema for subject "{checked.subject}": '
        f"{first}{more} [level {checked.verdict.level.name}]"
    )


def messages(checked: Checked, old_text: str | None) -> list[str]:
    """The list of ``verbose=true``: a sentence per finding that blocks, then what was compared."""
    blocking = [finding for finding in checked.verdict.findings if finding.blocks]
    if not blocking:
        return []
    compared = [f"{{oldSchemaVersion: {checked.versions[blocking[0].version]}}}"]
    if old_text is not None:
        compared.append(f"{{oldSchema: '{old_text[:_SHOWN_TEXT]}'}}")
    compared.append(f"{{validateFields: 'false', compatibility: '{checked.verdict.level.name}'}}")
    return [sentence(finding, checked) for finding in blocking] + compared


def sentence(finding: Finding, checked: Checked) -> str:
    """One finding: rule, what it is about, where, against which version, and the event that proves it."""
    number = checked.versions[finding.version]
    match finding.cause:
        case Undecided() as cause:
            where = f" at {cause.place}" if cause.place else ""
            return f"{cause.reason}{where}: undecided against version {number}, so it blocks: {cause.message}"
        case Incompatibility() as cause:
            difference = cause.difference
            place = difference.after or difference.before
            where = f" at {place.place}" if place else ""
            reader, writer = (
                ("the new schema", f"version {number}")
                if finding.direction is Direction.BACKWARD
                else (f"version {number}", "the new schema")
            )
            proof = "" if cause.witness is None else f" {_proof(cause.witness, reader, writer)}"
            return f"{difference.rule}{where}: {difference.message}.{proof}".replace("..", ".")


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
    return [_finding(finding, checked) for finding in checked.verdict.findings[:_MOST_FINDINGS]]


def _finding(finding: Finding, checked: Checked) -> dict[str, Any]:
    return {
        "direction": finding.direction.value,
        "version": checked.versions[finding.version],
        "blocks": finding.blocks,
        "fingerprint": finding.fingerprint,
        **cause(finding.cause),
    }


def cause(found: Incompatibility | Undecided) -> dict[str, Any]:
    """An incompatibility or an open question as a JSON-ready document."""
    match found:
        case Undecided():
            return {
                "rule": found.reason.value,
                "severity": "UNDECIDED",
                "message": found.message,
                "place": _place(found.place),
            }
        case Incompatibility():
            difference = found.difference
            side = difference.after or difference.before
            return {
                "rule": difference.rule,
                "severity": found.severity.value,
                "message": difference.message,
                "place": None if side is None else _place(side.place),
                "before": fragment(difference.before),
                "after": fragment(difference.after),
                "remedy": remedy(difference.rule),
                "witness": None if found.witness is None else witness(found.witness),
            }


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


def remedy(rule: str) -> str | None:
    """What a rule advises, whatever its format."""
    found = next((engine.rules[rule] for engine in ENGINES.values() if rule in engine.rules), None)
    return None if found is None else found.remedy


def rules(format: Format) -> list[Rule]:  # noqa: A002
    """Every published rule of a format, by name."""
    return sorted(ENGINES[format].rules.values(), key=lambda rule: rule.name)
