"""``path(line,col) : error RULE : message``, which Visual Studio and MSBuild read."""

from __future__ import annotations

from compat.gate.findings import GateFinding, Report


def render(report: Report) -> str:
    """One line per open finding."""
    lines = [_line(finding) for finding in report.open]
    if report.failure is not None:
        lines.append(f"lineal : error COULD_NOT_CHECK : {_flat(report.failure)}")
    return "".join(f"{line}\n" for line in lines)


def _line(finding: GateFinding) -> str:
    spot = finding.spot
    place = f"({spot.line},{spot.column or 1})" if spot.line is not None else ""
    about = f"{finding.subject}: {finding.message}".removeprefix(": ")
    return f"{spot.path}{place} : {finding.weight} {finding.rule.name} : {_flat(about)}"


def _flat(text: str) -> str:
    return " ".join(text.split())
