"""The drafts of JSON Schema that are understood, as data.

A schema without ``$schema`` is draft 7. Iglu's self-describing metaschema is draft 4 with a ``self`` block. Any other
``$schema`` is not fetched: the text is read as draft 7, or as draft 4 if only that metaschema accepts it (boolean
``exclusiveMinimum``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import attrs
import jsonschema
import jsonschema_rs
from referencing import Specification
from referencing.jsonschema import DRAFT4, DRAFT6, DRAFT7, DRAFT201909, DRAFT202012


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """One draft: its name, its place in time, and the parts of the libraries that speak it."""

    name: str
    order: int
    uri: str
    specification: Specification[Any]
    python: Any
    """The validator class of ``jsonschema``."""
    rust: Any
    """The validator class of ``jsonschema_rs``."""
    rust_draft: int

    @property
    def integer_is_spelt(self) -> bool:
        """Whether ``1.0`` is no integer (draft 4 judges the spelling, later drafts the value)."""
        return self.order == 4

    @property
    def reference_hides_siblings(self) -> bool:
        """Whether ``$ref`` makes the keywords beside it meaningless (up to draft 7)."""
        return self.order <= 7

    @property
    def identifier(self) -> str:
        """The keyword that names a schema."""
        return "id" if self.order == 4 else "$id"


def _mixed(specification: Specification[Any]) -> Specification[Any]:
    """``referencing`` takes all ``dependencies`` of an object for schemas if the first one is; they may be mixed."""

    def subresources_of(contents: Any) -> Iterator[Any]:
        needed = contents.get("dependencies") if isinstance(contents, dict) else None
        if isinstance(needed, dict):
            schemas = {name: each for name, each in needed.items() if isinstance(each, (dict, bool))}
            contents = {**contents, "dependencies": dict(sorted(schemas.items(), key=lambda x: isinstance(x[1], bool)))}
        yield from specification.subresources_of(contents)

    changed: Specification[Any] = attrs.evolve(specification, subresources_of=subresources_of)  # type: ignore[misc]
    return changed


DIALECT_4: Final = Dialect(
    "draft-04", 4, "http://json-schema.org/draft-04/schema", _mixed(DRAFT4),
    jsonschema.Draft4Validator, jsonschema_rs.Draft4Validator, jsonschema_rs.Draft4,
)  # fmt: skip
DIALECT_6: Final = Dialect(
    "draft-06", 6, "http://json-schema.org/draft-06/schema", _mixed(DRAFT6),
    jsonschema.Draft6Validator, jsonschema_rs.Draft6Validator, jsonschema_rs.Draft6,
)  # fmt: skip
DIALECT_7: Final = Dialect(
    "draft-07", 7, "http://json-schema.org/draft-07/schema", _mixed(DRAFT7),
    jsonschema.Draft7Validator, jsonschema_rs.Draft7Validator, jsonschema_rs.Draft7,
)  # fmt: skip
DIALECT_2019: Final = Dialect(
    "2019-09", 2019, "https://json-schema.org/draft/2019-09/schema", DRAFT201909,
    jsonschema.Draft201909Validator, jsonschema_rs.Draft201909Validator, jsonschema_rs.Draft201909,
)  # fmt: skip
DIALECT_2020: Final = Dialect(
    "2020-12", 2020, "https://json-schema.org/draft/2020-12/schema", DRAFT202012,
    jsonschema.Draft202012Validator, jsonschema_rs.Draft202012Validator, jsonschema_rs.Draft202012,
)  # fmt: skip

DIALECTS: Final = (DIALECT_4, DIALECT_6, DIALECT_7, DIALECT_2019, DIALECT_2020)
DEFAULT_DIALECT: Final = DIALECT_7

_SELF_DESCRIBING: Final = "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0"
_BY_URI: Final[Mapping[str, Dialect]] = {
    **{dialect.uri: dialect for dialect in DIALECTS},
    **{dialect.uri.replace("http://", "https://"): dialect for dialect in DIALECTS},
    "http://json-schema.org/schema": DIALECT_7,
    _SELF_DESCRIBING: DIALECT_4,
}


def dialect_of(document: object) -> Dialect | None:
    """The dialect a document declares; None if it declares one that is not known."""
    declared = document.get("$schema") if isinstance(document, dict) else None
    if not isinstance(declared, str):
        return DEFAULT_DIALECT
    return _BY_URI.get(declared.rstrip("#"))
