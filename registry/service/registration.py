"""Accept a new version of a subject, or refuse it with the reason.

The work that takes time (parsing, comparing) is done before the transaction. The transaction makes sure that what was
decided upon is still so, and otherwise everything is decided again: check and append are one decision.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from compat import tagging
from compat.engine import Form
from compat.entity import Tags
from compat.errors import InvalidSchema
from compat.formats import Parsed
from registry import history as histories
from registry.access.current import named
from registry.data_contract import merge_metadata, merge_rules, stamped, validate, without_compiled
from registry.errors import IncompatibleSchema, InvalidSchemaText, InvalidUpcaster, OperationNotPermitted
from registry.events import Acceptance, RegistrationRefused, SchemaRegistered, UpcasterPublished
from registry.fields import validate_fields
from registry.history import Known
from registry.identity import Identity, guid
from registry.model import ANONYMOUS, LATEST, AssociationFilter, Content, Lifecycle, Origin, Subject, Version
from registry.policy import Policy, Setting, policy, require_registration, scopes
from registry.service import wording
from registry.service.answers import Checked
from registry.service.definitions import Candidate, Definitions, identify, parse
from registry.service.judging import judge
from registry.service.scope import aliased
from registry.service.upcasters import Upcasters
from registry.settings import Settings
from registry.storage.reading import Reading
from registry.storage.store import Store, Writing
from upcasters.document import Document

_ATTEMPTS: Final = 4
"""How often a decision is made before the lock is taken; then it is made with the lock held."""

View = Callable[[], AbstractContextManager[Reading]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retagging:
    """Tags that the text shall have; first those of the latest version, then the added ones, less the removed ones."""

    propagate: bool = False
    """Records and fields keep the tags that they have in the latest version."""
    add: Tags = field(default_factory=dict)
    remove: Tags = field(default_factory=dict)


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
class _Situation:
    """What a decision rests on."""

    subject: Subject
    settings: tuple[Setting, ...]
    policy: Policy
    position: int
    """Of the whole log."""
    history: list[Known]


@dataclass(frozen=True, slots=True)
class _Decision:
    """A version that may be added as long as the situation stays what it was."""

    situation: _Situation
    candidate: Candidate
    identity: Identity
    guid: str
    number: int
    schema_id: int | None
    acceptance: Acceptance
    lift: UpcasterPublished | None = None
    """The upcaster that came with it, proven; or the step that nobody has to write."""
    lifted: bool = False
    """Whether it is accepted for the sake of the upcaster."""
    copied: bool = False
    """Whether it is a copy, beside whatever else was copied."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A candidate that may not follow the history."""

    checked: Checked
    content: Content
    error: IncompatibleSchema


