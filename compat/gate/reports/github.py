"""GitHub Actions workflow commands: annotations at the lines of a pull request."""

from __future__ import annotations

from typing import Final

from compat.gate.findings import GateFinding, Report
from compat.gate.reports.text import event_text
from compat.profile import Weight

_COMMANDS: Final = {Weight.ERROR: "error", Weight.WARNING: "warning", Weight.INFO: "notice"}


def render(report: Report) -> str:
    """One command per open finding; what could not be checked is an error without a place."""
    lines = [_command(finding) for finding in report.open if finding.weight is not Weight.INFO]
    if report.failure is not None:
        lines.append(f"::error title=lineal could not check::{_data(report.failure)}")
    return "".join(f"{line}\n" for line in lines)


def _command(finding: GateFinding) -> str:
    spot = finding.spot
    properties = {"file": spot.path, "line": spot.line, "col": spot.column, "title": finding.rule.name}
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None)
    return f"::{_COMMANDS[finding.weight]} {written}::{_data(_message(finding))}"


def _message(finding: GateFinding) -> str:
    lines = [f"{finding.subject}: {finding.message}"]
    if finding.counterexample is not None:
        proof = finding.counterexample
        lines += [f"This event: {event_text(proof.event, 600)}", f"fails the reader: {proof.error}"]
    lines += [fix for fix in finding.fixes if fix]
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
