"""When two schemas are the same, and the names that follow from it: digests and the GUID."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from compat.definition import Format
from registry.model import Metadata, Rule, RuleSet, SchemaReference, Subject


@dataclass(frozen=True, slots=True)
class Identity:
    """Names a schema whatever its spelling; two formats never share one, even with the same text."""

    canonical: str
    """Digest over format, canonical text and references."""
    normalized: str
    """The same over the normalised text, with references in one order: what ``normalize=true`` compares."""

    def digest(self, *, normalize: bool) -> str:
        """The digest that a request compares by."""
        return self.normalized if normalize else self.canonical


def identity(
    format: Format,  # noqa: A002
    canonical: str,
    normalized: str,
    references: Sequence[SchemaReference],
    context: str,
) -> Identity:
    """The identity of a schema whose references (versions resolved) are read in ``context``."""
    named = [(item.name, str(Subject.parse(item.subject, context)), str(item.version)) for item in references]
    ordered = sorted(set(named))
    digest = _digest(format, canonical, named)
    if normalized == canonical and ordered == named:
        return Identity(digest, digest)
    return Identity(digest, _digest(format, normalized, ordered))


def _digest(format: Format, text: str, references: Iterable[tuple[str, str, str]]) -> str:  # noqa: A002
    state = hashlib.sha256()
    for part in (format.value, text, *(part for reference in references for part in reference)):
        encoded = part.encode("utf-8", "surrogatepass")
        state.update(len(encoded).to_bytes(8, "big"))
        state.update(encoded)
    return state.hexdigest()


def guid(text: str, references: Iterable[SchemaReference], metadata: Metadata | None, rule_set: RuleSet | None) -> str:
    """The GUID by the published recipe of the protocol, over the canonical text.

    MD5 without separators and without the format: a name for interchange, not the identity kept here.
    """
    state = hashlib.md5(usedforsecurity=False)
    state.update(_utf8(text))
    for reference in references:
        state.update(_utf8(reference.name) + _utf8(reference.subject))
        state.update(reference.version.to_bytes(4, "big", signed=True))
    if metadata is not None:
        state.update(b"\x01")
        state.update(_sorted_lists(metadata.tags) + _sorted_pairs(metadata.properties))
        state.update(b"".join(map(_utf8, sorted(metadata.sensitive or (), key=_java_order))))
    if rule_set is not None:
        state.update(b"\x01")
        for rules in (rule_set.migration_rules, rule_set.domain_rules, rule_set.encoding_rules):
            for rule in rules or ():
                state.update(_rule(rule))
        state.update(_utf8(rule_set.enable_at))
    return str(uuid.UUID(bytes=state.digest()))


def _rule(rule: Rule) -> bytes:
    parts = [rule.name, rule.doc, rule.kind or "TRANSFORM", rule.mode or "WRITEREAD", rule.type]
    return b"".join(
        [
            *map(_utf8, parts),
            *map(_utf8, sorted(rule.tags or (), key=_java_order)),
            _sorted_pairs(rule.params),
            *map(_utf8, (rule.expr, rule.on_success, rule.on_failure)),
            b"\x01" if rule.disabled else b"",
        ]
    )


def _sorted_pairs(pairs: Mapping[str, str] | None) -> bytes:
    return b"".join(_utf8(key) + _utf8((pairs or {})[key]) for key in sorted(pairs or (), key=_java_order))


def _sorted_lists(lists: Mapping[str, Sequence[str]] | None) -> bytes:
    return b"".join(
        _utf8(key) + b"".join(map(_utf8, sorted((lists or {})[key], key=_java_order)))
        for key in sorted(lists or (), key=_java_order)
    )


def _utf8(text: str | None) -> bytes:
    return b"" if text is None else text.encode("utf-8", "surrogatepass")


def _java_order(text: str) -> bytes:
    """Java sorts by UTF-16 code units, which differs from code points above U+FFFF."""
    return text.encode("utf-16-be", "surrogatepass")
