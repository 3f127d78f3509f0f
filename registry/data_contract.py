"""Metadata and rule sets: what is valid, when they are equal, and how defaults and overrides are merged.

Rules are stored and served, never executed here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from msgspec.structs import replace

from registry.errors import InvalidRuleSet
from registry.model import Metadata, Rule, RuleSet

STAMP: Final = "confluent:version"
"""The property that carries the version number a request has asked for."""

COMPILED: Final = "lineal:compiled"
"""The tag of migration rules that come from an upcaster: served, never part of a schema's identity."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,255}")
_MIGRATION_MODES: Final = frozenset({"UPGRADE", "DOWNGRADE", "UPDOWN"})
_DOMAIN_MODES: Final = frozenset({"WRITE", "READ", "WRITEREAD"})
_KINDS: Final = frozenset({"TRANSFORM", "CONDITION"})
_DEFAULT_KIND: Final = "TRANSFORM"
_DEFAULT_MODE: Final = "WRITEREAD"
_PAIRED_MODES: Final = frozenset({"UPDOWN", "WRITEREAD"})
_ENABLED_AT: Final = frozenset({"ALL", "CLIENT", "GATEWAY", "SERVER", "NONE"})


def validate(rule_set: RuleSet | None) -> None:
    """Raises InvalidRuleSet, naming the rule."""
    if rule_set is None:
        return
    if rule_set.enable_at is not None and rule_set.enable_at not in _ENABLED_AT:
        raise InvalidRuleSet(f"enableAt is '{rule_set.enable_at}': it is one of {_listed(_ENABLED_AT)}")
    seen: set[str] = set()
    for rules, modes in (
        (rule_set.migration_rules, _MIGRATION_MODES),
        (rule_set.domain_rules, _DOMAIN_MODES),
        (rule_set.encoding_rules, _DOMAIN_MODES),
    ):
        for rule in rules or ():
            _validate_rule(rule, modes)
            if rule.name in seen:
                raise InvalidRuleSet(f"two rules are named '{rule.name}': names are unique in the whole rule set")
            seen.add(rule.name)


def _validate_rule(rule: Rule, modes: frozenset[str]) -> None:
    if not _NAME.fullmatch(rule.name):
        raise InvalidRuleSet(
            f"'{rule.name}' is not the name of a rule: a letter or '_', then letters, digits, '_' or '-', at most 256"
        )
    if rule.kind is not None and rule.kind not in _KINDS:
        raise InvalidRuleSet(f"rule '{rule.name}': kind is '{rule.kind}', not one of {_listed(_KINDS)}")
    mode = rule.mode or _DEFAULT_MODE
    if mode not in modes:
        raise InvalidRuleSet(f"rule '{rule.name}': mode is '{mode}', in this list it is one of {_listed(modes)}")
    if not rule.type:
        raise InvalidRuleSet(f"rule '{rule.name}' has no type: name its executor, such as CEL or JSONATA")
    if mode not in _PAIRED_MODES:
        for action in (rule.on_success, rule.on_failure):
            if action and "," in action:
                raise InvalidRuleSet(
                    f"rule '{rule.name}': the pair of actions '{action}' needs the mode {_listed(_PAIRED_MODES)}"
                )


def completed(rule_set: RuleSet | None) -> RuleSet | None:
    """The same rules with the protocol's defaults written out: clients skip a rule without kind or mode."""
    if rule_set is None:
        return None
    lists = ("migration_rules", "domain_rules", "encoding_rules")
    given = {name: rules for name in lists if (rules := getattr(rule_set, name)) is not None}
    return replace(rule_set, **{name: [_completed(rule) for rule in rules] for name, rules in given.items()})


def _completed(rule: Rule) -> Rule:
    return replace(rule, kind=rule.kind or _DEFAULT_KIND, mode=rule.mode or _DEFAULT_MODE)


