"""What the pages of settings show: what is in force for a scope, and the form to change it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a list."""

    value: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One member: what is set here, and what is in force."""

    name: str
    label: str
    help: str
    options: tuple[Option, ...]
    """The first, with no value, is that nothing is set here."""
    set_here: str
    """Empty where nothing is."""
    in_force: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What settings are about."""

    name: str
    """As the protocol writes it; empty for the default context and everything that inherits from it."""
    words: str
    url: str
    is_subject: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings of one scope."""

    scope: Scope
    settings: tuple[Setting, ...]
    rules: str
    """What is done about single rules here: ``lossy = block``, one a line."""
    rules_in_force: tuple[str, ...]
    beside: tuple[str, ...]
    """Other members that are set here, which this page leaves as they are."""
    alias: str
    """Another subject that is given to whoever asks for this one; empty for none."""
    mode: Setting
    inherits: str
    """A sentence about inheritance where it may surprise."""
    may_change: bool
    has_own: bool
    saved: bool = False
    error: str = ""
