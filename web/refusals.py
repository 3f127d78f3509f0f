"""Candidates that were not let in, as the log recorded them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from compat.level import Direction
from compat.profile import Profile
from compat.verdict import Severity
from registry.events import Entry as Logged
from registry.events import RegistrationRefused
from web.code import highlight, json_text
from web.findings import readable, rules
from web.views.contracts import Affected
from web.views.findings import Found, Fragment, Proof
from web.views.log import Refusal
from web.words import DOUBT, OBJECTION, PROFILES, SEVERITIES, Tone, counted

CANDIDATE = "the candidate"


def refusals(entries: Sequence[Logged], affected: Mapping[int, Affected]) -> tuple[Refusal, ...]:
    """Refused registrations with their findings; entries of other events are left out.

    ``affected``: what each would do to the readers that are live now, by position.
    """
    return tuple(
        _refusal(entry, entry.event, affected.get(entry.position))
        for entry in entries
        if isinstance(entry.event, RegistrationRefused)
    )


def _refusal(entry: Logged, event: RegistrationRefused, affected: Affected | None) -> Refusal:
    blocking = [finding for finding in event.findings if finding.get("blocks", True)]
    found = tuple(_found(finding, f"{entry.position}-{index}") for index, finding in enumerate(blocking))
    versions = sorted({finding["version"] for finding in blocking if finding.get("version")})
    against = ", ".join(f"v{version}" for version in versions[:6])
    sentence = f"{counted(len(found), 'finding')} against {against}" if found and against else event.message
    return Refusal(
        entry.time, entry.origin.actor, sentence, entry.origin.reason, event.level, _profile(event), found, affected
    )


def _found(finding: dict[str, Any], key: str) -> Found:
    """One finding, as ``/api/v1`` writes it; members that an older event lacks are left out."""
    old = f"v{finding.get('version', '?')}"
    backward = finding.get("direction") != Direction.FORWARD.value
    reader, writer = (CANDIDATE, old) if backward else (old, CANDIDATE)
    severity = finding.get("severity", "")
    rule = rules().get(finding.get("rule", ""))
    return Found(
        tone=_tone(severity),
        rule=finding.get("rule", ""),
        message=readable(finding.get("message", "")),
        why=rule.why if rule else "",
        remedy=finding.get("remedy") or "",
        before=_fragment(finding.get("before"), f"{writer} writes"),
        after=_fragment(finding.get("after"), f"{reader} reads"),
        proof=_proof(finding.get("witness"), reader, writer, key),
        fingerprint=finding.get("fingerprint", ""),
        note=finding.get("note") or "",
    )


def _tone(severity: str) -> Tone:
    if severity == "OBJECTION":
        return OBJECTION
    return SEVERITIES[Severity(severity)] if severity in Severity.__members__ else DOUBT


def _profile(event: RegistrationRefused) -> str:
    return PROFILES[Profile(event.profile)] if event.profile in PROFILES else event.profile


def _fragment(piece: dict[str, Any] | None, label: str) -> Fragment | None:
    if not piece:
        return None
    place = piece.get("place") or {}
    return Fragment(label, place.get("pointer") or "the root", place.get("line"), piece.get("text", ""), "")


def _proof(witness: dict[str, Any] | None, reader: str, writer: str, key: str) -> Proof | None:
    if not witness:
        return None
    text = json_text(witness.get("payload"))
    return Proof(
        key=f"refused-{key}",
        claim=f"This event, valid under {writer}, fails a reader with {reader}:",
        event=text,
        lines=tuple(highlight(text, "JSON")),
        error=witness.get("readerError", ""),
        executor=witness.get("executor", ""),
        written=witness.get("writerResult", ""),
    )