def rule_types(*rule_sets: RuleSet | None) -> set[str]:
    """The executors that rules name."""
    given = [each for each in rule_sets if each is not None]
    lists = [rules for each in given for rules in (each.migration_rules, each.domain_rules, each.encoding_rules)]
    return {rule.type for rules in lists for rule in rules or () if rule.type}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def same_metadata(one: Metadata | None, other: Metadata | None) -> bool:
    """Equal, where a stamp on one side only does not count."""
    mine, yours = _properties(one), _properties(other)
    if (STAMP in mine) != (STAMP in yours):
        mine.pop(STAMP, None)
        yours.pop(STAMP, None)
    return mine == yours and _rest(one) == _rest(other)


def _properties(metadata: Metadata | None) -> dict[str, str]:
    return dict((metadata and metadata.properties) or {})


def _rest(metadata: Metadata | None) -> tuple[dict[str, list[str]], list[str]]:
    if metadata is None:
        return {}, []
    tags = {path: sorted(set(tags)) for path, tags in (metadata.tags or {}).items()}
    return tags, sorted(set(metadata.sensitive or ()))


def without_compiled(rule_set: RuleSet | None) -> RuleSet | None:
    """The author's own rules: clients send back what they were served, with the rules of the upcasters."""
    if rule_set is None or not any(COMPILED in (rule.tags or ()) for rule in rule_set.migration_rules or ()):
        return rule_set
    own = [rule for rule in rule_set.migration_rules or () if COMPILED not in (rule.tags or ())]
    rest = replace(rule_set, migration_rules=own or None)
    return None if rest == RuleSet() else rest


def with_compiled(rule_set: RuleSet | None, compiled: tuple[Rule, ...]) -> RuleSet | None:
    """What clients are served: the author's rules, then those of the upcaster."""
    if not compiled:
        return rule_set
    own = rule_set or RuleSet()
    return replace(own, migration_rules=[*(own.migration_rules or ()), *compiled])


def stamped(metadata: Metadata | None, version: int) -> Metadata:
    """The metadata with the version number the request has asked for."""
    metadata = metadata or Metadata()
    return replace(metadata, properties={**(metadata.properties or {}), STAMP: str(version)})


def without_stamp(metadata: Metadata | None) -> Metadata | None:
    """The metadata without the version number that a request has once asked for."""
    if metadata is None or STAMP not in (metadata.properties or {}):
        return metadata
    rest = {name: value for name, value in (metadata.properties or {}).items() if name != STAMP}
    return replace(metadata, properties=rest or None)


def without_rules(rule_set: RuleSet | None, names: Collection[str]) -> RuleSet | None:
    """The rule set less the rules of these names; an empty one once no rule is left: none at all would be inherited."""
    if rule_set is None or not names:
        return rule_set
    lists = ("migration_rules", "domain_rules", "encoding_rules")
    kept = {name: [rule for rule in getattr(rule_set, name) or () if rule.name not in names] or None for name in lists}
    return replace(rule_set, **kept)


def merge_metadata(*layers: Metadata | None) -> Metadata | None:
    """Later layers win per key; sensitive names and tags are united."""
    given = [layer for layer in layers if layer is not None]
    if len(given) <= 1:
        return given[0] if given else None
    tags: dict[str, list[str]] = {}
    properties: dict[str, str] = {}
    sensitive: set[str] = set()
    for layer in given:
        tags |= layer.tags or {}
        properties |= layer.properties or {}
        sensitive |= set(layer.sensitive or ())
    return Metadata(tags=tags or None, properties=properties or None, sensitive=sorted(sensitive) or None)


def merge_rules(*layers: RuleSet | None) -> RuleSet | None:
    """Later layers replace rules of the same name and append the others."""
    given = [layer for layer in layers if layer is not None]
    if len(given) <= 1:
        return given[0] if given else None
    return RuleSet(
        migration_rules=_merged(layer.migration_rules for layer in given),
        domain_rules=_merged(layer.domain_rules for layer in given),
        encoding_rules=_merged(layer.encoding_rules for layer in given),
        enable_at=next((layer.enable_at for layer in reversed(given) if layer.enable_at), None),
    )


def _merged(lists: Iterable[list[Rule] | None]) -> list[Rule] | None:
    by_name: dict[str, Rule] = {}
    for rules in lists:
        by_name |= {rule.name: rule for rule in rules or ()}
    return list(by_name.values()) or None