class Registration:
    """Registers versions."""

    def __init__(self, store: Store, definitions: Definitions, settings: Settings, upcasters: Upcasters) -> None:
        self._store = store
        self._definitions = definitions
        self._settings = settings
        self._upcasters = upcasters

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
        outcome = self._settle(subject, _admissible(subject, candidate), options, origin)
        if isinstance(outcome, _Refusal):
            self._record(outcome, origin)
            raise outcome.error
        return outcome

    def rehearse(
        self, subject: Subject, candidate: Content, options: RegistrationOptions, origin: Origin = ANONYMOUS
    ) -> None:
        """Raises what ``register`` would raise, and records a refusal; registers nothing."""
        outcome = self._decide(self._store.read, subject, _admissible(subject, candidate), options)
        if isinstance(outcome, _Refusal):
            self._record(outcome, origin)
            raise outcome.error

    def within(
        self, writing: Writing, subject: Subject, candidate: Content, options: RegistrationOptions, origin: Origin
    ) -> Version:
        """``register`` as a part of a larger transaction; a refusal is not recorded."""
        candidate = _admissible(subject, candidate)
        outcome = self._decide(lambda: nullcontext(writing), subject, candidate, options)
        if isinstance(outcome, _Refusal):
            raise outcome.error
        return _append(writing, outcome, origin) if isinstance(outcome, _Decision) else outcome

    def _settle(
        self, subject: Subject, candidate: Content, options: RegistrationOptions, origin: Origin
    ) -> Version | _Refusal:
        for _ in range(_ATTEMPTS):
            decision = self._decide(self._store.read, subject, candidate, options)
            if not isinstance(decision, _Decision):
                return decision
            version = self._store.together(partial(_append_if_still, decision=decision, origin=origin), origin)
            if version is not None:
                return version
        with self._store.write(origin) as writing:
            decision = self._decide(lambda: nullcontext(writing), subject, candidate, options)
            return _append(writing, decision, origin) if isinstance(decision, _Decision) else decision

    def _decide(
        self, view: View, subject: Subject, content: Content, options: RegistrationOptions
    ) -> _Decision | _Refusal | Version:
        with view() as reading:
            situation = self._situation(reading, subject)
            lenient = options.copied or situation.policy.lenient
            sent = (
                self._definitions.candidate(reading, situation.subject, content, lenient=lenient)
                if content.text
                else None
            )
        normalize = options.normalize or bool(situation.policy.configuration.normalize)
        as_sent = None if sent is None else _identity(sent, situation)
        if sent is not None and as_sent is not None:
            existing = _held_as_sent(situation, sent.content, as_sent, options, normalize=normalize)
            if existing is not None:
                return _existing(view, situation.subject, existing)
        if not options.copied:
            require_registration(situation.policy.mode, situation.subject, options.schema_id)
        if options.copied or situation.policy.mode.imports:
            return self._import(view, situation, sent, options)
        populated = _populated(view, situation, content, options)
        if options.retagging is not None:
            populated = self._retagged(view, situation, populated, options.retagging)
        if sent is not None and populated == content:
            prepared = sent
        else:
            with view() as reading:
                prepared = self._definitions.candidate(reading, situation.subject, populated, lenient=lenient)
        parsed = parse(prepared.definition)
        _require_valid(view, situation, prepared, parsed)
        identity = as_sent if prepared is sent and as_sent is not None else _identity(prepared, situation)
        same = histories.same_schema(
            histories.live(situation.history),
            identity.digest(normalize=normalize),
            prepared.content.metadata,
            prepared.content.rule_set,
            normalize=normalize,
        )
        if same is not None and options.version in (0, LATEST, same.number):
            return _existing(view, situation.subject, same)
        number = histories.next_number(situation.history)
        lift = None if options.upcaster is None else self._lift(situation, options.upcaster, number, parsed)
        refusal = None if options.force else self._check(view, situation, prepared)
        if refusal is not None and (lift is None or not situation.policy.upcastable):
            return refusal
        if refusal is not None:
            self._upcasters.require_no_gap(situation.subject)
        if options.version not in (0, LATEST, number):
            raise InvalidSchemaText(
                f"Version {options.version} is not the next version of subject '{situation.subject}': "
                f"that is {number}; fetch the latest version and try again"
            )
        if lift is None:
            lift = self._upcasters.follows(situation.subject, parsed, number)
        text = parsed.engine.text(parsed.schema, Form.NORMALIZED if normalize else Form.CANONICAL)
        return _Decision(
            situation,
            prepared,
            identity,
            _guid(text, prepared.content),
            number,
            None,
            "forced" if options.force else "checked",
            lift,
            lifted=refusal is not None,
        )

    def _lift(self, situation: _Situation, document: Document, number: int, candidate: Parsed) -> UpcasterPublished:
        """The proof of the upcaster that came along. Raises InvalidUpcaster, UpcasterRefused."""
        newest = histories.latest(situation.history)
        if newest is None or (document.source, document.target) != (newest.number, number):
            wanted = "there is no version before it" if newest is None else f"write from: {newest.number}, to: {number}"
            raise InvalidUpcaster(
                f"The upcaster joins versions {document.source} and {document.target}, the schema will be version "
                f"{number}: {wanted}"
            )
        return self._upcasters.proven(situation.subject, document, candidate)

    def _situation(self, reading: Reading, subject: Subject) -> _Situation:
        settings = tuple(reading.settings(scopes(subject)))
        if settings[0].configuration is not None and settings[0].configuration.alias:
            subject = aliased(reading, subject)
            settings = tuple(reading.settings(scopes(subject)))
        in_force = policy(settings, self._settings.level, self._settings.inheritance)
        return _Situation(subject, settings, in_force, reading.position(), reading.history(subject))

    def _retagged(self, view: View, situation: _Situation, content: Content, wanted: Retagging) -> Content:
        """The same schema with other tags in its text. Raises InvalidSchemaText for what it does not have."""
        newest = histories.latest(situation.history)
        with view() as reading:
            lenient = situation.policy.lenient
            parsed = parse(self._definitions.candidate(reading, situation.subject, content, lenient=lenient).definition)
            earlier = self._definitions.of_known(reading, situation.subject, [newest] if newest else [])
        kept = tagging.carried_over(parse(earlier[0]), parsed) if wanted.propagate and earlier else {}
        add = {each: kept.get(each, frozenset()) | wanted.add.get(each, frozenset()) for each in {*kept, *wanted.add}}
        try:
            return replace(content, text=tagging.tagged(parsed, add, wanted.remove))
        except InvalidSchema as error:
            raise InvalidSchemaText(f"Invalid schema: {error}") from error

    def _import(
        self, view: View, situation: _Situation, sent: Candidate | None, options: RegistrationOptions
    ) -> _Decision | Version:
        """A version taken over from another registry: its id and number as given, nothing compared."""
        if sent is None:
            raise InvalidSchemaText("Invalid schema: the text is empty, and in import mode nothing is filled in")
        parsed = parse(sent.definition)
        identity = identify(parsed, sent.content, situation.subject.context)
        number = options.version if options.version > 0 else histories.next_number(situation.history)
        for known in situation.history:
            same = known.canonical_digest == identity.canonical and known.schema_id == options.schema_id
            if same and (known.number == number or options.version <= 0) and not known.deleted:
                return _existing(view, situation.subject, known)
            if known.number == number:
                raise OperationNotPermitted(
                    f"Version {number} of subject '{situation.subject}' holds another schema: "
                    "delete it permanently first"
                )
        text = parsed.engine.text(parsed.schema, Form.CANONICAL)
        return _Decision(
            situation,
            sent,
            identity,
            _guid(text, sent.content),
            number,
            options.schema_id,
            "imported",
            copied=options.copied,
        )

    def _check(self, view: View, situation: _Situation, candidate: Candidate) -> _Refusal | None:
        """The refusal of a candidate that may not follow the history."""
        group = situation.policy.configuration.compatibility_group
        compared = histories.comparable(situation.history, candidate.content.metadata, group)
        level = situation.policy.level
        if not level.directions or not compared:
            return None
        if not level.transitive:
            compared = compared[-1:]
        with view() as reading:
            definitions = self._definitions.of_known(reading, situation.subject, compared)
        verdict = judge(level, candidate.definition, definitions, limits=self._settings.limits)
        if verdict.compatible:
            return None
        checked = Checked(verdict, situation.subject, tuple(known.number for known in compared))
        return _Refusal(checked, candidate.content, IncompatibleSchema(wording.refusal(checked), verdict))

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
            findings=wording.findings(refusal.checked),
        )
        with self._store.write(origin) as writing:
            if not writing.is_last_refusal(subject, content.text):
                writing.append((subject, event))


