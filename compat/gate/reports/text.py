"""For people: ``path:line:col: weight: message [RULE]``, with everything one needs to act on it below."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Final

from compat.gate.findings import GateFinding, LiveReaders, Report, Spot, Standing, Status, SubjectResult
from compat.level import Direction
from compat.profile import Profile, Weight

Paint = Callable[[str, str], str]
"""Gives a text (second) the look of a style (first): ``error``, ``good``, ``dim`` …"""

EVENT_CHARACTERS: Final = 2_000
"""How much of a counterexample is shown; the JSON report has it whole."""

DIRECTIONS: Final = {
    Direction.BACKWARD: "the new schema must read what the old one wrote",
    Direction.FORWARD: "the old schema must read what the new one writes",
}
"""What each direction asks, in words."""

_MARKS: Final = {
    Standing.COMPATIBLE: ("good", "compatible"),
    Standing.INCOMPATIBLE: ("error", "incompatible"),
    Standing.UNKNOWN: ("warning", "unknown"),
    Standing.UNCHANGED: ("dim", "unchanged"),
    Standing.NEW: ("good", "new"),
    Standing.REMOVED: ("error", "removed"),
    Standing.INVALID: ("error", "invalid"),
}


_CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}


def shown(text: str) -> str:
    """``text`` as a terminal may see it: what a schema names cannot move the cursor or colour the screen."""
    return text.translate(_CONTROLS)


def plain(_style: str, text: str) -> str:
    """No looks at all."""
    return text


def render(report: Report, paint: Paint = plain) -> str:
    """Findings, one line per subject, one line of summary."""
    lines: list[str] = []
    for finding in report.findings:
        if finding.weight is not Weight.INFO:
            lines += [*finding_lines(finding, paint), ""]
    lines += _table(report, paint)
    lines += [finding_line(finding, paint) for finding in report.notes if finding.weight is Weight.INFO]
    if lines:
        lines.append("")
    return "\n".join([*lines, summary(report, paint)]) + "\n"


def finding_line(finding: GateFinding, paint: Paint = plain) -> str:
    """The one line that editors and people scan for."""
    weight = paint("dim", f"{finding.weight} (waived)") if finding.waived else paint(finding.weight, finding.weight)
    place = paint("bold", f"{place_of(finding.spot)}:")
    return f"{place} {weight}: {shown(finding.message)} {paint('dim', f'[{finding.rule.name}]')}"


def finding_lines(finding: GateFinding, paint: Paint = plain) -> Iterator[str]:
    """One finding with its subject, reason, remedy and the event that proves it."""
    yield finding_line(finding, paint)
    for name, value in _details(finding):
        first, *rest = shown(value).split("\n")
        yield f"    {paint('dim', f'{name:<12}')}{first}"
        yield from (f"    {'':<12}{line}" for line in rest)


def place_of(spot: Spot) -> str:
    """``path:line:column``, as far as it is known."""
    path = shown(spot.path)
    return path if spot.line is None else f"{path}:{spot.line}:{spot.column or 1}"


def summary(report: Report, paint: Paint = plain) -> str:
    """What came out, in one line."""
    if report.failure is not None:
        return f"{paint('error', 'could not check')}: {shown(report.failure)}"
    counted = [_counted(report.count(weight), weight) for weight in (Weight.ERROR, Weight.WARNING)]
    waived = sum(finding.waived is not None for finding in report.findings)
    if waived:
        counted.append(f"{waived} waived")
    names = len({result.subject for result in report.results})
    verdict = paint("good", "pass") if report.status is Status.PASS else paint("error", "findings")
    return f"{verdict}: {_counted(names, 'subject')}, {', '.join(counted)}"


def event_text(event: object, limit: int = EVENT_CHARACTERS) -> str:
    """An event as JSON: on one line if it is short, indented if it is not, cut where it is too long to read."""
    compact = json.dumps(event, ensure_ascii=False, default=str)
    shown = compact if len(compact) <= 100 else json.dumps(event, ensure_ascii=False, indent=2, default=str)
    if len(shown) <= limit:
        return shown
    return f"{shown[:limit]}\n… ({len(shown):,} characters; --report json has it whole)"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _details(finding: GateFinding) -> Iterator[tuple[str, str]]:
    if finding.subject:
        yield "subject", _against(finding)
    if finding.base_spot is not None and finding.base_spot.text:
        yield "before", f"{finding.base_spot.text}   ({place_of(finding.base_spot)})"
    if finding.spot.text:
        yield "after", finding.spot.text
    if finding.note:
        yield "note", finding.note
    if finding.rule.why:
        yield "why", finding.rule.why
    for remedy in finding.fixes:
        if remedy:
            yield "remedy", remedy
    if (proof := finding.counterexample) is not None:
        yield "event", event_text(proof.event)
        if proof.written_as:
            yield "written", proof.written_as
        yield "reader", f"{proof.reader}: {proof.error}"
    if finding.waived is not None:
        waived = finding.waived
        yield "waived", f"by {waived.person} until {waived.expires.isoformat()}: {waived.reason}"
    if finding.subject:
        yield "fingerprint", finding.fingerprint


def _against(finding: GateFinding) -> str:
    versions = ", ".join(finding.base_versions[:5]) + (" …" if len(finding.base_versions) > 5 else "")
    source = _of(versions, finding.baseline)
    against = f"{finding.subject}, against {source}" if source else finding.subject
    if finding.direction is None:
        return against
    return f"{against} ({finding.direction}: {DIRECTIONS[finding.direction]})"


def _terms(result: SubjectResult) -> str:
    """The level, and whose rules decided where those are not lineal's own."""
    return result.level if result.profile is Profile.STRICT else f"{result.level}, {result.profile}"


def _of(versions: str, baseline: str) -> str:
    """``version 3 of http://…``, but just ``git:HEAD`` where version and baseline are one."""
    return baseline if not versions or versions == baseline else f"{versions} of {baseline}"


def _table(report: Report, paint: Paint) -> Iterator[str]:
    if not report.results:
        return
    names = max(len(shown(result.subject)) for result in report.results)
    for result in report.results:
        style, word = _MARKS[result.standing]
        compared = f"{len(result.compared)} versions" if len(result.compared) > 3 else ", ".join(result.compared)
        about = f"against {_of(compared, result.baseline)}" + (f", {_terms(result)}" if result.level else "")
        yield f"{shown(result.subject):<{names}}  {paint(style, f'{word:<12}')}  {paint('dim', about)}"
        if result.readers is not None:
            yield f"    policy {result.level or 'NONE'}: {paint(*_POLICY.get(result.standing, ('good', 'holds')))}"
            style = "error" if result.readers.broken else "warning" if _doubtful(result.readers) else "good"
            yield f"    {paint(style, shown(str(result.readers)))}"


_POLICY: Final = {
    Standing.INCOMPATIBLE: ("error", "broken"),
    Standing.REMOVED: ("error", "broken"),
    Standing.UNKNOWN: ("warning", "unknown"),
}


def _doubtful(readers: LiveReaders) -> bool:
    return bool(readers.unknown) or not readers.recorded
