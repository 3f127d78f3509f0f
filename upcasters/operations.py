"""The closed set of operations: values without behaviour.

Each reading of the set (what it does to an event, to a shape, on the way back, in SQL ...) is one module of its own.
Absent stays absent and null stays null wherever an operation changes a value, unless its fields say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, Union

from msgspec import UNSET, Struct, UnsetType

from upcasters.path import Pointer

Json: TypeAlias = Any
"""A JSON-ready value."""

Scalar: TypeAlias = str | int | float | bool | None

Kind: TypeAlias = Literal["decimal", "bytes", "timestamp", "local_timestamp", "date", "time", "uuid"]
"""What a constant's string stands for, where JSON has no literal: exact decimal digits, base64, RFC 3339, UUID."""

Literally: TypeAlias = Kind | dict[str, Kind]
"""What the string of a constant stands for, or those within it by their JSON pointers."""

Rounding: TypeAlias = Literal["exact", "half_even", "half_up", "half_down", "up", "down", "ceiling", "floor"]
"""How an inexact result is rounded; ``exact`` refuses the event. ``half_up`` and ``up`` lead away from zero."""

Number: TypeAlias = Literal["int32", "int64", "integer", "decimal", "double", "string"]


class _Operation(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all operations share: frozen, unknown fields refused."""


class Rename(_Operation, frozen=True):
    """Give the member at ``at`` the name ``to``, in the same record."""

    at: Pointer
    to: str


class Move(_Operation, frozen=True, rename={"source": "from"}):
    """Take the value at ``from`` to ``to``; records on the way are made. With ``prune``, emptied records go."""

    source: Pointer
    to: Pointer
    prune: bool = False


class Copy(_Operation, frozen=True, rename={"source": "from"}):
    """Put the value at ``from`` at ``to`` as well."""

    source: Pointer
    to: Pointer


class Add(_Operation, frozen=True, rename={"literal": "as"}):
    """Put a constant at ``at``, where nothing was declared."""

    at: Pointer
    value: Json
    literal: Literally | None = None


class Default(_Operation, frozen=True, rename={"literal": "as"}):
    """Put a constant at ``at`` where an event has nothing there, a null there, or either."""

    at: Pointer
    value: Json
    literal: Literally | None = None
    when: Literal["absent", "null", "either"] = "absent"


class Remove(_Operation, frozen=True, rename={"literal": "as"}):
    """Take the value at ``at`` away; ``restore`` is the constant that stands for it on the way down."""

    at: Pointer
    restore: Json | UnsetType = UNSET
    literal: Literally | None = None


class Only(_Operation, frozen=True):
    """Keep the named members of the record at ``at``; all others go, also those that no schema declares."""

    at: Pointer
    members: tuple[str, ...]


class Otherwise(_Operation, frozen=True):
    """A constant for what a table does not list."""

    value: Scalar


class Map(_Operation, frozen=True, rename={"otherwise": "else"}):
    """Translate the value at ``at`` by a table: an object for text, a list of pairs for any scalar."""

    at: Pointer
    table: dict[str, Scalar] | tuple[tuple[Scalar, Scalar], ...]
    otherwise: Literal["error", "keep"] | Otherwise = "error"

    @property
    def pairs(self) -> tuple[tuple[Scalar, Scalar], ...]:
        """The table as pairs of old and new, in the order of the document."""
        return tuple(self.table.items()) if isinstance(self.table, dict) else self.table


class Convert(_Operation, frozen=True):
    """Write the value at ``at`` another way, by a codec of the catalogue: ``epoch_s->epoch_ms``."""

    at: Pointer
    using: str


class Scale(_Operation, frozen=True):
    """Multiply the number at ``at`` exactly by ``by`` (a decimal or a fraction ``1/60``), then round, then name it.

    ``places`` counts the digits after the point of a decimal, double or string result; integers have none.
    """

    at: Pointer
    by: str | int
    rounding: Rounding
    result: Number
    to: str | None = None
    places: int = 0


class Set(_Operation, frozen=True):
    """Compute the value at ``at`` from the members of the scope; ``down`` computes it back.

    Where a member that the expression names is absent: ``error`` refuses the event, ``skip`` leaves ``at`` as it is.
    """

    at: Pointer
    expr: str
    absent: Literal["error", "skip"] = "error"
    down: str | None = None


class Join(_Operation, frozen=True, rename={"source": "from"}):
    """Put the texts at ``from`` together at ``to``, with a separator; nothing where one is absent or null."""

    source: tuple[Pointer, ...]
    to: Pointer
    separator: str


class Split(_Operation, frozen=True, rename={"source": "from"}):
    """Take the text at ``from`` apart at its first separators; the last place gets what is left."""

    source: Pointer
    to: tuple[Pointer, ...]
    separator: str


class Wrap(_Operation, frozen=True):
    """Make the value at ``at`` an array of one."""

    at: Pointer


class Unwrap(_Operation, frozen=True):
    """Make the array at ``at`` its only, first or last item; an empty one vanishes unless exactly one is asked for."""

    at: Pointer
    take: Literal["one", "first", "last"] = "one"


class Entries(_Operation, frozen=True):
    """Turn the map at ``at`` into a list of records of key and value, in order of keys, or such a list into a map."""

    at: Pointer
    to: Literal["list", "map"]
    key: str = "key"
    value: str = "value"


class Each(_Operation, frozen=True):
    """Do operations on every item of the array, or every value of the map, at ``at``; null items stay null."""

    at: Pointer
    ops: tuple[Operation, ...]


class In(_Operation, frozen=True):
    """Do operations on the record at ``at``, where there is one."""

    at: Pointer
    ops: tuple[Operation, ...]


class When(_Operation, frozen=True, rename={"condition": "if", "then": "ops", "otherwise": "else"}):
    """Do operations where a condition over the scope holds, others where it does not."""

    condition: str
    then: tuple[Operation, ...]
    otherwise: tuple[Operation, ...] = ()


class Branch(_Operation, frozen=True, rename={"otherwise": "else"}):
    """Do the operations of the arm that the value at ``at`` is on, in its scope.

    Arms are sorts of value (``null boolean number string bytes array object``), or with ``by`` the texts of a member.
    """

    at: Pointer
    arms: dict[str, tuple[Operation, ...]]
    by: str | None = None
    otherwise: Literal["error", "keep"] = "error"


class Fail(_Operation, frozen=True, rename={"condition": "when"}):
    """Refuse events for which a condition holds, with a reason for people."""

    condition: str
    reason: str


class Envelope(_Operation, frozen=True):
    """Do operations on what is around the payload: a record of ``payload``, ``headers`` and ``event``. Stream level.

    ``event`` is read only: ``type``, ``id``, ``position``, and ``time``, ``source``, ``subject``, ``stream`` if known.
    """

    ops: tuple[Operation, ...]


class Retype(_Operation, frozen=True, rename={"source": "from"}):
    """Give the event another type. Stream level."""

    source: str
    to: str


class DropEvent(_Operation, frozen=True, rename={"condition": "when"}):
    """Leave out events for which a condition holds. Stream level."""

    condition: str


class Part(_Operation, frozen=True):
    """One event that comes of another: its type and what is done to a copy of the payload."""

    type: str
    ops: tuple[Operation, ...] = ()


class Emit(_Operation, frozen=True):
    """Make several events of one, in order. Stream level, and the last operation of its document."""

    events: tuple[Part, ...]


class Collect(_Operation, frozen=True):
    """Make one event of those with the same key, in order. Replay jobs only, and the last operation of its document.

    ``ops`` work on a record of ``key`` and ``events``, the payloads. A group is complete with the ``most`` events, or
    with one for which ``until`` holds. One that is not, ``within`` so many events of the stream or at its end, is
    refused, or kept as it is.
    """

    key: str
    most: int
    within: int
    until: str | None = None
    ops: tuple[Operation, ...] = ()
    incomplete: Literal["error", "keep"] = "error"


Operation: TypeAlias = Union[  # noqa: UP007 - the members refer to it
    Rename, Move, Copy, Add, Default, Remove, Only, Map, Convert, Scale, Set, Join, Split, Wrap, Unwrap, Entries,
    Each, In, When, Branch, Fail, Envelope, Retype, DropEvent, Emit, Collect,
]  # fmt: skip

OPERATIONS: Final[Mapping[str, type[Operation]]] = MappingProxyType({
    "rename": Rename, "move": Move, "copy": Copy, "add": Add, "default": Default, "remove": Remove, "only": Only,
    "map": Map, "convert": Convert, "scale": Scale, "set": Set, "join": Join, "split": Split, "wrap": Wrap,
    "unwrap": Unwrap, "entries": Entries, "each": Each, "in": In, "when": When, "branch": Branch, "fail": Fail,
    "envelope": Envelope, "retype": Retype, "drop_event": DropEvent, "emit": Emit,
    "collect": Collect,
})  # fmt: skip
"""Every operation by the name a document gives it."""

NAMES: Final[Mapping[type[Operation], str]] = MappingProxyType({kind: name for name, kind in OPERATIONS.items()})

STREAM_LEVEL: Final = (Envelope, Retype, DropEvent, Emit, Collect)
"""Operations that concern the event as a whole, not its payload: allowed at the top of a document only."""


def nested(operation: Operation) -> Iterator[tuple[str, tuple[Operation, ...]]]:
    """The lists of operations inside one, each with its pointer below the operation: ``/ops``, ``/arms/string``."""
    match operation:
        case Each(ops=ops) | In(ops=ops) | Envelope(ops=ops) | Collect(ops=ops):
            yield "/ops", ops
        case When(then=then, otherwise=otherwise):
            yield "/ops", then
            yield "/else", otherwise
        case Branch(arms=arms):
            for arm, ops in arms.items():
                yield str(Pointer(("arms", arm))), ops
        case Emit(events=events):
            for index, part in enumerate(events):
                yield f"/events/{index}/ops", part.ops
        case _:
            return


def is_stream_level(operations: tuple[Operation, ...]) -> bool:
    """Whether a list concerns events as a whole (type, headers, number): it cannot be applied to a payload alone."""
    return any(isinstance(operation, STREAM_LEVEL) for operation in operations)
