"""A new version that differs from another one in tags, metadata or rules only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from registry.data_contract import merge_rules, without_rules, without_stamp
from registry.errors import InvalidRuleSet
from registry.history import parse_number
from registry.model import ANONYMOUS, Metadata, Origin, RuleSet, Subject, Version
from registry.service.completion import Retagging
from registry.service.lookup import find_version
from registry.service.registration import Registration, RegistrationOptions
from registry.service.scope import aliased
from registry.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What the new version has differently."""

    number: int = 0
    """The new version must be this one; 0 is the next."""
    retagging: Retagging = field(default_factory=Retagging)
    metadata: Metadata | None = None
    """In place of the old; None keeps it."""
    rule_set: RuleSet | None = None
    """In place of the old; None keeps it."""
    rules_to_merge: RuleSet | None = None
    rules_to_remove: tuple[str, ...] = ()
    """Names of rules."""


class Amendments:
    """Registers amended versions."""

    def __init__(self, store: Store, registration: Registration) -> None:
        self._store = store
        self._registration = registration

    def amend(self, subject: Subject, version: str | int, amendment: Amendment, origin: Origin = ANONYMOUS) -> Version:
        """The version that holds the amended schema.

        Raises InvalidVersion, SubjectNotFound, VersionNotFound, and what a registration raises.
        """
        number = parse_number(version)
        merges = amendment.rules_to_merge is not None or bool(amendment.rules_to_remove)
        if amendment.rule_set is not None and merges:
            raise InvalidRuleSet("ruleSet replaces all rules, so it cannot come with rulesToMerge or rulesToRemove")
        with self._store.read() as reading:
            subject = aliased(reading, subject)
            content = find_version(reading, subject, number, deleted=False).content
        rule_set = amendment.rule_set
        if rule_set is None:
            rule_set = without_rules(merge_rules(content.rule_set, amendment.rules_to_merge), amendment.rules_to_remove)
        metadata = without_stamp(content.metadata) if amendment.metadata is None else amendment.metadata
        options = RegistrationOptions(version=amendment.number, retagging=amendment.retagging)
        wanted = replace(content, metadata=metadata, rule_set=rule_set)
        return self._registration.register(subject, wanted, options, origin)
