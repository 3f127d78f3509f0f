"""JUnit XML: a suite per subject, a case per comparison, so that '0 findings' is something to see."""

from __future__ import annotations

import re
from typing import Final

from compat.gate.findings import GateFinding, Report, SubjectResult
from compat.gate.reports.text import finding_lines
from compat.profile import Weight

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot carry."""
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_IN_ATTRIBUTES: Final = _ESCAPES | str.maketrans({'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def render(report: Report) -> str:
    """Every result: open errors are failures, the rest passes; what could not be checked is an error."""
    suites = [_suite(result) for result in report.results]
    if report.failure is not None:
        suites.append(
            '  <testsuite name="lineal" tests="1" failures="0" errors="1">\n'
            '    <testcase name="could not check" classname="lineal">\n'
            f"      <error message={_attribute(report.failure)}/>\n"
            "    </testcase>\n"
            "  </testsuite>\n"
        )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="lineal check">\n{"".join(suites)}</testsuites>\n'


def _suite(result: SubjectResult) -> str:
    failing = [finding for finding in result.findings if finding.weight is Weight.ERROR and finding.waived is None]
    cases = [_failing(result, finding) for finding in failing] or [_passing(result)]
    return (
        f'  <testsuite name={_attribute(result.subject)} tests="{len(cases)}" failures="{len(failing)}" errors="0" '
        f"file={_attribute(result.path)}>\n{''.join(cases)}  </testsuite>\n"
    )


def _passing(result: SubjectResult) -> str:
    name = f"{result.standing} against {result.baseline}"
    return f"    <testcase name={_attribute(name)} classname={_attribute(result.subject)}/>\n"


def _failing(result: SubjectResult, finding: GateFinding) -> str:
    spot = finding.spot
    name = f"{finding.rule.name}_{spot.line or 0}_{spot.column or 0}"
    return (
        f"    <testcase name={_attribute(name)} classname={_attribute(result.subject)} file={_attribute(spot.path)}>\n"
        f"      <failure message={_attribute(finding.message)} type={_attribute(finding.rule.name)}>"
        f"{_text(chr(10).join(finding_lines(finding)))}</failure>\n"
        "    </testcase>\n"
    )


def _text(text: str) -> str:
    return _carried(text).translate(_ESCAPES)


def _attribute(text: str) -> str:
    return f'"{_carried(text).translate(_IN_ATTRIBUTES)}"'


def _carried(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
