"""Verdicts and differences in plain words, with both fragments and the event that proves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from compat.formats import ENGINES
from compat.profile import Criteria, Profile
from compat.verdict import Difference, Finding, Incompatibility, Outcome, Reason, Rule, Undecided, outcome
from compat.verdict import Fragment as Piece
from web.code import highlight, json_text
from web.views.findings import Found, Fragment, Judgement, Proof
from web.words import BAD, DOUBT, GOOD, OBJECTION, PLAIN, SEVERITIES, Tone, counted

MOST: Final = 200
"""Findings of one direction that are shown; the rest is counted."""
_ADDED: Final = Tone("good", "plus", "added")
_REMOVED: Final = Tone("bad", "minus", "removed")
_CHANGED: Final = Tone("doubt", "pencil", "changed")


def difference(found: Difference, urls: tuple[str, str] = ("", "")) -> Found:
    """A difference for people; ``urls`` are the text pages of the two sides, for links to lines.

    What was added or removed is shown alone: the other side's fragment would only be what it stood in.
    """
    look = _kind(found.rule)
    before = None if look is _ADDED and found.after else found.before
    after = None if look is _REMOVED and found.before else found.after
    return Found(
        tone=look,
        rule=found.rule,
        message=readable(found.message),
        why="",
        remedy="",
        before=_fragment(before, "before", urls[0]),
        after=_fragment(after, "after", urls[1]),
        proof=None,
    )


def _kind(rule: str) -> Tone:
    """Whether a difference adds, takes away or changes, as its rule's name says."""
    if "ADDED" in rule:
        return _ADDED
    return _REMOVED if "REMOVED" in rule or "DELETED" in rule else _CHANGED


def readable(message: str) -> str:
    """A message as a sentence: a capital first, unless it begins with a name, and a full stop last."""
    if not message:
        return ""
    first = message.split(maxsplit=1)[0]
    begin = message[0].upper() if first.isalpha() and first.islower() else message[0]
    return begin + message[1:] + ("" if message.endswith((".", "!", "?", ":")) else ".")


def _fragment(piece: Piece | None, label: str, url: str) -> Fragment | None:
    if piece is None:
        return None
    place = piece.place
    if place.imported is not None:
        return Fragment(label, f"{place.imported.name}: {place.pointer}", place.imported.line, piece.text, "")
    linked = url and place.line and not place.reference
    return Fragment(
        label, place.pointer or "the root", place.line, piece.text, f"{url}#L{place.line}" if linked else ""
    )


def judgement(
    findings: Sequence[Finding],
    reader: str,
    writer: str,
    key: str,
    criteria: Criteria,
    urls: tuple[str, str] = ("", ""),
) -> Judgement:
    """Whether ``reader`` reads what ``writer`` writes: ``v4``, ``v3`` or ``the draft``; ``key`` is unique on the page.

    ``urls`` are the text pages of writer and reader.
    """
    found = tuple(
        finding_found(finding, reader, writer, f"{key}-{index}", urls)
        for index, finding in enumerate(_worst_first(findings)[:MOST])
    )
    if criteria.profile is not Profile.STRICT:
        return _of_authority(findings, reader, writer, criteria, found)
    harmful = [f for f in findings if isinstance(f.cause, Incompatibility) and f.cause.severity.blocks]
    blocking = [f for f in findings if f.blocks]
    if harmful or (blocking and not any(isinstance(f.cause, Undecided) for f in blocking)):
        return _broken(harmful, blocking, reader, writer, found)
    if blocking:
        detail = "The engine could not decide. Unknown blocks like an incompatibility until a person waives it."
        sentence = f"Whether {reader} reads everything {writer} writes is unknown."
        return Judgement(DOUBT, sentence, detail, found, f"What stayed open when {reader} reads {writer}")
    detail = "Proven: no event of the writer can fail the reader."
    if findings:
        detail += f" {counted(len(findings), 'note')} below."
    heading = f"Worth knowing when {reader} reads {writer}"
    return Judgement(GOOD, f"{_capital(reader)} reads everything {writer} writes.", detail, found, heading)


