"""The tree of names and types of a schema, for people."""

from __future__ import annotations

from typing import Any, Final

from compat.json_schema.schema import Location, ParsedSchema
from compat.json_schema.text import plain
from compat.outline import ABSENT, Field, Kind, Type

_KINDS: Final = {
    "object": Kind.RECORD, "array": Kind.ARRAY, "string": Kind.STRING, "boolean": Kind.BOOLEAN,
    "integer": Kind.INTEGER, "number": Kind.FLOAT, "null": Kind.NULL,
}  # fmt: skip
_CONSTRAINTS: Final = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "propertyNames", "not",
)  # fmt: skip
_IMPLIED: Final = {
    "properties": "object", "required": "object", "additionalProperties": "object", "patternProperties": "object",
    "items": "array", "prefixItems": "array", "minLength": "string", "maxLength": "string", "pattern": "string",
    "minimum": "number", "maximum": "number",
}  # fmt: skip
MAX_DEPTH: Final = 60
MAX_TYPES: Final = 5_000
"""How many types a tree holds: what several places refer to is written out at each, which can double at every level."""


def outline(schema: ParsedSchema) -> Type:
    """The outline of a schema; recursion ends in ``REPEAT``, and so does what would make the tree too large."""
    return _Outline(schema).type(schema.root, ())


class _Outline:
    """The tree of one schema while it is written."""

    def __init__(self, schema: ParsedSchema) -> None:
        self.schema = schema
        self._written = 0

    def type(self, location: Location, above: tuple[int, ...]) -> Type:
        raw = location.raw
        if not isinstance(raw, dict):
            return Type(Kind.ANY, "anything") if raw else Type(Kind.NEVER, "nothing")
        self._written += 1
        if id(raw) in above or len(above) > MAX_DEPTH or self._written > MAX_TYPES:
            name = str(raw.get("title") or location.pointer or "the root")
            return Type(Kind.REPEAT, name, name=name)
        above = (*above, id(raw))
        reference = raw.get("$ref")
        if isinstance(reference, str):
            return self.type(self.schema.follow(location, reference), above)
        return _Described(self, location, above).type()


class _Described:
    """One schema object on its way to a type."""

    def __init__(self, tree: _Outline, location: Location, above: tuple[int, ...]) -> None:
        self.tree, self.schema, self.location, self.above = tree, tree.schema, location, above
        self.raw: dict[str, Any] = location.raw

    def type(self) -> Type:
        raw = self.raw
        if "const" in raw or "enum" in raw:
            symbols = tuple(map(plain, [raw["const"]] if "const" in raw else raw["enum"]))
            return Type(Kind.ENUM, "one of its values", doc=self._doc(), symbols=symbols)
        for keyword in ("oneOf", "anyOf"):
            if isinstance(raw.get(keyword), list) and "properties" not in raw:
                return self._union([self._at(each, keyword, i) for i, each in enumerate(raw[keyword])])
        if isinstance(raw.get("allOf"), list) and not ("type" in raw or "properties" in raw):
            return self._merged([self._at(each, "allOf", i) for i, each in enumerate(raw["allOf"])])
        names = raw.get("type")
        if names is None:
            names = next((kind for keyword, kind in _IMPLIED.items() if keyword in raw), None)
        if isinstance(names, list):
            if len(names) == 1:
                return self._single(names[0])
            return self._union([self._single(name) for name in names])
        return self._single(names) if isinstance(names, str) else Type(Kind.ANY, "anything", doc=self._doc())

    def _at(self, raw: Any, *steps: str | int) -> Type:
        return self.tree.type(self._child(raw, *steps), self.above)

    def _child(self, raw: Any, *steps: str | int) -> Location:
        here = self.location
        if isinstance(raw, dict):
            return self.schema.locate(raw, here)
        return Location(raw, here.document, here.step(*steps), here.dialect, here.resolver)

    def _doc(self) -> str:
        return str(self.raw.get("description") or self.raw.get("title") or "")

    def _union(self, variants: list[Type]) -> Type:
        return Type(
            Kind.UNION, " or ".join(dict.fromkeys(each.label for each in variants)), doc=self._doc(),
            variants=tuple(variants),
        )  # fmt: skip

    def _merged(self, parts: list[Type]) -> Type:
        records = [part for part in parts if part.kind is Kind.RECORD]
        if not records or len(records) != len(parts):
            if len(parts) == 1:
                return parts[0]
            return Type(Kind.ANY, "all of several", doc=self._doc(), variants=tuple(parts))
        fields = {field.name: field for record in records for field in record.fields}
        return Type(
            Kind.RECORD, "object", name=str(self.raw.get("title", "")), doc=self._doc(),
            fields=tuple(fields.values()), open=all(record.open for record in records),
        )  # fmt: skip

    def _single(self, name: str) -> Type:
        raw = self.raw
        constraints = tuple((k, plain(raw[k])) for k in _CONSTRAINTS if k in raw)
        kind = _KINDS.get(name, Kind.ANY)
        title = str(raw.get("title", ""))
        if kind is Kind.RECORD:
            if "properties" not in raw and isinstance(raw.get("additionalProperties"), dict):
                items = self._at(raw["additionalProperties"], "additionalProperties")
                return Type(Kind.MAP, "map", title, self._doc(), items=items, constraints=constraints)
            return Type(
                Kind.RECORD, "object", title, self._doc(), fields=self._fields(), constraints=constraints,
                open=raw.get("additionalProperties", raw.get("unevaluatedProperties", True)) is not False,
            )  # fmt: skip
        if kind is Kind.ARRAY:
            return self._array(constraints)
        logical = str(raw.get("format", "")) if kind is Kind.STRING else ""
        return Type(kind, logical or name, title, self._doc(), logical=logical, constraints=constraints)

    def _array(self, constraints: tuple[tuple[str, object], ...]) -> Type:
        items = self.raw.get("items", True)
        prefix = items if isinstance(items, list) else self.raw.get("prefixItems", [])
        if prefix:
            keyword = "items" if isinstance(items, list) else "prefixItems"
            variants = tuple(self._at(each, keyword, index) for index, each in enumerate(prefix))
            inner = Type(Kind.UNION, " or ".join(dict.fromkeys(v.label for v in variants)), variants=variants)
        else:
            inner = self._at(items, "items")
        return Type(Kind.ARRAY, f"array of {inner.label}", "", self._doc(), items=inner, constraints=constraints)

    def _fields(self) -> tuple[Field, ...]:
        declared = self.raw.get("properties", {})
        required = self.raw.get("required", [])
        names = [*declared, *(name for name in required if isinstance(name, str) and name not in declared)]
        fields: list[Field] = []
        for name in names:
            inner = declared.get(name, True)
            location = self._child(inner, "properties", name)
            place = location.place
            has = inner if isinstance(inner, dict) else {}
            fields.append(Field(
                    name=name, type=self.tree.type(location, self.above), required=name in required,
                    default=plain(has["default"]) if "default" in has else ABSENT,
                    doc=str(has.get("description") or has.get("title") or ""),
                    deprecated=has.get("deprecated") is True, pointer=place.pointer, line=place.line,
            ))  # fmt: skip
        return tuple(fields)
