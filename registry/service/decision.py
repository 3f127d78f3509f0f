"""A decision to add a version, and how it is carried out as long as what it rests on is still so."""

from __future__ import annotations

from collections.abc import Generator
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias, TypeVar

from compat.engine import Form
from compat.formats import Parsed
from registry import history as histories
from registry.access.current import named
from registry.errors import OperationNotPermitted
from registry.events import Acceptance, SchemaRegistered, UpcasterPublished
from registry.identity import Identity, guid
from registry.model import Content, Origin, Version
from registry.service.definitions import Candidate, identify, parse
from registry.service.situation import Situation
from registry.storage.ids import SchemaKey
from registry.storage.writing import Writing

T = TypeVar("T")

_LAST_ID: Final = 2**31 - 1
"""Messages hold ids in four bytes, and clients take them for signed."""


@dataclass(frozen=True, slots=True)
class Identified:
    """A candidate that parses, and what names it."""

    candidate: Candidate
    parsed: Parsed
    identity: Identity

    @classmethod
    def of(cls, candidate: Candidate, context: str) -> Identified:
        """Raises InvalidSchemaText."""
        parsed = parse(candidate.definition)
        if parsed.source != candidate.content.text:
            candidate = replace(candidate, content=replace(candidate.content, text=parsed.source))
        return cls(candidate, parsed, identify(parsed, candidate.content, context))

    @property
    def content(self) -> Content:
        """What would be kept."""
        return self.candidate.content

    def guid(self, form: Form) -> str:
        """The GUID over that form of the text."""
        content = self.content
        return guid(self.parsed.text(form), content.references, content.metadata, content.rule_set)


@dataclass(frozen=True, slots=True)
class Decision:
    """A version that may be added as long as the situation stays what it was."""

    situation: Situation
    identified: Identified
    guid: str
    number: int
    acceptance: Acceptance
    schema_id: int | None = None
    """The one to be taken over, else that of the same schema or the next."""
    lift: UpcasterPublished | None = None
    """The upcaster that came with it, proven; or the step that nobody has to write."""
    lifted: bool = False
    """Whether it is accepted for the sake of the upcaster."""
    copied: bool = False
    """Whether it is a copy, beside whatever else was copied."""

    @property
    def schema(self) -> SchemaKey:
        """What wants an id."""
        return self.situation.subject.context, self.identified.identity.canonical


Steps: TypeAlias = Generator[Decision, Version | None, T]
"""Makes decisions, and is told what came of each: the version, or None where it has to be made again."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A decision that shall be carried out, and on whose behalf."""

    decision: Decision
    origin: Origin
    context: Context = field(default_factory=copy_context)

    def carry_out(self, writing: Writing) -> Version | None:
        """The version that was added, or None where it has to be decided again."""
        return self.context.run(self._append, writing)

    def _append(self, writing: Writing) -> Version | None:
        writing.act(self.origin)
        return append_if_still(writing, self.decision, self.origin)


def append_if_still(writing: Writing, decision: Decision, origin: Origin) -> Version | None:
    """``append``, or None where it has to be decided again."""
    return append(writing, decision, origin) if _still(writing, decision) else None


def append(writing: Writing, decision: Decision, origin: Origin) -> Version:
    """Add the version, and what comes with it. Raises OperationNotPermitted for an id that another schema has."""
    situation, content, identity = decision.situation, decision.identified.content, decision.identified.identity
    schema_id = _schema_id(writing, decision)
    event = SchemaRegistered(
        version=decision.number,
        schema_id=schema_id,
        guid=decision.guid,
        format=content.format.value,
        text=content.text,
        canonical_digest=identity.canonical,
        normalized_digest=identity.normalized,
        references=list(content.references),
        metadata=content.metadata,
        rule_set=content.rule_set,
        level="" if decision.acceptance == "imported" else situation.policy.level.name,
        acceptance=decision.acceptance,
        lifted=decision.lifted,
        superseded=_superseded(writing, decision, schema_id),
    )
    entry, *_ = writing.append(
        (situation.subject, event), *([] if decision.lift is None else [(situation.subject, decision.lift)])
    )
    return Version(
        subject=situation.subject,
        number=decision.number,
        schema_id=schema_id,
        guid=decision.guid,
        content=content,
        registered=entry.time,
        position=entry.position,
        actor=origin.actor,
    )


def _still(writing: Writing, decision: Decision) -> bool:
    """Whether nothing that the decision rests on has changed."""
    situation = decision.situation
    rests_on = situation.rests_on | {target for target, _ in decision.identified.candidate.targets}
    return not writing.changed(rests_on, after=situation.position)


def _schema_id(writing: Writing, decision: Decision) -> int:
    """The id of this very schema where its context has it already, else the next one; in IMPORT mode the given one."""
    content = decision.identified.content
    context, canonical = decision.schema
    if decision.schema_id is None:
        given = writing.id_for(decision.schema, content.metadata, content.rule_set)
        if given > _LAST_ID:
            raise OperationNotPermitted(f"Context '{context}' has given its last id, {_LAST_ID:,}: use another context")
        return given
    whole = writing.whole
    holder = whole.first_with_id(context, decision.schema_id)
    if holder is not None and not whole.holds(context, decision.schema_id, canonical):
        raise OperationNotPermitted(
            f"Schema id {decision.schema_id} is already that of another schema "
            f"({named(holder.subject)}, version {holder.number}): ids are never given twice"
        )
    return decision.schema_id


def _superseded(writing: Writing, decision: Decision, schema_id: int) -> list[int]:
    if decision.copied:
        return []
    subject = decision.situation.subject
    replaced = histories.superseded(decision.situation.history, schema_id)
    return [number for number in replaced if not writing.whole.referrers(subject, [number], deleted=True)]
