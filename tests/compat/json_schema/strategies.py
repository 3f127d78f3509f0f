"""Random pairs of JSON Schemas with a label that is known by construction. Seeded: a seed is a pair for ever."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass
from typing import Any

DRAFTS = {
    4: "http://json-schema.org/draft-04/schema#",
    6: "http://json-schema.org/draft-06/schema#",
    7: "http://json-schema.org/draft-07/schema#",
    2019: "https://json-schema.org/draft/2019-09/schema",
    2020: "https://json-schema.org/draft/2020-12/schema",
}
NAMES = ("a", "b", "ab", "x")
PATTERNS = ("^a", "b$", "^[ab]+$", "x", "^.{2}$", "^a?b*$", "^(a|b)x", "^\\d+$", "a.b")
FORMATS = ("date", "ipv4", "email", "uuid")
SCALARS: tuple[Any, ...] = (None, True, False, 0, 1, 2, -1, 0.5, 1.5, "", "a", "ab", "abc", "x", "1")
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")


@dataclass(frozen=True)
class Pair:
    """A writer schema and a reader schema. ``kind`` says how the reader came from the writer."""

    kind: str
    writer: Any
    reader: Any

    @property
    def safe(self) -> bool:
        """Compatible by construction."""
        return self.kind in ("same", "widened", "rewritten", "any of", "all of")


class Maker:
    """Makes schemas of one draft."""

    def __init__(self, seed: int, draft: int = 7, *, formats: bool = False, recursion: bool = True) -> None:
        self.chance = random.Random(seed)
        self.draft = draft
        self.formats = formats
        self.recursion = recursion

    def value(self, depth: int = 1) -> Any:
        roll = self.chance.random()
        if depth and roll < 0.1:
            return [self.value(0) for _ in range(self.chance.randint(0, 2))]
        if depth and roll < 0.2:
            return {name: self.value(0) for name in self.chance.sample(NAMES, self.chance.randint(0, 2))}
        return self.chance.choice(SCALARS)

    def schema(self, depth: int) -> Any:
        roll = self.chance.random()
        if roll < 0.06 and self.draft > 4:
            return roll < 0.045
        if self.recursion and roll < 0.09:
            return {"$ref": "#"}
        out: dict[str, Any] = {}
        makers = [self._type, self._numbers, self._strings, self._values]
        if depth > 0:
            makers += [self._objects, self._objects, self._arrays, self._combined]
        for make in self.chance.sample(makers, self.chance.randint(1, 2)):
            make(out, depth)
        if "type" not in out and self.chance.random() < 0.5:
            self._type(out, depth)
        return out

    def _type(self, out: dict[str, Any], _: int) -> None:
        names = self.chance.sample(TYPES, self.chance.choice((1, 1, 1, 2, 3)))
        out["type"] = names[0] if len(names) == 1 else names

    def _values(self, out: dict[str, Any], _: int) -> None:
        if self.draft > 4 and self.chance.random() < 0.4:
            out["const"] = self.value()
            return
        values: list[Any] = []
        for _ in range(self.chance.randint(1, 4)):
            value = self.value()
            if not any(_same(value, other) for other in values):
                values.append(value)
        out["enum"] = values

    def _numbers(self, out: dict[str, Any], _: int) -> None:
        chance = self.chance
        if chance.random() < 0.6:
            name = chance.choice(("minimum", "maximum"))
            out[name] = chance.choice((-1, 0, 1, 2, 3, 0.5, 10))
            if chance.random() < 0.3:
                exclusive = "exclusive" + name.capitalize()
                if self.draft == 4:
                    out[exclusive] = True
                else:
                    out[exclusive] = out.pop(name)
        if chance.random() < 0.3:
            out["multipleOf"] = chance.choice((1, 2, 3, 0.5, 4, 0.1))

    def _strings(self, out: dict[str, Any], _: int) -> None:
        chance = self.chance
        if chance.random() < 0.4:
            out["minLength"] = chance.randint(0, 3)
        if chance.random() < 0.4:
            out["maxLength"] = chance.randint(0, 4)
        if chance.random() < 0.5:
            out["pattern"] = chance.choice(PATTERNS)
        if self.formats and chance.random() < 0.3:
            out["format"] = chance.choice(FORMATS)

    def _objects(self, out: dict[str, Any], depth: int) -> None:
        chance = self.chance
        if chance.random() < 0.8:
            names = chance.sample(NAMES, chance.randint(1, 3))
            out["properties"] = {name: self.schema(depth - 1) for name in names}
        if chance.random() < 0.4:
            out["required"] = chance.sample(NAMES, chance.randint(1, 2))
        if chance.random() < 0.4:
            out["additionalProperties"] = False if chance.random() < 0.6 else self.schema(depth - 1)
        if chance.random() < 0.2:
            out["patternProperties"] = {chance.choice(PATTERNS): self.schema(depth - 1)}
        if chance.random() < 0.1 and self.draft > 4:
            out["propertyNames"] = self.schema(0)
        if chance.random() < 0.15:
            out[chance.choice(("minProperties", "maxProperties"))] = chance.randint(0, 3)
        if chance.random() < 0.1:
            a, b = chance.sample(NAMES, 2)
            keyword = "dependencies" if self.draft <= 7 else "dependentRequired"
            out[keyword] = {a: [b]}
        if chance.random() < 0.06:
            keyword = "dependencies" if self.draft <= 7 else "dependentSchemas"
            out[keyword] = {**out.get(keyword, {}), chance.choice(NAMES): self.schema(depth - 1)}
        if self.draft >= 2019 and "additionalProperties" not in out and chance.random() < 0.15:
            out["unevaluatedProperties"] = False if chance.random() < 0.7 else self.schema(depth - 1)

    def _arrays(self, out: dict[str, Any], depth: int) -> None:
        chance = self.chance
        roll = chance.random()
        if roll < 0.5:
            out["items"] = self.schema(depth - 1)
        elif roll < 0.75:
            listed = [self.schema(depth - 1) for _ in range(chance.randint(1, 2))]
            rest = False if chance.random() < 0.4 else self.schema(depth - 1)
            if self.draft >= 2020:
                out["prefixItems"] = listed
                if chance.random() < 0.5:
                    out["items"] = rest
            else:
                out["items"] = listed
                if chance.random() < 0.5:
                    out["additionalItems"] = rest if self.draft > 4 or not isinstance(rest, bool) else False
        if chance.random() < 0.25 and self.draft > 4:
            out["contains"] = self.schema(depth - 1)
            if self.draft >= 2019 and chance.random() < 0.4:
                out[chance.choice(("minContains", "maxContains"))] = chance.randint(0, 2)
        if chance.random() < 0.3:
            out["minItems"] = chance.randint(0, 2)
        if chance.random() < 0.3:
            out["maxItems"] = chance.randint(1, 3)
        if chance.random() < 0.15:
            out["uniqueItems"] = True

    def _combined(self, out: dict[str, Any], depth: int) -> None:
        chance = self.chance
        keyword = chance.choice(("anyOf", "oneOf", "allOf", "not", "if"))
        if keyword in ("anyOf", "oneOf") and chance.random() < 0.3:
            out[keyword] = [self._alternative(depth) for _ in range(chance.randint(2, 4))]
        elif keyword == "not":
            out["not"] = self.schema(depth - 1)
        elif keyword == "if":
            if self.draft >= 7:
                out["if"] = self.schema(depth - 1)
                out[chance.choice(("then", "else"))] = self.schema(depth - 1)
        else:
            out[keyword] = [self.schema(depth - 1) for _ in range(chance.randint(1, 3))]

    def _alternative(self, depth: int) -> dict[str, Any]:
        """One of several that a constant tells apart, more or less."""
        chance = self.chance
        name = chance.choice(NAMES[:2])
        branch: dict[str, Any] = {"properties": {name: {"enum": [chance.choice((0, 1, 2, "a", True))]}}}
        if chance.random() < 0.8:
            branch["required"] = [name]
        if chance.random() < 0.5:
            branch["type"] = "object"
        if chance.random() < 0.4:
            branch["properties"].setdefault("x", self.schema(depth - 1))
        return branch

    # changes

    def mutated(self, schema: Any) -> Any:
        """The schema with one thing changed somewhere."""
        twin = copy.deepcopy(schema)
        places = list(_objects_in(twin))
        if not places:
            return self.schema(1)
        place = self.chance.choice(places)
        roll = self.chance.random()
        keys = [name for name in place if name not in ("$schema", "definitions", "$ref")]
        if roll < 0.35 and keys:
            gone = self.chance.choice(keys)
            del place[gone]
            for bound in ("minimum", "maximum"):
                if gone == bound and place.get(f"exclusive{bound.capitalize()}") is True:
                    del place[f"exclusive{bound.capitalize()}"]
        elif roll < 0.75:
            place.update(self._part())
        elif "type" in place:
            self._type(place, 0)
        elif "properties" in place:
            place["properties"][self.chance.choice(NAMES)] = self.schema(1)
        else:
            self._values(place, 0)
        return twin

    def _part(self) -> dict[str, Any]:
        while True:
            part = self.schema(1)
            if isinstance(part, dict) and "$ref" not in part:
                return part

    def widened(self, schema: Any) -> Any:
        """The schema with one demand less, along keywords under which less is less."""
        twin = copy.deepcopy(schema)
        place: Any = twin
        while True:
            if not isinstance(place, dict) or "$ref" in place:
                return twin
            inner = [each for each in _monotone(place) if isinstance(each, dict)]
            if not inner or self.chance.random() < 0.5:
                break
            place = self.chance.choice(inner)
        removable = [name for name in place if name in REMOVABLE]
        if removable:
            gone = self.chance.choice(removable)
            del place[gone]
            if place.get(f"exclusive{gone.capitalize()}") is True:
                del place[f"exclusive{gone.capitalize()}"]
        return twin

    def rewritten(self, schema: Any) -> Any:
        """An equivalent schema."""
        if not isinstance(schema, dict) or _has_reference(schema):
            return copy.deepcopy(schema)
        inner = {name: value for name, value in schema.items() if name != "$schema"}
        head = {"$schema": schema["$schema"]} if "$schema" in schema else {}
        roll = self.chance.randint(0, 5)
        if roll == 0:
            return {**head, "allOf": [inner]}
        if roll == 1:
            return {**head, "anyOf": [inner, inner]}
        if roll == 2:
            return {**head, "not": {"not": inner}}
        if roll == 3:
            definitions = "definitions" if self.draft <= 7 else "$defs"
            return {**head, definitions: {"here": inner}, "$ref": f"#/{definitions}/here"}
        if roll == 4:
            return {**head, "oneOf": [inner]}
        return {**head, **dict(reversed(list(inner.items())))}


REMOVABLE = frozenset({
    "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
    "maxLength", "pattern", "required", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
    "propertyNames", "not", "dependentRequired", "dependencies", "format",
})  # fmt: skip
"""Keywords whose absence only widens (those that take part in what is evaluated are left out)."""


def _monotone(place: dict[str, Any]) -> list[Any]:
    found = list(place.get("properties", {}).values())
    if isinstance(place.get("items"), dict):
        found.append(place["items"])
    found += place.get("allOf", []) + place.get("anyOf", [])
    return found


def _objects_in(schema: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    pending = [schema]
    while pending:
        here = pending.pop()
        if not isinstance(here, dict):
            continue
        found.append(here)
        for keyword, value in here.items():
            if keyword in ("enum", "const", "$schema"):
                continue
            if keyword in ("dependencies", "dependentRequired"):
                pending += [each for each in value.values() if isinstance(each, dict)]
            elif keyword in ("properties", "patternProperties", "definitions", "$defs", "dependentSchemas"):
                pending += value.values()
            elif isinstance(value, list):
                pending += value
            else:
                pending.append(value)
    return [each for each in found if "$ref" not in each]


def _has_reference(schema: Any) -> bool:
    if isinstance(schema, dict):
        return "$ref" in schema or any(_has_reference(value) for value in schema.values())
    return isinstance(schema, list) and any(_has_reference(value) for value in schema)


def _unguarded(schema: Any) -> bool:
    """Whether a schema refers to the root without going into a member or item first: no validator ends there."""
    pending = [schema]
    while pending:
        here = pending.pop()
        if not isinstance(here, dict):
            continue
        if "$ref" in here:
            return True
        for keyword in ("allOf", "anyOf", "oneOf"):
            pending += here.get(keyword, [])
        pending += [here[keyword] for keyword in ("not", "if", "then", "else") if keyword in here]
        for keyword in ("dependencies", "dependentSchemas"):
            pending += here.get(keyword, {}).values()
    return False


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)


def random_pair(seed: int) -> Pair:
    """The pair of a seed."""
    chance = random.Random(f"pair {seed}")
    draft = chance.choice((7, 7, 7, 7, 2020, 2020, 2019, 4, 6))
    while True:
        maker = Maker(chance.randrange(2**60), draft, formats=chance.random() < 0.1, recursion=chance.random() < 0.3)
        writer = maker.schema(chance.choice((1, 2, 2, 2, 3)))
        if not isinstance(writer, dict) and draft == 4:
            continue
        pair = _pair(chance, maker, writer)
        if not (_unguarded(pair.writer) or _unguarded(pair.reader)) or pair.kind == "rewritten":
            return Pair(pair.kind, _declared(pair.writer, draft), _declared(pair.reader, draft))


def _pair(chance: random.Random, maker: Maker, writer: Any) -> Pair:  # noqa: C901 - one branch per kind
    kind = chance.choice(
        ("same", "widened", "narrowed", "rewritten", "any of", "all of", "mutated", "mutated", "mutated", "independent")
    )
    if kind == "same":
        return Pair(kind, writer, copy.deepcopy(writer))
    if kind == "widened":
        if _has_reference(writer) or "unevaluated" in str(writer):
            return Pair("mutated", writer, maker.widened(writer))
        return Pair(kind, writer, maker.widened(writer))
    if kind == "narrowed":
        return Pair(kind, maker.widened(writer), writer)
    if kind == "rewritten":
        if _unguarded(writer) or "unevaluated" in str(writer):
            return Pair("same", writer, copy.deepcopy(writer))
        return Pair(kind, writer, maker.rewritten(writer))
    if kind in ("any of", "all of"):
        if _has_reference(writer):
            return Pair("same", writer, copy.deepcopy(writer))
        other = maker.schema(1)
        if _has_reference(other):
            other = {}
        if kind == "any of":
            return Pair(kind, writer, {"anyOf": [writer, other]})
        return Pair(kind, {"allOf": [writer, other]}, writer)
    if kind == "mutated":
        reader = maker.mutated(writer)
        for _ in range(chance.choice((0, 0, 1))):
            reader = maker.mutated(reader)
        return Pair(kind, writer, reader)
    return Pair(kind, writer, maker.schema(2))


def _declared(schema: Any, draft: int) -> Any:
    if not isinstance(schema, dict):
        return schema
    return {"$schema": DRAFTS[draft], **{name: value for name, value in schema.items() if name != "$schema"}}
