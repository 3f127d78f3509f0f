"""What a compiler of SQL writes in the words of an engine, and how it names and refuses what it writes.

Everything that depends on the engine is a method here; functions named ``lineal.*`` come from the engine's runtime
file.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal, NoReturn

from upcasters.compile.sql_text import Kind, Sql, identifier, quoted
from upcasters.errors import NotPortable
from upcasters.expression import Constant
from upcasters.operations import Scale
from upcasters.plan import Piece

_LITERAL: Final = re.compile(r"-?[0-9]+|'[^']*'|NULL|TRUE|FALSE")
SCHEMA: Final = "lineal"
"""Where an engine has the functions of its runtime file."""

CODECS: Final[Mapping[str, str]] = MappingProxyType({
    "int->string": "int_string", "string->int": "string_int", "bool->string": "bool_string",
    "string->bool": "string_bool", "int->double": "int_double", "double->int": "double_int",
    "number->string": "number_string", "string->number": "string_number",
    "decimal->string": "decimal_string", "string->decimal": "string_decimal", "int->decimal": "int_string",
    "decimal->int": "decimal_int", "decimal->double": "decimal_double", "double->decimal": "double_decimal",
    "string->date": "full_date", "date->string": "full_date", "string->uuid": "uuid", "uuid->string": "uuid",
    "base64->bytes": "base64", "bytes->base64": "base64", "base64->hex": "base64_hex", "bytes->hex": "base64_hex",
    "hex->base64": "hex_base64", "hex->bytes": "hex_base64", "utf8->bytes": "utf8_base64", "bytes->utf8": "base64_utf8",
    "epoch_s->epoch_ms": "thousandfold", "epoch_ms->epoch_us": "thousandfold", "epoch_s->epoch_us": "millionfold",
    "epoch_ms->epoch_s": "thousandth", "epoch_us->epoch_ms": "thousandth", "epoch_us->epoch_s": "millionth",
    "rfc3339->timestamp": "rfc_iso", "timestamp->rfc3339": "rfc_us",
    **{f"epoch_{unit}->rfc3339": f"{unit}_rfc" for unit in ("s", "ms", "us")},
    **{f"epoch_{unit}->timestamp": f"{unit}_iso" for unit in ("s", "ms", "us")},
    **{f"{text}->epoch_{unit}": f"rfc_{unit}_epoch" for unit in ("s", "ms", "us") for text in ("rfc3339", "timestamp")},
})  # fmt: skip
"""Every codec, with the function of the runtime that runs it on events as JSON."""


class Words(ABC):
    """The words of one engine; one object per plan."""

    target: ClassVar[str]
    inexact: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """The codecs this engine cannot run exactly, each with the reason."""
    view_kind: ClassVar[str] = "VIEW"
    tells_capitals: ClassVar[bool] = False
    """Whether columns whose names differ in capitals alone are two."""
    text_type: ClassVar[str]
    """What the engine calls its type of texts."""
    whole_type: ClassVar[str]
    """What the engine calls its widest exact whole numbers."""
    schema: str = SCHEMA
    """Where the functions of the runtime are."""

    def __init__(self, event: Sql = "e") -> None:
        self._variables: dict[int, Sql] = {0: event}
        self._records: set[Sql] = set()
        self._cheap: set[Sql] = {event}
        self._count = 0

    # What the engines write differently

    @abstractmethod
    def literal(self, value: Any) -> Sql:
        """A JSON constant."""

    @abstractmethod
    def member(self, record: Sql, name: str) -> Sql:
        """A member of a record, NULL if there is none."""

    @abstractmethod
    def sort(self, value: Sql) -> Sql:
        """The text ``null boolean number string array object``."""

    @abstractmethod
    def let(self, name: Sql, value: Sql, body: Sql) -> Sql:
        """The body, which names the value."""

    @abstractmethod
    def record(self, certain: list[tuple[str, Sql]], optional: list[tuple[str, Sql]], rest: Sql | None) -> Sql:
        """A record of members, those that are not NULL of others, and the members of ``rest``."""

    @abstractmethod
    def without(self, record: Sql, names: Iterable[str]) -> Sql:
        """What ``record`` takes as ``rest``: a record without some members."""

    @abstractmethod
    def only(self, record: Sql, names: tuple[str, ...]) -> Sql:
        """A record with the named members alone."""

    @abstractmethod
    def items(self, value: Sql, name: Sql, body: Sql) -> Sql:
        """A list with every item, called ``name`` in the body, replaced."""

    @abstractmethod
    def values(self, value: Sql, name: Sql, body: Sql) -> Sql:
        """A map with every value replaced."""

    @abstractmethod
    def loop(self, kind: Literal["filter", "exists", "all"], over: Sql, name: Sql, condition: Sql) -> Sql:
        """A list of JSON for ``filter``, a truth value for ``exists`` and ``all``."""

    @abstractmethod
    def json(self, value: Sql, kind: Kind) -> Sql:
        """A native value as JSON."""

    @abstractmethod
    def equal(self, left: Sql, right: Sql, constant: Constant | None) -> Sql:
        """Whether two JSON values are the same; ``constant`` is the right one if it is written out."""

    @abstractmethod
    def computed(self, checks: list[Sql]) -> Sql:
        """True, after all JSON values have been computed."""

    @abstractmethod
    def matches(self, text: Sql, pattern: str) -> Sql:
        """Whether a pattern of the language stands in a native text."""

    def text(self, text: str) -> Sql:
        """A text as a literal."""
        return quoted(text)

    def name(self, name: str) -> Sql:
        """A name as an identifier."""
        return identifier(name)

    def inner(self, value: Sql, name: str) -> Sql:
        """A member of a value that may be null or absent; an error if it is no record."""
        return self.call("member", value, self.text(name))

    def piece(self, value: Sql, function: Piece) -> Sql:
        """One piece of a text that is split."""
        return self.call("piece", value, self.text(function.separator), str(function.count), str(function.index))

    def by_code_point(self, text: Sql) -> Sql:
        """A text that compares by code points."""
        return text

    @abstractmethod
    def scaled(self, function: Scale, by: Fraction, value: Sql) -> Sql:
        """A JSON number or numeral times an exact factor, rounded, as JSON."""

    def call(self, function: str, *arguments: Sql) -> Sql:
        """A function of the runtime, applied."""
        return f"{self.schema}.{function}({', '.join(arguments)})"

    def alone(self, value: Sql) -> Sql:
        """A list of one."""
        return self.listed([value])

    @abstractmethod
    def listed(self, values: list[Sql]) -> Sql:
        """A list of JSON values."""

    @abstractmethod
    def column(self, value: Sql, sort: str) -> Sql:
        """A JSON value as what a column of that sort holds: NULL for absence and null."""

    # Names and faults

    def refuse(self, reason: str) -> NoReturn:
        """Say why the plan cannot be written."""
        raise NotPortable(self.target, reason)

    def guarded(self, record: Sql, body: Sql) -> Sql:
        """The body where a value is a record; an error where it is not."""
        return f"CASE WHEN {self.sort(record)} = 'object' THEN {body} ELSE {self.fail('a record is expected')} END"

    def fail(self, reason: str) -> Sql:
        """An error. The event is handed along, so that no planner computes it beforehand."""
        return f"{self.schema}.fail({self.text(reason)}, {self._variables[0]})"

    def fresh(self, prefix: str = "v") -> Sql:
        """A name that nothing has."""
        self._count += 1
        name = f"{prefix}{self._count}"
        self._cheap.add(name)
        return name

    def named(self, value: Sql, body: Callable[[Sql], Sql]) -> Sql:
        """The body over a value that is computed once: cheap ones are written again."""
        if value in self._cheap:
            return body(value)
        name = self.fresh()
        return self.let(name, value, body(name))

    def applied(self, arguments: tuple[Sql, ...], write: Callable[[list[Sql]], Sql]) -> Sql:
        """What is written over arguments that may stand in it more than once: costly ones are named first."""
        names: list[tuple[Sql, Sql]] = []
        given: list[Sql] = []
        for argument in arguments:
            if argument in self._cheap or _LITERAL.fullmatch(argument):
                given.append(argument)
            else:
                name = self.fresh()
                names.append((name, argument))
                given.append(name)
        text = write(given)
        for name, argument in reversed(names):
            text = self.let(name, argument, text)
        return text

    def is_null(self, value: Sql) -> Sql:
        """Whether a value is JSON's null."""
        return f"{value} = {self.literal(None)}"

    def unless_null(self, value: Sql) -> Sql:
        """A value, or absence in place of null."""
        return f"nullif({value}, {self.literal(None)})"

    def is_empty(self, value: Sql) -> Sql:
        """Whether a value is a record without members."""
        return f"{value} = {self.literal({})}"
