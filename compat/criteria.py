"""Read by what a person wants comparisons judged, and refuse what names nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from compat.confluent.kinds import KINDS
from compat.confluent.kinds import PREFIX as CONFLUENT
from compat.errors import InvalidCriteria
from compat.formats import ENGINES
from compat.profile import BUF_PREFIX, Action, Criteria, FormatMode, Profile
from compat.verdict import Severity

PROFILES: Final = tuple(profile.value for profile in Profile)
FORMAT_MODES: Final = tuple(mode.value for mode in FormatMode)
ACTIONS: Final = tuple(action.value for action in Action)
SEVERITIES: Final = {each.lower(): each.value for each in (Severity.LOSSY, Severity.DATA_DEPENDENT)}
"""The severities that may be weighed as a whole, as they are spelt among the names of rules."""


def read(profile: str, overrides: Mapping[str, str] | None = None, json_formats: str | None = None) -> Criteria:
    """``overrides`` maps rules, kinds of other authorities, ``lossy`` or ``data_dependent`` to actions.

    Raises InvalidCriteria.
    """
    known = ((rule_named(rule), action_named(action, rule)) for rule, action in (overrides or {}).items())
    mode = FormatMode.CONSERVATIVE if json_formats is None else format_mode_named(json_formats)
    return Criteria(profile_named(profile), tuple(sorted(dict(known).items())), mode)


def under_policy(criteria: Criteria, policy: str | None) -> Criteria:
    """Confluent's ``compatibilityPolicy`` keeps its meaning inside the profile ``confluent``."""
    if criteria.profile is Profile.CONFLUENT and policy == "LENIENT":
        return replace(criteria, profile=Profile.CONFLUENT_LENIENT)
    return criteria


def profile_named(name: str) -> Profile:
    """Raises InvalidCriteria."""
    try:
        return Profile(name.strip().lower())
    except ValueError:
        raise InvalidCriteria(f"'{name}' is not a profile; choose one of {', '.join(PROFILES)}") from None


def format_mode_named(name: str) -> FormatMode:
    """Raises InvalidCriteria."""
    try:
        return FormatMode(name.strip().lower())
    except (ValueError, AttributeError):
        choices = ", ".join(FORMAT_MODES)
        raise InvalidCriteria(f"'{name}' is not what 'format' can mean; choose one of {choices}") from None


def action_named(name: str, rule: str) -> Action:
    """Raises InvalidCriteria."""
    try:
        return Action(name.strip().lower())
    except (ValueError, AttributeError):
        choices = ", ".join(ACTIONS)
        raise InvalidCriteria(f"'{name}' is not what can be done about {rule}; choose one of {choices}") from None


def rule_named(name: str) -> str:
    """The rule, or the severity, that a name stands for. Raises InvalidCriteria."""
    if name.lower() in SEVERITIES:
        return SEVERITIES[name.lower()]
    if name not in _known():
        raise InvalidCriteria(
            f"'{name}' is not a rule: write a rule of lineal (GET /api/v1/rules), {', '.join(SEVERITIES)}, or what "
            f"another authority names, as in {CONFLUENT}TYPE_CHANGED or {BUF_PREFIX}FIELD_SAME_TYPE"
        )
    return name


@cache
def _known() -> frozenset[str]:
    from compat import buf  # with all of the Protobuf engine, which nobody needs who overrides no rule

    own = {rule for engine in ENGINES.values() for rule in engine.rules}
    theirs = {CONFLUENT + kind for kinds in KINDS.values() for kind in kinds}
    return frozenset(own | theirs | {BUF_PREFIX + rule for rule in buf.RULES})
