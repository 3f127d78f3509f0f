"""Payloads as JSON a person can read and edit, and back.

Single values are written as ``wording.py`` says. A union's value stands bare if the JSON types of its branches differ
(``["null", "string"]``), else under the name of its branch (``{"int": 1}``), null always bare. When read, both are
taken. Fields that are left out are filled with their defaults.
"""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import Final

from compat.avro.defaults import fit
from compat.avro.payload import DEEPEST, Payloads, branch_name, leaf_problem
from compat.avro.schema import Array, Decimal, Enum, Field, Fixed, Map, Node, Primitive, Record, Union, label
from compat.avro.wording import from_raw, plain
from compat.errors import InvalidPayload
from compat.positions import escape

_NUMBERS: Final = frozenset({"int", "long", "float", "double"})
_AS_TEXT: Final = frozenset(
    {
        "decimal",
        "uuid",
        "date",
        "time-millis",
        "time-micros",
        "timestamp-millis",
        "timestamp-micros",
        "local-timestamp-millis",
        "local-timestamp-micros",
    }
)
"""Logical types whose payload values are shown as strings."""
_NOT_FINITE: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def to_json(node: Node, value: object, payloads: Payloads, depth: int = 0) -> object:
    """A payload as a JSON-ready tree. Raises InvalidPayload where it is none of the type."""
    if depth > DEEPEST:
        raise InvalidPayload(f"it nests deeper than {DEEPEST} levels")
    match node, value:
        case Union(), _:
            chosen = payloads.choose(node, value, depth)
            if chosen is None:
                raise InvalidPayload(f"the value is no {label(node)}")
            branch = node.branches[chosen[0]]
            return _shown_in(node, branch, to_json(branch, chosen[1], payloads, depth))
        case Record(fields=fields), dict():
            lacking = next((field.name for field in fields if field.name not in value), None)
            if lacking is not None:
                raise InvalidPayload(f"the field {lacking!r} is missing")
            return {field.name: to_json(field.type, value[field.name], payloads, depth + 1) for field in fields}
        case Array(items=items), (list() | tuple()):
            return [to_json(items, each, payloads, depth + 1) for each in value]
        case Map(values=values), dict():
            return {str(key): to_json(values, each, payloads, depth + 1) for key, each in value.items()}
        case ((Primitive() | Enum() | Fixed()), _):
            problem = leaf_problem(node, value)
            if problem is not None:
                raise InvalidPayload(problem)
            if node.logical is not None and isinstance(value, int | bytes | str):
                value = from_raw(node, value)
            if node.kind in ("float", "double") and isinstance(value, int):
                value = float(value)
            return plain(value)
        case _:
            raise InvalidPayload(f"the value is no {label(node)}")


def _shown_in(union: Union, branch: Node, shown: object) -> object:
    if shown is None:
        return None
    if is_bare(union) and _json_type(shown) == _json_type_of(branch):
        return shown
    return {branch_name(branch): shown}


def is_bare(union: Union) -> bool:
    """Whether the JSON type of a value tells its branch."""
    types = [_json_type_of(branch) for branch in union.branches]
    return len(set(types)) == len(types)


def _json_type_of(node: Node) -> str:
    if node.kind in _NUMBERS:
        return "string" if node.logical is not None and node.logical.name in _AS_TEXT else "number"
    match node.kind:
        case "null" | "boolean" | "array":
            return node.kind
        case "record" | "map":
            return "object"
        case _:
            return "string"