def _broken(
    harmful: Sequence[Finding], blocking: Sequence[Finding], reader: str, writer: str, found: tuple[Found, ...]
) -> Judgement:
    """Something is proven against the reader, or weighed so by the subject's own rules."""
    heading = f"Why {reader} cannot read {writer}"
    if not harmful:
        sentence = f"{_capital(reader)} reads what {writer} writes, and a rule that blocks here is broken."
        return Judgement(BAD, sentence, f"{counted(len(blocking), 'finding')}.", found, f"What blocks {reader}")
    sentence = f"{_capital(reader)} cannot read everything {writer} writes."
    if not blocking:
        detail = f"{counted(len(harmful), 'finding')}, of a rule that is allowed here."
        return Judgement(DOUBT, sentence, detail, found, heading)
    proven = sum(not isinstance(finding.cause, Undecided) for finding in blocking)
    more = len(blocking) - proven
    detail = counted(proven, "finding") + (f" and {counted(more, 'open question')}" if more else "")
    if not more and all(isinstance(f.cause, Incompatibility) and f.cause.witness for f in blocking):
        detail += ", with an event that proves it" if proven == 1 else ", each with an event that proves it"
    return Judgement(BAD, sentence, f"{detail}.", found, heading)


def _of_authority(
    findings: Sequence[Finding], reader: str, writer: str, criteria: Criteria, found: tuple[Found, ...]
) -> Judgement:
    """What another authority decides, and what is true, where that is something else."""
    refused = outcome(findings) is not Outcome.COMPATIBLE
    sentence = f"{criteria.profile.authority} {'refuses' if refused else 'accepts'} {reader} as a reader of {writer}."
    notes = dict.fromkeys(finding.note for finding in findings if finding.note)
    detail = " ".join(list(notes)[:3]) or "lineal comes to the same answer."
    return Judgement(BAD if refused else GOOD, sentence, detail, found, f"What was found when {reader} reads {writer}")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:] if not words.startswith("v") else words


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    order = {severity: index for index, severity in enumerate(SEVERITIES)}

    def rank(finding: Finding) -> tuple[int, float]:
        cause = finding.cause
        return finding.weight.rank, order[cause.severity] if isinstance(cause, Incompatibility) else 2.5

    return sorted(findings, key=rank)


def finding_found(finding: Finding, reader: str, writer: str, key: str, urls: tuple[str, str] = ("", "")) -> Found:
    """One finding, with its witness if it has one."""
    cause = finding.cause
    if isinstance(cause, Undecided):
        place = Fragment("at", cause.place.pointer or "the root", cause.place.line, "", "") if cause.place else None
        return Found(
            tone=DOUBT,
            rule=cause.reason.value,
            message=readable(cause.message),
            why="" if cause.reason is Reason.MORE_FINDINGS else "The engine stopped before it had an answer.",
            remedy="",
            before=None,
            after=place,
            proof=None,
            note=finding.note,
        )
    rule = rules().get(cause.difference.rule)
    return Found(
        tone=SEVERITIES[cause.severity] if isinstance(cause, Incompatibility) else OBJECTION,
        rule=cause.difference.rule,
        message=readable(cause.difference.message),
        why=rule.why if rule else "",
        remedy=rule.remedy if rule else "",
        before=_fragment(cause.difference.before, f"{writer} writes", urls[0]),
        after=_fragment(cause.difference.after, f"{reader} reads", urls[1]),
        proof=_proof(cause, reader, writer, key) if isinstance(cause, Incompatibility) else None,
        note=finding.note,
    )


def _proof(cause: Incompatibility, reader: str, writer: str, key: str) -> Proof | None:
    witness = cause.witness
    if witness is None:
        return None
    text = json_text(witness.payload)
    what = "fails" if cause.severity.blocks else "is read differently by"
    return Proof(
        key=f"witness-{key}",
        claim=f"This event, valid under {writer}, {what} a reader with {reader}:",
        event=text,
        lines=tuple(highlight(text, "JSON")),
        error=witness.reader_error,
        executor=witness.executor,
        written=witness.writer_result,
    )


def rules() -> Mapping[str, Rule]:
    """Every published rule of the three formats by its name."""
    return {name: rule for engine in ENGINES.values() for name, rule in engine.rules.items()}


def outcome_sentence(outcome: Outcome) -> tuple[Tone, str]:
    """What became of a candidate, in one sentence."""
    return {
        Outcome.COMPATIBLE: (GOOD, "Nothing breaks: this candidate may be registered."),
        Outcome.INCOMPATIBLE: (BAD, "This candidate would be refused."),
        Outcome.UNKNOWN: (DOUBT, "This candidate would be refused until somebody waives the open question."),
    }.get(outcome, (PLAIN, ""))
