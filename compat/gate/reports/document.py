"""For programs: one JSON document, described by ``report.schema.json`` beside this file."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, Final

from compat.gate.findings import Counterexample, GateFinding, LiveReaders, Report, Spot, SubjectResult
from compat.profile import Weight

SCHEMA_VERSION: Final = 1
"""Raised only when a member changes its meaning or goes away; new members may come at any time."""


def render(report: Report) -> str:
    """The whole report."""
    return json.dumps(as_document(report), ensure_ascii=False, indent=2, default=str) + "\n"


def report_schema() -> str:
    """The JSON Schema of the document."""
    return resources.files(__package__).joinpath("report.schema.json").read_text(encoding="utf-8")


def as_document(report: Report) -> dict[str, Any]:
    """The report as plain JSON values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "status": report.status.value,
        "failure": report.failure,
        "summary": {
            "subjects": len({result.subject for result in report.results}),
            "errors": report.count(Weight.ERROR),
            "warnings": report.count(Weight.WARNING),
            "infos": report.count(Weight.INFO),
            "waived": sum(finding.waived is not None for finding in report.findings),
            "fail_on": report.fail_on.value,
        },
        "subjects": [_result(result) for result in report.results],
        "findings": [as_finding(finding) for finding in report.findings],
    }


def as_finding(finding: GateFinding) -> dict[str, Any]:
    """One finding as plain JSON values."""
    return {
        "rule": finding.rule.name,
        "severity": finding.weight.value,
        "direction": finding.direction.value if finding.direction else None,
        "subject": finding.subject or None,
        "baseline": finding.baseline or None,
        "base_versions": list(finding.base_versions),
        "message": finding.message,
        "new": _spot(finding.spot),
        "base": _spot(finding.base_spot) if finding.base_spot else None,
        "why": finding.rule.why,
        "fixes": [fix for fix in finding.fixes if fix],
        "equivalents": list(finding.rule.equivalents),
        "note": finding.note or None,
        "counterexample": _counterexample(finding.counterexample) if finding.counterexample else None,
        "fingerprint": finding.fingerprint,
        "waived": _waived(finding),
    }


def _result(result: SubjectResult) -> dict[str, Any]:
    return {
        "subject": result.subject,
        "path": result.path,
        "format": result.format.value if result.format else None,
        "baseline": result.baseline,
        "standing": result.standing.value,
        "level": result.level or None,
        "profile": result.profile.value,
        "compared": list(result.compared),
        "live_readers": _readers(result.readers) if result.readers else None,
    }


def _readers(readers: LiveReaders) -> dict[str, Any]:
    return {
        "environment": readers.environment,
        "readers": readers.count,
        "broken": readers.broken,
        "unknown": readers.unknown,
        "recorded": readers.recorded,
    }


def _spot(spot: Spot) -> dict[str, Any]:
    return {
        "path": spot.path,
        "line": spot.line,
        "column": spot.column,
        "pointer": spot.pointer,
        "text": spot.text,
    }


def _counterexample(proof: Counterexample) -> dict[str, Any]:
    return {
        "event": proof.event,
        "encoded": proof.encoded,
        "written_as": proof.written_as,
        "reader": proof.reader,
        "error": proof.error,
        "verified": True,
    }


def _waived(finding: GateFinding) -> dict[str, str] | None:
    if finding.waived is None:
        return None
    waived = finding.waived
    return {"reason": waived.reason, "person": waived.person, "expires": waived.expires.isoformat()}
