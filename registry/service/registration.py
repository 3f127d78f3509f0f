"""Accept a new version of a subject, or refuse it with the reason.

The work that takes time (parsing, comparing) is done before the transaction. The transaction makes sure that what was
decided upon is still so, and otherwise everything is decided again: check and append are one decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from compat.engine import Form
from compat.formats import Parsed
from registry import history as histories
from registry.data_contract import validate, without_compiled
from registry.errors import (
    IncompatibleSchema,
    InvalidSchemaText,
    InvalidUpcaster,
    OperationNotPermitted,
    RegistryError,
)
from registry.events import RegistrationRefused, UpcasterPublished
from registry.fields import validate_fields
from registry.history import Known
from registry.identity import Identity
from registry.model import ANONYMOUS, LATEST, AssociationFilter, Content, Lifecycle, Origin, Subject, Version
from registry.policy import require_registration
from registry.service import wording
from registry.service.answers import Checked
from registry.service.completion import Completion, Retagging
from registry.service.decision import Decision, Identified, Proposal, Steps, append
from registry.service.definitions import Candidate, Definitions
from registry.service.judging import judge
from registry.service.line import Line
from registry.service.memory import Memory
from registry.service.situation import Situation, View, existing
from registry.service.upcasters import Upcasters
from registry.settings import Settings
from registry.storage.reading import Reading
from registry.storage.store import Store
from registry.storage.writing import Writing
from upcasters.document import Document

_ATTEMPTS: Final = 4
"""How often a decision is made before the lock is taken; then it is made with the lock held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationOptions:
    """What a request may ask for besides the schema."""

    normalize: bool = False
    """Compare by the normalised text."""
    force: bool = False
    """Accept it whatever the verdict says."""
    version: int = 0
    """0 is the next or an existing one; -1 the next, stamped; n must be the next number."""
    schema_id: int | None = None
    """To be taken over as it is; in IMPORT mode only."""
    retagging: Retagging | None = None
    """Tags to be written into the text."""
    copied: bool = False
    """Taken over as in IMPORT mode, whatever the mode: the other registry has accepted it. Never set over HTTP."""
    upcaster: Document | None = None
    """Leads from the latest version to this one; published with it in one transaction, or neither is."""