def _json_type(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def from_json(node: Node, value: object) -> object:
    """The payload a JSON tree stands for. Raises InvalidPayload with the place."""
    return _Reader().read(node, value, "", 0)


class _Reader:
    def read(self, node: Node, value: object, pointer: str, depth: int) -> object:
        if depth > DEEPEST:
            raise InvalidPayload(f"it nests deeper than {DEEPEST} levels", pointer)
        match node, value:
            case Union(), _:
                return self._branch(node, value, pointer, depth)
            case Record(), dict():
                return self._record(node, value, pointer, depth)
            case Array(items=items), list():
                return [self.read(items, each, f"{pointer}/{i}", depth + 1) for i, each in enumerate(value)]
            case Map(values=values), dict():
                return {
                    key: self.read(values, each, f"{pointer}/{escape(key)}", depth + 1) for key, each in value.items()
                }
            case ((Primitive() | Enum() | Fixed()), _):
                result = _leaf(node, value, pointer)
                problem = leaf_problem(node, result)
                if problem is not None:
                    raise InvalidPayload(problem, pointer)
                return result
        raise InvalidPayload(f"an {label(node)} is needed here", pointer)

    def _record(self, node: Record, value: dict[str, object], pointer: str, depth: int) -> dict[str, object]:
        names = {field.name for field in node.fields}
        unknown = next((key for key in value if key not in names), None)
        if unknown is not None:
            raise InvalidPayload(f"{node.name} has no field {unknown!r}", f"{pointer}/{escape(unknown)}")
        result: dict[str, object] = {}
        for field in node.fields:
            place = f"{pointer}/{escape(field.name)}"
            if field.name in value:
                result[field.name] = self.read(field.type, value[field.name], place, depth + 1)
            elif field.has_default:
                result[field.name] = default_value(field)
            else:
                raise InvalidPayload(f"the field {field.name!r} is missing and has no default", place)
        return result

    def _branch(self, union: Union, value: object, pointer: str, depth: int) -> object:
        """Bare, if the JSON type tells the branch and the value fits it; else by the branch's name."""
        bare = [each for each in union.branches if _json_type_of(each) == _json_type(value)]
        first: InvalidPayload | None = None
        if value is None or is_bare(union):
            for each in bare:
                try:
                    return self.read(each, value, pointer, depth + 1)
                except InvalidPayload as error:
                    first = error
        if isinstance(value, dict) and len(value) == 1:
            ((name, inner),) = value.items()
            for index, each in enumerate(union.branches):
                if branch_name(each) == name:
                    read = self.read(each, inner, f"{pointer}/{escape(name)}", depth + 1)
                    return self._kept(union, index, read)
        if first is not None:
            raise first
        for each in union.branches:
            try:
                return self.read(each, value, pointer, depth + 1)
            except InvalidPayload:
                continue
        raise InvalidPayload(f"the value is no {label(union)}", pointer)

    @staticmethod
    def _kept(union: Union, index: int, value: object) -> object:
        """The value, with the branch's name where a bare value would be taken for another branch's."""
        chosen = Payloads().choose(union, value)
        if chosen is not None and chosen[0] == index:
            return value
        return (branch_name(union.branches[index]), value)


def _leaf(node: Primitive | Enum | Fixed, value: object, pointer: str) -> object:
    if isinstance(node, Enum):
        return value
    try:
        return _typed(node, value)
    except (ValueError, ArithmeticError) as error:
        raise InvalidPayload(f"{value!r} is no {label(node)}: {error}", pointer) from None


def _typed(node: Primitive | Fixed, value: object) -> object:
    match node.logical, value:
        case Decimal(), (str() | int()) if not isinstance(value, bool):
            return _rescaled(node, decimal.Decimal(value))
        case None, _:
            pass
        case logical, str() if not isinstance(logical, Decimal) and logical is not None:
            return _from_text(logical.name, node, value)
        case _, int() if not isinstance(value, bool):
            return from_raw(node, value)
    match node.kind, value:
        case (("bytes" | "fixed"), str()):
            return value.encode("latin-1")
        case (("float" | "double"), str()) if value in _NOT_FINITE:
            return _NOT_FINITE[value]
        case (("float" | "double"), int()) if not isinstance(value, bool):
            return float(value)
        case _:
            return value


def _rescaled(node: Primitive | Fixed, value: decimal.Decimal) -> decimal.Decimal:
    """With the exponent a decoder gives, so that what is read equals what was shown to the last digit."""
    if isinstance(node.logical, Decimal) and value.is_finite():
        with decimal.localcontext() as context:
            context.prec = max(node.logical.precision + node.logical.scale, len(value.as_tuple().digits)) + 2
            scaled = value.quantize(decimal.Decimal(1).scaleb(-node.logical.scale))
            return scaled if scaled == value else value
    return value


def _from_text(name: str, node: Primitive | Fixed, text: str) -> object:
    match name:
        case "uuid":
            return uuid.UUID(text) if node.kind == "string" else text.encode("latin-1")
        case "date":
            return dt.date.fromisoformat(text)
        case "time-millis" | "time-micros":
            return dt.time.fromisoformat(text)
        case "timestamp-millis" | "timestamp-micros":
            return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
        case "local-timestamp-millis" | "local-timestamp-micros":
            return dt.datetime.fromisoformat(text)
        case _:
            return text.encode("latin-1") if node.kind in ("bytes", "fixed") else text


def default_value(field: Field) -> object:
    """The payload value a field's default stands for (specification, table of default values)."""
    return _default(field.type, field.default)


def _default(node: Node, value: object) -> object:
    match node, value:
        case Union(branches=branches), _:
            fitting = next(each for each in branches if fit(each, value) is None)
            return _default(fitting, value)
        case Record(fields=fields), dict():
            return {each.name: _default(each.type, value.get(each.name, each.default)) for each in fields}
        case Array(items=items), list():
            return [_default(items, each) for each in value]
        case Map(values=values), dict():
            return {key: _default(values, each) for key, each in value.items()}
        case ((Primitive(kind="bytes") | Fixed()), str()):
            return from_raw(node, value.encode("latin-1"))
        case Primitive(kind="float" | "double"), int():
            return float(value)
        case _:
            return from_raw(node, value)
