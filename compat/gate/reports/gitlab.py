"""GitLab's code quality report: one JSON array (its documentation: 'Code Quality report format')."""

from __future__ import annotations

import json
from typing import Any, Final

from compat.gate.findings import GateFinding, Report
from compat.profile import Weight

_SEVERITIES: Final = {Weight.ERROR: "major", Weight.WARNING: "minor", Weight.INFO: "info"}


def render(report: Report) -> str:
    """Every open finding, and what could not be checked as a blocker."""
    entries = [_entry(finding) for finding in report.open]
    if report.failure is not None:
        entries.append(_failure(report.failure))
    return json.dumps(entries, ensure_ascii=False, indent=2) + "\n"


def _entry(finding: GateFinding) -> dict[str, Any]:
    line, column = finding.spot.line or 1, finding.spot.column or 1
    position = {"line": line, "column": column}
    return {
        "description": f"{finding.subject}: {finding.message}".removeprefix(": "),
        "check_name": finding.rule.name,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.weight],
        "location": {
            "path": finding.spot.path,
            "lines": {"begin": line},
            "positions": {"begin": position, "end": position},
        },
    }


def _failure(message: str) -> dict[str, Any]:
    return {
        "description": f"could not check: {message}",
        "check_name": "COULD_NOT_CHECK",
        "fingerprint": "0" * 12,
        "severity": "blocker",
        "location": {"path": "lineal.toml", "lines": {"begin": 1}},
    }