def _admissible(subject: Subject, candidate: Content) -> Content:
    """The candidate with its author's own rules. Raises InvalidRuleSet, InvalidSubject."""
    validate(candidate.rule_set)
    subject.require_registrable()
    return replace(candidate, rule_set=without_compiled(candidate.rule_set))


def _identity(candidate: Candidate, situation: _Situation) -> Identity:
    return identify(parse(candidate.definition), candidate.content, situation.subject.context)


def _held_as_sent(
    situation: _Situation, content: Content, identity: Identity, options: RegistrationOptions, *, normalize: bool
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
    found = histories.same_schema(
        histories.live(situation.history),
        identity.digest(normalize=normalize),
        content.metadata,
        content.rule_set,
        normalize=normalize,
    )
    return found if found is not None and options.schema_id in (None, found.schema_id) else None


def _populated(view: View, situation: _Situation, content: Content, options: RegistrationOptions) -> Content:
    """What was sent, completed from the latest version and from the defaults and overrides in force."""
    newest = histories.latest(situation.history)
    if not content.text:
        content = _with_text_of(view, situation.subject, newest, content)
    configuration = situation.policy.configuration
    metadata = merge_metadata(
        configuration.default_metadata,
        content.metadata if content.metadata is not None or newest is None else newest.metadata,
        configuration.override_metadata,
    )
    rule_set = merge_rules(
        configuration.default_rule_set,
        content.rule_set if content.rule_set is not None or newest is None else newest.rule_set,
        configuration.override_rule_set,
    )
    if options.version != 0:
        number = histories.next_number(situation.history) if options.version == LATEST else options.version
        metadata = stamped(metadata, number)
    return replace(content, metadata=metadata, rule_set=rule_set)


def _with_text_of(view: View, subject: Subject, newest: Known | None, content: Content) -> Content:
    """A request with only metadata or rules is about the latest schema."""
    if newest is None:
        raise InvalidSchemaText("Invalid schema: the text is empty, and there is no version to take it from")
    latest = _existing(view, subject, newest).content
    return replace(content, format=latest.format, text=latest.text, references=latest.references)


def _require_valid(view: View, situation: _Situation, candidate: Candidate, parsed: Parsed) -> None:
    """What the settings and other subjects ask of it. Raises InvalidSchemaText, OperationNotPermitted."""
    if situation.policy.configuration.validate_fields:
        newest = histories.latest(situation.history)
        outline = parsed.engine.outline(parsed.schema)
        before = None if newest is None else newest.metadata
        validate_fields(candidate.content.format, outline, candidate.content.metadata, before)
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


def _guid(text: str, content: Content) -> str:
    return guid(text, content.references, content.metadata, content.rule_set)


def _existing(view: View, subject: Subject, known: Known) -> Version:
    with view() as reading:
        found = reading.version(subject, known.number)
    if found is None:
        raise OperationNotPermitted(f"Version {known.number} of subject '{subject}' was just deleted: try again")
    return found


def _still(writing: Writing, decision: _Decision) -> bool:
    """Whether nothing that the decision rests on has changed."""
    situation = decision.situation
    if writing.position() == situation.position:
        return True
    rests_on = {*scopes(situation.subject), *(target for target, _ in decision.candidate.targets)}
    return rests_on.isdisjoint(writing.changed_since(situation.position))


def _append_if_still(writing: Writing, decision: _Decision, origin: Origin) -> Version | None:
    return _append(writing, decision, origin) if _still(writing, decision) else None


def _append(writing: Writing, decision: _Decision, origin: Origin) -> Version:
    situation, content = decision.situation, decision.candidate.content
    schema_id = _schema_id(writing, decision)
    event = SchemaRegistered(
        version=decision.number,
        schema_id=schema_id,
        guid=decision.guid,
        format=content.format.value,
        text=content.text,
        canonical_digest=decision.identity.canonical,
        normalized_digest=decision.identity.normalized,
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


def _schema_id(writing: Writing, decision: _Decision) -> int:
    """The id of this very schema where its context has it already, else the next one; in IMPORT mode the given one."""
    context, content = decision.situation.subject.context, decision.candidate.content
    whole = writing.whole
    if decision.schema_id is None:
        for known in whole.with_digest(context, decision.identity.canonical, normalized=False):
            if known.metadata == content.metadata and known.rule_set == content.rule_set:
                return known.schema_id
        return whole.last_id(context) + 1
    for holder in whole.with_id(context, decision.schema_id):
        if not whole.holds(context, decision.schema_id, decision.identity.canonical):
            raise OperationNotPermitted(
                f"Schema id {decision.schema_id} is already that of another schema "
                f"({named(holder.subject)}, version {holder.number}): ids are never given twice"
            )
    return decision.schema_id


def _superseded(writing: Writing, decision: _Decision, schema_id: int) -> list[int]:
    if decision.copied:
        return []
    subject = decision.situation.subject
    replaced = histories.superseded(decision.situation.history, schema_id)
    return [number for number in replaced if not writing.whole.referrers(subject, [number], deleted=True)]
