"""For a pull request's comment or a job's summary; the hidden mark lets a bot find and update its own comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from compat.gate.findings import GateFinding, Report, Standing
from compat.gate.reports.text import DIRECTIONS, event_text, place_of, summary
from compat.profile import Weight

MARK: Final = "<!-- lineal check -->"
"""Stands first in every report."""

_SIGNS: Final = {
    Standing.COMPATIBLE: "✅ compatible",
    Standing.INCOMPATIBLE: "❌ incompatible",
    Standing.UNKNOWN: "❔ unknown",
    Standing.UNCHANGED: "▫️ unchanged",
    Standing.NEW: "🆕 new",
    Standing.REMOVED: "❌ removed",
    Standing.INVALID: "❌ invalid",
}


def render(report: Report) -> str:
    """A heading, the table of subjects, one section per open finding."""
    lines = [MARK, f"## Schemas: {summary(report)}", ""]
    if report.results:
        lines += ["| subject | result | against | level |", "|---|---|---|---|"]
        for result in report.results:
            compared = ", ".join(result.compared[:3]) or "nothing"
            cells = (result.subject, _SIGNS[result.standing], f"{compared} of {result.baseline}", result.level)
            lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
        lines.append("")
    for finding in report.findings:
        if finding.weight is not Weight.INFO:
            lines += _section(finding)
    return "\n".join(lines).rstrip("\n") + "\n"


def _section(finding: GateFinding) -> Iterator[str]:
    state = "waived" if finding.waived else finding.weight.value
    yield f"### {state}: {_inline(finding.message)}"
    yield ""
    yield f"`{place_of(finding.spot)}` · {_inline(finding.subject)} · rule `{finding.rule.name}`"
    yield ""
    if finding.direction is not None:
        versions = ", ".join(finding.base_versions[:5])
        yield f"Against {_inline(versions)} of {_inline(finding.baseline)}: {DIRECTIONS[finding.direction]}."
        yield ""
    if finding.rule.why:
        yield f"{_inline(finding.rule.why)}"
        yield ""
    if (proof := finding.counterexample) is not None:
        yield "This event was written and could not be read:"
        yield ""
        yield from _fenced(event_text(proof.event), "json")
        yield from _fenced(f"{proof.reader}: {proof.error}", "text")
    yield from (f"**Instead:** {_inline(fix)}\n" for fix in finding.fixes if fix)
    if finding.waived is not None:
        waived = finding.waived
        yield f"Waived by {_inline(waived.person)} until {waived.expires.isoformat()}: {_inline(waived.reason)}"
    else:
        yield f"<sub>`lineal waive {finding.fingerprint} --reason … --expires YYYY-MM-DD` accepts it.</sub>"
    yield ""


def _fenced(text: str, language: str) -> Iterator[str]:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield text
    yield fence
    yield ""


def _inline(text: str) -> str:
    """Text that cannot open a tag, a link or a heading."""
    return re.sub(r"([\\<>\[\]*_#|])", r"\\\1", text.replace("\r", " ").replace("\n", " "))


def _cell(text: str) -> str:
    return _inline(text) or " "
