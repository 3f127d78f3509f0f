"""``.lineal/waivers.toml``: findings a person has accepted, with the reason and the day it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from compat.gate.errors import Misconfigured
from compat.gate.findings import GateFinding, Report, Spot, SubjectResult, Waived, fingerprint
from compat.gate.rules import WAIVER_EXPIRED, WAIVER_UNUSED
from compat.profile import Weight

FILE_NAME: Final = ".lineal/waivers.toml"

_HEADER: Final = """\
# Findings that were accepted, and until when. Reviewed like code; an expired waiver fails the gate.
"""


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One accepted finding."""

    fingerprint: str
    reason: str
    person: str
    expires: date
    """The last day it holds."""


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    waivers: tuple[Waiver, ...] = ()


def load(file: Path) -> tuple[Waiver, ...]:
    """The waivers in ``file``, none if it does not exist. Raises Misconfigured with the place."""
    if not file.exists():
        return ()
    try:
        document = msgspec.toml.decode(file.read_bytes(), type=_Document)
    except OSError as cause:
        raise Misconfigured(f"{file} cannot be read: {cause.strerror}") from cause
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise Misconfigured(
            f"{file}: {cause}. A waiver has fingerprint, reason, person and expires = YYYY-MM-DD"
        ) from cause
    for waiver in document.waivers:
        if not waiver.reason.strip() or not waiver.person.strip():
            raise Misconfigured(f"{file}: waiver {waiver.fingerprint} needs a reason and a person")
    return document.waivers


def append(file: Path, waiver: Waiver) -> None:
    """Add one waiver to ``file``, which is made if needed. What stands there stays as it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text(encoding="utf-8") if file.exists() else _HEADER
    entry = (
        "\n[[waivers]]\n"
        f"fingerprint = {_quoted(waiver.fingerprint)}\n"
        f"reason = {_quoted(waiver.reason)}\n"
        f"person = {_quoted(waiver.person)}\n"
        f"expires = {waiver.expires.isoformat()}\n"
    )
    file.write_text(before.rstrip("\n") + "\n" + entry, encoding="utf-8")


def applied(report: Report, waivers: Sequence[Waiver], today: date, *, whole: bool) -> Report:
    """The report with its accepted findings marked; ``whole`` says that nothing was left out of the run."""
    by_fingerprint = {waiver.fingerprint: waiver for waiver in waivers}
    used: set[str] = set()
    results = tuple(_waived(result, by_fingerprint, today, used) for result in report.results)
    unused = [_unused(waiver) for waiver in waivers if waiver.fingerprint not in used] if whole else []
    return replace(report, results=results, notes=(*report.notes, *unused))


def _waived(result: SubjectResult, waivers: Mapping[str, Waiver], today: date, used: set[str]) -> SubjectResult:
    findings: list[GateFinding] = []
    for finding in result.findings:
        waiver = waivers.get(finding.fingerprint)
        if waiver is None:
            findings.append(finding)
            continue
        used.add(waiver.fingerprint)
        if waiver.expires < today:
            findings += [finding, _expired(finding, waiver)]
        else:
            findings.append(replace(finding, waived=Waived(waiver.reason, waiver.person, waiver.expires)))
    return replace(result, findings=tuple(findings))


def _expired(finding: GateFinding, waiver: Waiver) -> GateFinding:
    message = (
        f"the waiver {waiver.fingerprint} by {waiver.person} ({waiver.reason}) expired on {waiver.expires.isoformat()}"
    )
    return replace(
        finding,
        rule=WAIVER_EXPIRED,
        weight=Weight.ERROR,
        message=message,
        fingerprint=fingerprint(finding.subject, WAIVER_EXPIRED.name, waiver.fingerprint),
        counterexample=None,
    )


def _unused(waiver: Waiver) -> GateFinding:
    message = f"the waiver {waiver.fingerprint} by {waiver.person} ({waiver.reason}) matches no finding: delete it"
    mark = fingerprint("", WAIVER_UNUSED.name, waiver.fingerprint)
    return GateFinding(WAIVER_UNUSED, Weight.INFO, "", message, Spot(FILE_NAME), mark)


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are a subset of TOML's, which also wants DEL escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
