"""What is in force for a subject: settings after inheritance, and what a mode allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from compat import criteria
from compat.errors import InvalidCriteria
from compat.level import Level
from compat.profile import Criteria, FormatMode, Profile
from registry.data_contract import completed, validate
from registry.errors import InvalidJudgement, InvalidLevel, InvalidMode, OperationNotPermitted
from registry.model import (
    DEFAULT,
    GLOBAL_CONTEXT,
    Configuration,
    ConfigurationChange,
    Mode,
    Subject,
)

Inheritance = Literal["confluent", "sane"]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What is in force where nothing is configured, and how what is configured is inherited."""

    level: Level = Level.BACKWARD
    profile: Profile = Profile.STRICT
    json_formats: FormatMode = FormatMode.CONSERVATIVE
    inheritance: Inheritance = "confluent"


UPCASTABLE: Final = "UPCASTABLE"
"""The policy under which a breaking version is accepted when a proven upcaster comes with it."""
_POLICIES: Final = ("STRICT", "LENIENT", "LOGICAL", UPCASTABLE)
_INHERITED_BY_SUBJECTS: Final = (
    "normalize",
    "validate_fields",
    "validate_new_schemas",
    "validate_rules",
    "compatibility_policy",
    "compatibility_group",
    "profile",
    "rule_overrides",
    "json_formats",
)
"""What a subject with settings of its own takes from the global row of the default context, in the protocol."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is set for one scope itself."""

    configuration: Configuration | None = None
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What is in force for a subject, after inheritance."""

    level: Level
    mode: Mode
    configuration: Configuration
    """Effective; its level is always set, its profile and what formats mean where they are not the usual ones."""
    criteria: Criteria
    """By what candidates are judged."""

    @property
    def lenient(self) -> bool:
        """Whether new schemas are taken as older registries took them, valid or not as far as they can be read."""
        return self.mode.imports or self.configuration.validate_new_schemas is False

    @property
    def upcastable(self) -> bool:
        """Whether a breaking version is accepted when a proven upcaster comes with it."""
        return self.configuration.compatibility_policy == UPCASTABLE


def scopes(subject: Subject) -> tuple[Subject, Subject, Subject, Subject]:
    """Where settings for a subject may stand: itself, its context, the default context, everything."""
    return subject, Subject(subject.context), DEFAULT, Subject(GLOBAL_CONTEXT)


def policy(settings: Sequence[Setting], defaults: Defaults) -> Policy:
    """What follows from the settings of ``scopes``, in that order."""
    own, context, default_context, everywhere = settings
    above = (context.configuration, everywhere.configuration)
    if defaults.inheritance == "sane":
        configuration = _nearest((own.configuration, context.configuration, everywhere.configuration))
    elif own.configuration is None:
        configuration = next((row for row in above if row is not None), Configuration())
    else:
        configuration = _with_globals(own.configuration, default_context.configuration or Configuration())
    level = Level[configuration.compatibility_level] if configuration.compatibility_level else defaults.level
    if configuration.profile is None and defaults.profile is not Profile.STRICT:
        configuration = replace(configuration, profile=defaults.profile.value)
    if configuration.json_formats is None and defaults.json_formats is not FormatMode.CONSERVATIVE:
        configuration = replace(configuration, json_formats=defaults.json_formats.value)
    mode = next((row.mode for row in (own, context, everywhere) if row.mode is not None), Mode.READWRITE)
    return Policy(level, mode, replace(configuration, compatibility_level=level.name), _criteria(configuration))


def _criteria(configuration: Configuration) -> Criteria:
    """By what settings say that candidates are judged. Raises InvalidJudgement."""
    try:
        profile = configuration.profile or Profile.STRICT.value
        found = criteria.read(profile, configuration.rule_overrides, configuration.json_formats)
    except InvalidCriteria as error:
        raise InvalidJudgement(str(error)) from None
    return criteria.under_policy(found, configuration.compatibility_policy)


def _nearest(rows: Sequence[Configuration | None]) -> Configuration:
    """Every member from the first row that has it."""
    values: dict[str, object] = {}
    for row in rows:
        for name in Configuration.__struct_fields__:
            value = getattr(row, name, None)
            if value is not None and name != "alias":  # an alias is its own subject's, never inherited
                values.setdefault(name, value)
    alias = rows[0].alias if rows[0] is not None else None
    return Configuration(**values, alias=alias)  # type: ignore[arg-type]


def _with_globals(own: Configuration, above: Configuration) -> Configuration:
    missing = {name: getattr(above, name) for name in _INHERITED_BY_SUBJECTS if getattr(own, name) is None}
    return replace(own, **missing)


def parse_level(text: str) -> Level:
    """Raises InvalidLevel."""
    try:
        return Level[text.strip().upper()]
    except KeyError:
        raise InvalidLevel(text) from None


def parse_profile(text: str) -> Profile:
    """Raises InvalidJudgement."""
    try:
        return criteria.profile_named(text)
    except InvalidCriteria as error:
        raise InvalidJudgement(str(error)) from None


def parse_mode(text: str, scope: Subject) -> Mode:
    """Raises InvalidMode."""
    try:
        mode = Mode(text.strip().upper())
    except ValueError:
        raise InvalidMode(text) from None
    if mode is Mode.FORWARD and scope != Subject(GLOBAL_CONTEXT):
        raise InvalidMode(text, "mode FORWARD can only be set for everything, at /mode/:.__GLOBAL:")
    return mode


def changed(configuration: Configuration, change: ConfigurationChange) -> Configuration:
    """The settings after a change. Raises InvalidLevel, InvalidJudgement, InvalidRuleSet."""
    values: dict[str, object] = {}
    for name in ConfigurationChange.__struct_fields__:
        value = getattr(change, name)
        if value is not msgspec.UNSET:
            values["compatibility_level" if name == "compatibility" else name] = value
    if isinstance(level := values.get("compatibility_level"), str):
        values["compatibility_level"] = parse_level(level).name
    if isinstance(alias := values.get("alias"), str):
        Subject.parse(alias)
    if isinstance(named := values.get("compatibility_policy"), str):
        if named.upper() not in _POLICIES:
            raise InvalidJudgement(f"compatibilityPolicy is '{named}', not one of {', '.join(_POLICIES)}")
        values["compatibility_policy"] = named.upper()
    for name in ("profile", "json_formats"):
        if isinstance(chosen := values.get(name), str):
            values[name] = chosen.strip().lower()
    result = replace(configuration, **values)
    _criteria(result)
    validate(result.default_rule_set)
    validate(result.override_rule_set)
    return replace(
        result,
        default_rule_set=completed(result.default_rule_set),
        override_rule_set=completed(result.override_rule_set),
    )


def require_writable(mode: Mode, subject: Subject) -> None:
    """Raises OperationNotPermitted in the read-only modes."""
    if mode.read_only:
        where, path = (f"Subject {subject}", f"/{subject}") if str(subject) else ("The registry", "")
        raise OperationNotPermitted(
            f"{where} is in read-only mode ({mode}): set its mode to READWRITE first (PUT /mode{path})"
        )


def require_registration(mode: Mode, subject: Subject, schema_id: int | None) -> None:
    """Whether a new version may be added with, or without, an id of the caller's choice."""
    require_writable(mode, subject)
    if schema_id is not None and not mode.imports:
        raise OperationNotPermitted(
            f"Subject {subject} is not in import mode: leave the id out, or set its mode to IMPORT first"
        )
    if schema_id is None and mode.imports:
        raise OperationNotPermitted(
            f"Subject {subject} is in import mode: give the schema its id, or set its mode to READWRITE first"
        )
