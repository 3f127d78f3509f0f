"""What is in force, in both manners of inheritance."""

from __future__ import annotations

import pytest

from compat.level import Level
from registry.errors import InvalidLevel, InvalidMode, OperationNotPermitted
from registry.model import DEFAULT, Configuration, Mode, Subject
from registry.policy import Defaults, Inheritance, Setting, parse_level, parse_mode, policy, require_registration

NOTHING = Setting()


def configured(**values: object) -> Setting:
    return Setting(configuration=Configuration(**values))  # type: ignore[arg-type]


def level(*settings: Setting, inheritance: Inheritance = "confluent") -> Level:
    return policy(settings, Defaults(inheritance=inheritance)).level


FULL = configured(compatibility_level="FULL")
ALIAS_ONLY = configured(alias="other")


@pytest.mark.parametrize("inheritance", ["confluent", "sane"])
def test_nothing_set_is_the_servers_default(inheritance: Inheritance) -> None:
    assert level(NOTHING, NOTHING, NOTHING, NOTHING, inheritance=inheritance) is Level.BACKWARD


@pytest.mark.parametrize("inheritance", ["confluent", "sane"])
def test_the_nearest_row_wins(inheritance: Inheritance) -> None:
    forward, none = configured(compatibility_level="FORWARD"), configured(compatibility_level="NONE")
    assert level(FULL, forward, forward, none, inheritance=inheritance) is Level.FULL
    assert level(NOTHING, FULL, FULL, none, inheritance=inheritance) is Level.FULL
    assert level(NOTHING, NOTHING, NOTHING, none, inheritance=inheritance) is Level.NONE


def test_a_subject_with_settings_but_no_level_has_the_servers_default() -> None:
    assert level(ALIAS_ONLY, FULL, FULL, NOTHING) is Level.BACKWARD


def test_the_sane_variant_inherits_what_is_not_set() -> None:
    assert level(ALIAS_ONLY, FULL, FULL, NOTHING, inheritance="sane") is Level.FULL


def test_an_alias_is_never_inherited() -> None:
    in_force = policy((NOTHING, ALIAS_ONLY, ALIAS_ONLY, NOTHING), Defaults(inheritance="sane"))
    assert in_force.configuration.alias is None


def test_switches_come_from_the_default_contexts_row() -> None:
    normalizing = configured(normalize=True, compatibility_level="NONE")
    in_force = policy((ALIAS_ONLY, NOTHING, normalizing, NOTHING), Defaults())
    assert in_force.configuration.normalize is True
    assert in_force.level is Level.BACKWARD


def test_the_default_contexts_row_is_not_that_of_other_contexts() -> None:
    assert level(NOTHING, NOTHING, FULL, NOTHING) is Level.BACKWARD


def test_modes_go_up_from_subject_to_everything() -> None:
    def mode(*modes: Mode | None) -> Mode:
        return policy([Setting(mode=one) for one in modes], Defaults()).mode

    assert mode(None, None, None, None) is Mode.READWRITE
    assert mode(None, None, None, Mode.READONLY) is Mode.READONLY
    assert mode(Mode.READWRITE, Mode.READONLY, None, Mode.IMPORT) is Mode.READWRITE


def test_levels_and_modes_are_read_whatever_their_case() -> None:
    assert parse_level(" full_Transitive ") is Level.FULL_TRANSITIVE
    assert parse_mode("readonly", DEFAULT) is Mode.READONLY
    with pytest.raises(InvalidLevel, match="FULLISH"):
        parse_level("FULLISH")
    with pytest.raises(InvalidMode, match="__GLOBAL"):
        parse_mode("FORWARD", Subject(name="s"))


@pytest.mark.parametrize(
    ("mode", "schema_id", "allowed"),
    [
        (Mode.READWRITE, None, True),
        (Mode.READWRITE, 7, False),
        (Mode.IMPORT, 7, True),
        (Mode.IMPORT, None, False),
        (Mode.FORWARD, 7, True),
        (Mode.READONLY, None, False),
        (Mode.READONLY, 7, False),
        (Mode.READONLY_OVERRIDE, None, False),
    ],
)
def test_what_each_mode_lets_in(mode: Mode, schema_id: int | None, allowed: bool) -> None:  # noqa: FBT001
    if allowed:
        require_registration(mode, Subject(name="s"), schema_id)
    else:
        with pytest.raises(OperationNotPermitted):
            require_registration(mode, Subject(name="s"), schema_id)