PLAIN: Final = RegistrationOptions()


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A candidate that may not follow the history."""

    checked: Checked
    content: Content
    error: IncompatibleSchema


class Registration:
    """Registers versions."""

    def __init__(
        self, store: Store, definitions: Definitions, settings: Settings, upcasters: Upcasters, memory: Memory
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._settings = settings
        self._upcasters = upcasters
        self._completion = Completion(definitions)
        self._memory = memory
        self.line = Line(self.carry_out)

    def register(
        self,
        subject: Subject,
        candidate: Content,
        options: RegistrationOptions = PLAIN,
        origin: Origin = ANONYMOUS,
    ) -> Version:
        """The version that now holds the candidate: an existing one where the subject already has it.

        Raises InvalidRuleSet, InvalidSubject, SchemaTooLarge, InvalidSchemaText, OperationNotPermitted,
        IncompatibleSchema (with its verdict; the refusal is recorded in the log). With an upcaster also
        InvalidUpcaster, UpcasterRefused, and NoUpcasters where an older version would still not reach the latest.
        """
        return self.line.settled(subject, self.steps(subject, candidate, options, origin), origin)

    def steps(
        self, subject: Subject, candidate: Content, options: RegistrationOptions, origin: Origin
    ) -> Steps[Version]:
        """``register``, step by step: for those who stand in the ``line``."""
        candidate = _admissible(subject, candidate)
        outcome = yield from self._settle(subject, candidate, options, origin)
        if isinstance(outcome, _Refusal):
            self._record(outcome, origin)
            raise outcome.error
        return outcome

    def carry_out(self, proposals: Sequence[Proposal]) -> list[Version | None]:
        """What came of each, in one transaction: the version, or None where it has to be decided again.

        Raises StoreUnavailable, StoreBusy, and what appending one of them raises; then nothing was appended.
        """
        with self._store.write(proposals[0].origin) as writing:
            writing.expect(proposal.decision.schema for proposal in proposals)
            return [proposal.carry_out(writing) for proposal in proposals]

    def rehearse(
        self, subject: Subject, candidate: Content, options: RegistrationOptions, origin: Origin = ANONYMOUS
    ) -> None:
        """Raises what ``register`` would raise, and records a refusal; registers nothing."""
        candidate = _admissible(subject, candidate)
        outcome = self._decide(self._store.read, self._situation(subject), candidate, options)
        if isinstance(outcome, _Refusal):
            self._record(outcome, origin)
            raise outcome.error

    def within(
        self, writing: Writing, subject: Subject, candidate: Content, options: RegistrationOptions, origin: Origin
    ) -> Version:
        """``register`` as a part of a larger transaction; a refusal is not recorded."""
        candidate = _admissible(subject, candidate)
        outcome = self._decide_finally(writing, subject, candidate, options)
        if isinstance(outcome, _Refusal):
            raise outcome.error
        return append(writing, outcome, origin) if isinstance(outcome, Decision) else outcome

    def _settle(
        self, subject: Subject, candidate: Content, options: RegistrationOptions, origin: Origin
    ) -> Steps[Version | _Refusal]:
        if remembered := self._memory.of(subject):
            outcome = yield from self._settle_by_memory(remembered, candidate, options)
            if outcome is not None:
                return outcome
        for _ in range(_ATTEMPTS):
            decision = self._decide(self._store.read, self._situation(subject), candidate, options)
            if not isinstance(decision, Decision):
                return decision
            if (version := (yield from self._appended(decision))) is not None:
                return version
        with self._store.write(origin) as writing:
            decision = self._decide_finally(writing, subject, candidate, options)
            return append(writing, decision, origin) if isinstance(decision, Decision) else decision

    def _settle_by_memory(
        self, remembered: Situation, candidate: Content, options: RegistrationOptions
    ) -> Steps[Version | _Refusal | None]:
        """What comes of a remembered situation; None where it is not so any more."""
        try:
            outcome = self._decide(self._store.read, remembered, candidate, options)
        except RegistryError:
            if self._memory.holds(remembered):
                raise
            return None
        if isinstance(outcome, Decision):
            return (yield from self._appended(outcome))
        return outcome if self._memory.holds(remembered) else None

    def _appended(self, decision: Decision) -> Steps[Version | None]:
        """Have it carried out; None where it has to be decided again."""
        version = yield decision
        if version is not None:
            self._memory.added(decision, version)
            self._definitions.keep(version.position, decision.identified.candidate.definition)
        return version

    def _situation(self, subject: Subject) -> Situation:
        """As it is now."""
        with self._store.read() as reading:
            return self._memory.now(reading, subject)

    def _decide_finally(
        self, writing: Writing, subject: Subject, content: Content, options: RegistrationOptions
    ) -> Decision | _Refusal | Version:
        """What is so for the one writer, whose transaction may have changed it, is not remembered."""
        situation = Situation.of(writing, subject, self._settings)
        return self._decide(lambda: nullcontext(writing), situation, content, options)

    def _decide(
        self, view: View, situation: Situation, content: Content, options: RegistrationOptions
    ) -> Decision | _Refusal | Version:
        with view() as reading:
            lenient = options.copied or situation.policy.lenient
            find = partial(self._definitions.candidate, subject=situation.subject, lenient=lenient)
            candidate = find(reading, content=content) if content.text else None
        context, policy = situation.subject.context, situation.policy
        sent = None if candidate is None else Identified.of(candidate, context)
        normalize = options.normalize or bool(policy.configuration.normalize)
        if sent is not None:
            held = _held_as_sent(situation, sent, options, normalize=normalize)
            if held is None and (twin := self._written_out(view, situation, sent)) is not None:
                held = _held_as_sent(situation, twin, options, normalize=normalize)
            if held is not None:
                return existing(view, situation.subject, held)
        if not options.copied:
            require_registration(policy.mode, situation.subject, options.schema_id)
        if options.copied or policy.mode.imports:
            return self._import(view, situation, sent, options)
        completed = self._completion.of(view, situation, content, options.version, options.retagging)
        if sent is None or completed != content:
            with view() as reading:
                candidate = find(reading, content=completed)
            sent = Identified.of(candidate, context)
        _require_valid(view, situation, sent)
        return self._place(view, situation, sent, options, normalize=normalize)

    def _written_out(self, view: View, situation: Situation, sent: Identified) -> Identified | None:
        """What was sent, under the identity of the live version that it is with all references written out."""
        if not situation.history.some_refer:
            return None
        history = situation.history.live
        with view() as reading:
            known = self._definitions.written_out(reading, situation.subject, history, sent.content, sent.parsed)
        return (
            None if known is None else replace(sent, identity=Identity(known.canonical_digest, known.normalized_digest))
        )

    def _place(
        self, view: View, situation: Situation, identified: Identified, options: RegistrationOptions, *, normalize: bool
    ) -> Decision | _Refusal | Version:
        """The version that has it, or the decision to make it the next one, or not to."""
        held = _held(situation, identified, normalize=normalize)
        if held is not None and options.version in (0, LATEST, held.number):
            return existing(view, situation.subject, held)
        number = situation.next_number
        lift = None if options.upcaster is None else self._lift(situation, options.upcaster, number, identified.parsed)
        refusal = None if options.force else self._check(view, situation, identified.candidate)
        if refusal is not None and (lift is None or not situation.policy.upcastable):
            return refusal
        if refusal is not None:
            self._upcasters.require_no_gap(situation.subject)
        if options.version not in (0, LATEST, number):
            raise InvalidSchemaText(
                f"Version {options.version} is not the next version of subject '{situation.subject}': "
                f"that is {number}; fetch the latest version and try again"
            )
        return Decision(
            situation,
            identified,
            identified.guid(Form.NORMALIZED if normalize else Form.CANONICAL),
            number,
            "forced" if options.force else "checked",
            lift=lift or self._follows(situation, number, identified.parsed),
            lifted=refusal is not None,
        )

    def _lift(self, situation: Situation, document: Document, number: int, candidate: Parsed) -> UpcasterPublished:
        """The proof of the upcaster that came along. Raises InvalidUpcaster, UpcasterRefused."""
        newest = situation.newest
        if newest is None or (document.source, document.target) != (newest.number, number):
            wanted = "there is no version before it" if newest is None else f"write from: {newest.number}, to: {number}"
            raise InvalidUpcaster(
                f"The upcaster joins versions {document.source} and {document.target}, the schema will be version "
                f"{number}: {wanted}"
            )
        return self._upcasters.proven(situation.subject, document, candidate)

    def _follows(self, situation: Situation, number: int, candidate: Parsed) -> UpcasterPublished | None:
        """The step that nobody has to write, where a subject has upcasters."""
        return self._upcasters.follows(situation.subject, candidate, number) if situation.upcast else None

    def _import(
        self, view: View, situation: Situation, sent: Identified | None, options: RegistrationOptions
    ) -> Decision | Version:
        """A version taken over from another registry: its id and number as given, nothing compared."""
        if sent is None:
            raise InvalidSchemaText("Invalid schema: the text is empty, and in import mode nothing is filled in")
        number = options.version if options.version > 0 else situation.next_number
        for known in situation.history:
            same = known.canonical_digest == sent.identity.canonical and known.schema_id == options.schema_id
            if same and (known.number == number or options.version <= 0) and not known.deleted:
                return existing(view, situation.subject, known)
            if known.number == number:
                raise OperationNotPermitted(
                    f"Version {number} of subject '{situation.subject}' holds another schema: "
                    "delete it permanently first"
                )
        return Decision(
            situation,
            sent,
            sent.guid(Form.CANONICAL),
            number,
            "imported",
            schema_id=options.schema_id,
            copied=options.copied,
        )

    def _check(self, view: View, situation: Situation, candidate: Candidate) -> _Refusal | None:
        """The refusal of a candidate that may not follow the history."""
        group = situation.policy.configuration.compatibility_group
        level = situation.policy.level
        compared = histories.compared(situation.history, level, candidate.content.metadata, group)
        if not compared:
            return None
        with view() as reading:
            definitions = self._definitions.of_known(reading, situation.subject, compared)
        criteria = situation.policy.criteria
        verdict = judge(level, candidate.definition, definitions, criteria=criteria, limits=self._settings.limits)
        if verdict.compatible:
            return None
        numbers = tuple(known.number for known in compared)
        validating = bool(situation.policy.configuration.validate_fields)
        checked = Checked(verdict, situation.subject, candidate.content.format, numbers, validating)
        message = wording.refusal(checked, [definition.text for definition in definitions])
        return _Refusal(checked, candidate.content, IncompatibleSchema(message, verdict))

    def _record(self, refusal: _Refusal, origin: Origin) -> None:
        """Keep the refusal in the log, unless it is the same as the last thing that happened to the subject."""
        subject, content = refusal.checked.subject, refusal.content
        event = RegistrationRefused(
            code=refusal.error.code,
            message=refusal.error.message,
            format=content.format.value,
            text=content.text,
            references=list(content.references),
            level=refusal.checked.verdict.level.name,
            profile=refusal.checked.verdict.criteria.profile.value,
            findings=wording.findings(refusal.checked),
        )
        with self._store.write(origin) as writing:
            if not writing.is_last_refusal(subject, content.text):
                writing.append((subject, event))


def _admissible(subject: Subject, candidate: Content) -> Content:
    """The candidate with its author's own rules. Raises InvalidRuleSet, InvalidSubject."""
    validate(candidate.rule_set)
    subject.require_registrable()
    own = without_compiled(candidate.rule_set)
    return candidate if own is candidate.rule_set else replace(candidate, rule_set=own)


