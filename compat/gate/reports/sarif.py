"""SARIF 2.1.0 (OASIS), for code scanning."""

from __future__ import annotations

import json
from typing import Any, Final

from compat.gate.findings import GateFinding, Report, Spot, Waived
from compat.profile import Weight

_LEVELS: Final = {Weight.ERROR: "error", Weight.WARNING: "warning", Weight.INFO: "note"}


def render(report: Report) -> str:
    """One run with its rules and results; waived findings are there as suppressed results."""
    findings = report.findings
    rules = {finding.rule.name: finding.rule for finding in findings}
    names = list(rules)
    invocation: dict[str, Any] = {"executionSuccessful": report.failure is None}
    if report.failure is not None:
        invocation["toolExecutionNotifications"] = [{"level": "error", "message": {"text": report.failure}}]
    run = {
        "tool": {
            "driver": {
                "name": "lineal",
                "rules": [
                    {
                        "id": rule.name,
                        "shortDescription": {"text": rule.summary},
                        "fullDescription": {"text": rule.why or rule.summary},
                        "help": {"text": rule.remedy or rule.summary},
                    }
                    for rule in rules.values()
                ],
            }
        },
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, names.index(finding.rule.name)) for finding in findings],
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n"


def _result(finding: GateFinding, rule_index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule.name,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.weight],
        "message": {"text": f"{finding.subject}: {finding.message}".removeprefix(": ")},
        "locations": [_location(finding.spot)],
        "partialFingerprints": {"lineal/v1": finding.fingerprint},
    }
    if finding.counterexample is not None:
        proof = finding.counterexample
        result["properties"] = {"event": proof.event, "reader": proof.reader, "error": proof.error}
    if finding.waived is not None:
        result["suppressions"] = [_suppression(finding.waived)]
    return result


def _location(spot: Spot) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": spot.path}}
    if spot.line is not None:
        physical["region"] = {"startLine": spot.line, "startColumn": spot.column or 1}
    location: dict[str, Any] = {"physicalLocation": physical}
    if spot.pointer:
        location["logicalLocations"] = [{"fullyQualifiedName": spot.pointer}]
    return location


def _suppression(waived: Waived) -> dict[str, str]:
    justification = f"{waived.reason} ({waived.person}, until {waived.expires.isoformat()})"
    return {"kind": "external", "status": "accepted", "justification": justification}
