"""Write a plan over an event whose members have been read into typed places: columns, or a text taken apart once.

Where the types of the shape allow, values are the engine's own and nothing is parsed or written again; everywhere else
a value is JSON, as ``Dialect`` has it. So the two forms are one compiler, and disagree nowhere but in speed.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from upcasters.compile.sql import Dialect
from upcasters.compile.sql_places import ABSENT, JSON, Many, Place, Scalar, Struct, Type, Value
from upcasters.compile.sql_text import Sql
from upcasters.operations import Map, Wrap
from upcasters.plan import (
    Apply,
    Build,
    Each,
    Fallback,
    Formula,
    Get,
    Joined,
    Node,
    Var,
    maybe_absent,
)


class Typed(Dialect):
    """Expressions over places with types."""

    def __init__(self, event: Sql = "e") -> None:
        super().__init__(event)
        self._places: dict[int, Value] = {}

    # What the engines write differently

    @abstractmethod
    def struct(self, members: list[tuple[str, Sql]]) -> Sql:
        """A struct; there is at least one member."""

    @abstractmethod
    def array(self, values: list[Sql]) -> Sql:
        """A list of values of one type."""

    @abstractmethod
    def transformed(self, values: Sql, name: Sql, body: Sql) -> Sql:
        """A list with every item, called ``name`` in the body, replaced; NULL stays."""

    @abstractmethod
    def json_list(self, values: Sql, name: Sql, body: Sql) -> Sql:
        """A JSON list of what the body makes of every item of a typed list; NULL stays."""

    @abstractmethod
    def sql_type(self, of: Type) -> Sql:
        """What the engine calls a type."""

    @abstractmethod
    def unpacked(self, value: Sql, of: Type) -> Sql:
        """JSON as a value of a type."""

    def multiplied(self, number: Sql, by: int) -> Sql:
        """A number of 64 bits times another; the engine refuses what does not fit."""
        return f"({number} * CAST({by} AS BIGINT))"

    def failing(self, reason: str, of: Type) -> Sql:  # noqa: ARG002 - some engines must say the type
        """An error where a value of a type is expected."""
        return self.fail(reason)

    def field(self, record: Sql, name: str) -> Sql:
        """A member of a struct or of a row."""
        return f"{record}.{self.name(name)}"

    # Places

    def place(self, node: Node) -> Value | None:
        """What a variable or a member stands for, unless it is inside JSON."""
        match node:
            case Var(number=number):
                return self._places.get(number)
            case Get(of=of, name=name):
                record = self.place(of)
                if record is None or not isinstance(record.place.type, Struct):
                    return None
                place = record.place.type.get(name)
                if place is None:
                    return None if isinstance(of, Var) and of.number in self._variables else ABSENT
                text = self.member_of(record, name, place)
                self._cheap.add(text)
                return Value(text, place)
            case _:
                return None

    def member_of(self, record: Value, name: str, place: Place) -> Sql:  # noqa: ARG002 - engines read leaves their way
        """A member of a struct, as it is read there."""
        return self.field(record.sql, name)

    @contextmanager
    def standing(self, number: int, value: Value) -> Iterator[None]:
        """A variable stands for a value; what it stood for before, it stands for afterwards."""
        place, text = self._places.get(number), self._variables.pop(number, None)
        self._places[number] = value
        self._cheap.add(value.sql)
        yield
        self._restored(number, place, text)

    @contextmanager
    def _bound(self, number: int, text: Sql) -> Iterator[None]:
        place = self._places.pop(number, None)
        with super()._bound(number, text):
            yield
        self._restored(number, place, self._variables.get(number))

    def _restored(self, number: int, place: Value | None, text: Sql | None) -> None:
        for known, before in ((self._places, place), (self._variables, text)):
            if before is None:
                known.pop(number, None)
            else:
                known[number] = before  # type: ignore[assignment]

    def got(self, node: Get, found: Value) -> Value:
        """A member that may have to be there."""
        if node.optional or found.place.null == "null":
            return found
        missing = self.failing(f"{node.name} is absent", found.place.type)
        text = f"coalesce({found.sql}, {missing})"
        self._cheap.add(text)
        return Value(text, Place(found.place.type))

    # JSON

    def value(self, node: Node) -> Sql:
        match node:
            case Var(number=number) if number not in self._variables:
                return self.rendered(self._places[number])
            case Get() if (found := self.place(node)) is not None:
                return self.rendered(self.got(node, found))
            case Apply(function=function, to=to) if not (
                isinstance(function, Wrap) or (isinstance(function, Map) and self.native(to).json)
            ):
                return self.rendered(self.native(node))
            case Joined() | Fallback() | Formula():
                return self.rendered(self.native(node))
            case Each(value=value) if (listed := self._many(value)) is not None:
                return self._changed_items(node, *listed)
            case _:
                return self.as_json(node).sql

    def _plain(self, node: Node) -> Sql:
        if isinstance(node, Get) and (found := self.place(node)) is not None:
            return self.rendered(found)
        return super()._plain(node)

    def _build(self, node: Build) -> Sql:
        source = node.source
        whole_text = isinstance(source, Var) and source.number in self._variables
        if source is None or whole_text or not self.inside_struct(source):
            return super()._build(node)
        return self._members(node, None)

    def inside_struct(self, node: Node) -> bool:
        """Whether the members of a record are places."""
        found = self.place(node)
        return found is not None and isinstance(found.place.type, Struct)

    def _many(self, node: Node) -> tuple[Value, Place] | None:
        """A typed list, and the place of its items."""
        found = self.place(node)
        if found is None or not isinstance(found.place.type, Many):
            return None
        return self.got(node, found) if isinstance(node, Get) else found, found.place.type.items

    def _changed_items(self, node: Each, many: Value, items: Place) -> Sql:
        """A typed list, as JSON with every item replaced."""
        item, inner, _ = self.items_of(node, items, native=False)
        listed = self.json_list(many.sql, item, inner)
        return f"coalesce({listed}, {self.literal(None)})" if many.place.null == "null" else listed

    def rendered(self, value: Value) -> Sql:
        """A value as JSON, NULL where it is absent."""
        text = self._rendered(value)
        return f"coalesce({text}, {self.literal(None)})" if value.place.null == "null" else text

    def _rendered(self, value: Value) -> Sql:  # noqa: RET503 - refuse() never returns
        match value.place.type:
            case Scalar(of="json"):
                return value.sql
            case Scalar(of="int" | "string" | "boolean" as kind):
                return self.json(value.sql, kind)
            case Scalar(of="double"):
                return self.unless_absent(value, self.call("finite", value.sql))
            case Scalar():
                self.refuse("a value that JSON does not have is computed with")
            case Many(items=items):
                item = self.fresh("i")
                return self.json_list(value.sql, item, self.rendered(Value(item, items)))
            case Struct() as struct:
                return self.named(value.sql, lambda own: self._struct(Value(own, value.place), struct))

    def _struct(self, value: Value, struct: Struct) -> Sql:
        certain: list[tuple[str, Sql]] = []
        optional: list[tuple[str, Sql]] = []
        for name, place in struct.members:
            text = self.rendered(Value(self.member_of(value, name, place), place))
            (optional if place.null == "absent" else certain).append((name, text))
        return self.unless_absent(value, self.record(certain, optional, None))

    def unless_absent(self, value: Value, text: Sql) -> Sql:
        return text if value.certain else f"CASE WHEN {value.sql} IS NOT NULL THEN {text} END"

    def as_json(self, node: Node) -> Value:
        """A node as ``Dialect`` writes it; what it is made of may have types."""
        return Value(super().value(node), Place(JSON, "absent" if maybe_absent(node) else "never"))

    @abstractmethod
    def native(self, node: Node) -> Value:
        """A node in a type of the engine's own, or as JSON."""

    def kept(self, value: Value) -> Sql:
        """A value as a struct or list keeps it: whole numbers are computed wide and kept in 64 bits."""
        match value.place.type:
            case _ if value is ABSENT:
                return value.sql
            case Scalar(of="json"):
                return self.json_kept(value.sql)
            case Scalar(of="int") if value.sql not in self._cheap:
                return f"CAST({value.sql} AS {self.sql_type(value.place.type)})"
            case _:
                return value.sql

    def json_kept(self, value: Sql) -> Sql:
        """JSON as a struct or list keeps it."""
        return value

    def items_of(self, node: Each, items: Place, *, native: bool) -> tuple[Sql, Sql, Type]:
        """A name for the items of a list, what becomes of each, and its type; ``native`` or as JSON."""
        item = self.fresh("i")
        with self.standing(node.var, Value(item, Place(items.type))):
            made = self.native(node.body) if native else Value(self.value(node.body), Place(JSON))
        of = made.place.type
        inner = self.kept(made) if native else made.sql
        if maybe_absent(node.body):
            inner = f"coalesce({inner}, {self.failing('an item vanished', of)})"
        if items.null != "never":
            inner = f"CASE WHEN {item} IS NULL THEN {'NULL' if native else self.literal(None)} ELSE {inner} END"
        elif node.nullable_items and items.type == JSON:
            inner = f"CASE WHEN {self.is_null(item)} THEN {item} ELSE {inner} END"
        return item, inner, of
