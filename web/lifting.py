"""The upcaster that would come with a candidate: drafted from the difference or as somebody wrote it, and its proof."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import yaml

from compat.errors import CompatError
from registry.errors import RegistryError
from registry.model import Content, Subject
from registry.service.upcasters import Proposal
from upcasters.document import write
from web.code import json_text
from web.operation_words import operations
from web.site import Site
from web.views.chain import Operation
from web.words import counted

_SHOWN: Final = 6
"""Refusals that are shown."""
_SURE: Final = 0.9
"""From this confidence on a question is only a confirmation."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person still has to decide about a draft."""

    pointer: str
    reason: str
    likely: bool


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason why an upcaster is not proven."""

    message: str
    remedy: str
    where: str
    """The place in the document, and in the event."""
    event: str
    """An event of the old version that shows it, as JSON; empty for none."""
    result: str
    """What became of that event."""


@dataclass(frozen=True, slots=True)
class Lift:
    """An upcaster to a candidate, and what the proof says of it."""

    source: int
    target: int
    text: str
    """The document, in YAML or as it was typed."""
    drafted: str
    """Marks the text as it was drafted, so that one that somebody has changed is told from it."""
    proven: bool
    sentence: str
    questions: tuple[Asked, ...]
    notes: tuple[str, ...]
    objections: tuple[Objection, ...]
    operations: tuple[Operation, ...]
    losses: tuple[str, ...]
    invented: tuple[str, ...]


def mark(text: str) -> str:
    """What a drafted text is known by."""
    return sha256(text.encode()).hexdigest()[:16]


def lift(site: Site, subject: Subject, content: Content, source: int, written: str = "") -> Lift:
    """The step from the latest version, ``source``, to a candidate; ``written``: a document, else one is drafted."""
    try:
        proposal = site.registry.upcasters.anticipate(subject, content, written or None)
    except (RegistryError, CompatError) as error:
        reason = getattr(error, "message", str(error))
        return _unread(written, source, reason)
    document = proposal.draft.document
    text = written or yaml.safe_dump(write(document), sort_keys=False, allow_unicode=True, default_flow_style=None)
    report = proposal.report
    return Lift(
        source=document.source,
        target=document.target,
        text=text,
        drafted="" if written else mark(text),
        proven=report.accepted,
        sentence=_sentence(proposal),
        questions=tuple(
            Asked(one.pointer or "the whole event", one.reason, one.confidence >= _SURE)
            for one in proposal.draft.questions
        ),
        notes=proposal.draft.notes,
        objections=tuple(
            Objection(
                found.message,
                found.remedy,
                f"{found.place or 'the document'}, at {found.pointer or 'the root'} of the event",
                "" if found.event is None else json_text(found.event),
                "" if found.result is None else json_text(found.result),
            )
            for found in report.findings[:_SHOWN]
        ),
        operations=operations(document.ops),
        losses=tuple(f"{pointer}: {reason}" for pointer, reason, _ in report.losses),
        invented=report.invented,
    )


def _unread(written: str, source: int, reason: str) -> Lift:
    return Lift(source, source + 1, written, "", False, reason, (), (), (), (), (), ())


def _sentence(proposal: Proposal) -> str:
    report, way = proposal.report, f"v{proposal.draft.document.source} to v{proposal.draft.document.target}"
    if report.accepted:
        return f"Proven: {counted(report.events, 'generated event')} came from {way} and were valid there."
    return f"Not proven yet: {counted(len(report.findings), 'objection')}."
