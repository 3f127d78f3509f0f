"""By what a comparison is judged: whose rules decide, and the rules a person weighs otherwise. Data, no judgement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from compat.definition import Format

BUF_PREFIX: Final = "buf:"
"""Before the name of a rule of buf's, wherever it stands among lineal's own."""


class Profile(StrEnum):
    """Whose rules decide. The facts are the same under all of them."""

    STRICT = "strict"
    """The truth about data: some event cannot be read, or it is proven that all can."""
    CONFLUENT = "confluent"
    """As Confluent's policy STRICT decides."""
    CONFLUENT_LENIENT = "confluent-lenient"
    """As Confluent's policy LENIENT decides."""
    BUF_FILE = "buf-file"
    BUF_PACKAGE = "buf-package"
    BUF_WIRE_JSON = "buf-wire-json"
    BUF_WIRE = "buf-wire"
    """As buf's category of that name decides over Protobuf; other formats are judged strictly."""

    @property
    def of_confluent(self) -> bool:
        return self in {Profile.CONFLUENT, Profile.CONFLUENT_LENIENT}

    @property
    def buf_category(self) -> str:
        """``FILE`` and so on; empty for other profiles."""
        return self.value.removeprefix("buf-").replace("-", "_").upper() if self.value.startswith("buf-") else ""

    @property
    def authority(self) -> str:
        """Who decides, in words."""
        if self.of_confluent:
            return f"Confluent's policy {'STRICT' if self is Profile.CONFLUENT else 'LENIENT'}"
        return f"buf's category {self.buf_category}" if self.buf_category else "lineal"


class Weight(StrEnum):
    """How much a finding weighs: an error blocks, a warning is told, information is there for who asks."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the heaviest."""
        return _RANKS.index(self)


_RANKS: Final = (Weight.ERROR, Weight.WARNING, Weight.INFO)


class Action(StrEnum):
    """What to do about the findings of a rule."""

    BLOCK = "block"
    WARN = "warn"
    ALLOW = "allow"
    IGNORE = "ignore"

    @property
    def weight(self) -> Weight | None:
        """What a finding weighs then; None: it is not told at all."""
        return _WEIGHTS.get(self)


_WEIGHTS: Final = {Action.BLOCK: Weight.ERROR, Action.WARN: Weight.WARNING, Action.ALLOW: Weight.INFO}


class FormatMode(StrEnum):
    """What ``format`` means when two JSON Schemas are compared: the specification leaves it open."""

    CONSERVATIVE = "conservative"
    """Each format may be an annotation or an assertion, on both sides alike: right under both readings. So a format
    that changed is ignored on the writer's side and enforced on the reader's."""
    ANNOTATION = "annotation"
    """Formats refuse nothing."""
    ASSERTION = "assertion"
    """Formats are enforced on both sides."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """A profile, and what is to be done about single rules whatever the profile says."""

    profile: Profile = Profile.STRICT
    overrides: tuple[tuple[str, Action], ...] = ()
    """Sorted by name: of a rule, of a kind of another authority (``confluent:TYPE_CHANGED``), or of a severity."""
    json_formats: FormatMode = FormatMode.CONSERVATIVE

    def applied_to(self, format: Format) -> Criteria:  # noqa: A002
        """What is left of it over a format: buf knows Protobuf only, anything else is judged strictly."""
        if self.profile.buf_category and format is not Format.PROTOBUF:
            return replace(self, profile=Profile.STRICT)
        return self

    def action(self, rule: str, severity: str = "") -> Action | None:
        """What is said about a rule itself, else about its severity."""
        known = dict(self.overrides)
        return known.get(rule) or known.get(severity)


STRICT: Final = Criteria()