def _held_as_sent(
    situation: Situation, sent: Identified, options: RegistrationOptions, *, normalize: bool
) -> Known | None:
    """The version that already holds exactly what was sent: found in every mode, READONLY included."""
    configuration = situation.policy.configuration
    adds = (
        configuration.default_metadata,
        configuration.override_metadata,
        configuration.default_rule_set,
        configuration.override_rule_set,
    )
    if options.version not in (0, LATEST) or options.retagging is not None or any(layer is not None for layer in adds):
        return None
    found = _held(situation, sent, normalize=normalize)
    return found if found is not None and options.schema_id in (None, found.schema_id) else None


def _held(situation: Situation, identified: Identified, *, normalize: bool) -> Known | None:
    """The live version that holds this schema with its metadata and rules."""
    content = identified.content
    return histories.same_schema(
        situation.history,
        identified.identity.digest(normalize=normalize),
        content.metadata,
        content.rule_set,
        normalize=normalize,
    )


def _require_valid(view: View, situation: Situation, identified: Identified) -> None:
    """What the settings and other subjects ask of it. Raises InvalidSchemaText, OperationNotPermitted."""
    candidate, content, parsed = identified.candidate, identified.content, identified.parsed
    if situation.policy.configuration.validate_fields:
        before = None if situation.newest is None else situation.newest.metadata
        validate_fields(content.format, parsed.engine.outline(parsed.schema), content.metadata, before)
    if candidate.targets:
        with view() as reading:
            _require_free(reading, situation.subject, candidate)


def _require_free(reading: Reading, subject: Subject, candidate: Candidate) -> None:
    """What is a resource's own can go with it, so nothing else may refer to it. Raises OperationNotPermitted."""
    for target in {target for target, _ in candidate.targets if target != subject}:
        for each in reading.associations(AssociationFilter(lifecycles=(Lifecycle.STRONG,)), subject=target):
            raise OperationNotPermitted(
                f"Subject '{target}' belongs to resource '{each.resource.name}' (lifecycle STRONG): "
                "no other schema may refer to it"
            )
