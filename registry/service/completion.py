"""What was sent, completed: from the latest version, from the defaults and overrides in force, and with tags."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from compat import tagging
from compat.entity import Tags
from compat.errors import InvalidSchema
from registry.data_contract import merge_metadata, merge_rules, stamped
from registry.errors import InvalidSchemaText
from registry.model import LATEST, Content
from registry.service.definitions import Definitions, parse
from registry.service.situation import Situation, View, existing


@dataclass(frozen=True, slots=True, kw_only=True)
class Retagging:
    """Tags that the text shall have; first those of the latest version, then the added ones, less the removed ones."""

    propagate: bool = False
    """Records and fields keep the tags that they have in the latest version."""
    add: Tags = field(default_factory=dict)
    remove: Tags = field(default_factory=dict)


class Completion:
    """Completes what was sent."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions

    def of(
        self, view: View, situation: Situation, content: Content, version: int, retagging: Retagging | None
    ) -> Content:
        """What is to be registered where this was sent. ``version`` is the number asked for, 0 for none.

        Raises InvalidSchemaText where there is nothing to complete it from, or to put tags on.
        """
        content = content if content.text else _with_text_of_newest(view, situation, content)
        content = _with_contract(situation, content, version)
        return content if retagging is None else self._retagged(view, situation, content, retagging)

    def _retagged(self, view: View, situation: Situation, content: Content, wanted: Retagging) -> Content:
        """The same schema with other tags in its text. Raises InvalidSchemaText for what it does not have."""
        newest = situation.newest
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


def _with_contract(situation: Situation, content: Content, version: int) -> Content:
    """With the metadata and rules that it will have."""
    newest, configuration = situation.newest, situation.policy.configuration
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
    if version != 0:
        metadata = stamped(metadata, situation.next_number if version == LATEST else version)
    if metadata is content.metadata and rule_set is content.rule_set:
        return content
    return replace(content, metadata=metadata, rule_set=rule_set)


def _with_text_of_newest(view: View, situation: Situation, content: Content) -> Content:
    """A request with only metadata or rules is about the latest schema."""
    newest = situation.newest
    if newest is None:
        raise InvalidSchemaText("Invalid schema: the text is empty, and there is no version to take it from")
    latest = existing(view, situation.subject, newest).content
    return replace(content, format=latest.format, text=latest.text, references=latest.references)
