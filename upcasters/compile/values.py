"""What the two Python back ends share: value functions, tables and the names that generated code may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from upcasters import functions
from upcasters.codecs import CODECS, sort_of
from upcasters.evaluate import ABSENT, get
from upcasters.exact import scaler
from upcasters.interpret import arm_of, entries, look_up, only, split_parts, unwrapped
from upcasters.operations import Convert, Entries, Map, Only, Scale, Unwrap, Wrap
from upcasters.plan import Function, Piece, Prune


class Refused(Exception):
    """An operation ``fail`` refused the event; the interpreter says which."""


def function_of(function: Function) -> Callable[[Any], Any]:
    """A value function as one of Python: neither absence nor null ever comes to it."""
    match function:
        case Map():
            return lambda value: look_up(function, value)
        case Convert(using=using):
            return CODECS[using].run
        case Scale():
            return scaler(function)
        case Wrap():
            return lambda value: [value]
        case Unwrap(take=take):
            return lambda value: unwrapped(value, take)
        case Entries():
            return lambda value: entries(function, value)
        case Only(members=members):
            return lambda value: only(value, members)
        case Piece(separator=separator, count=count, index=index):
            return lambda value: split_parts(value, separator, count)[index]
        case Prune():
            return lambda value: ABSENT if value == {} else value


def table_of(function: Map) -> dict[Any, Any] | None:
    """A table of texts as a dict that leaves absence and null as they are; None for tables of other scalars."""
    pairs = function.pairs
    if not all(isinstance(old, str) for old, _ in pairs):
        return None
    return {**dict(pairs), None: None, ABSENT: ABSENT}


def constant_literal(value: Any, name: Callable[[Any, str], str]) -> str:
    """Python source that makes the constant anew. Values without a literal get a name."""
    match value:
        case None | bool() | int() | str() | bytes():
            return repr(value)
        case float():
            return repr(value)
        case list():
            return f"[{', '.join(constant_literal(item, name) for item in value)}]"
        case dict():
            members = (f"{key!r}: {constant_literal(item, name)}" for key, item in value.items())
            return f"{{{', '.join(members)}}}"
        case _:
            return name(value, "c")


def present(value: Any) -> Any:
    """The value, if there is one."""
    if value is ABSENT:
        raise ValueError("a value is absent that an operation cannot do without")
    return value


def joined(separator: str, *texts: Any) -> Any:
    """Texts put together; nothing where one is absent or null."""
    if any(text is ABSENT or text is None for text in texts):
        return ABSENT
    return separator.join(texts)


def each_item(change: Callable[[Any], Any], value: Any) -> Any:
    """A list with every item changed; null items, null and absence stay."""
    if value is ABSENT or value is None:
        return value
    return [None if item is None else change(item) for item in value]


def each_value(change: Callable[[Any], Any], value: Any) -> Any:
    """A map with every value changed."""
    if value is ABSENT or value is None:
        return value
    return {key: None if item is None else change(item) for key, item in value.items()}


def each_of(change: Callable[[Any], Any], value: Any) -> Any:
    """A list or a map with every item changed."""
    if isinstance(value, dict):
        return each_value(change, value)
    if value is ABSENT or value is None or isinstance(value, list):
        return each_item(change, value)
    raise TypeError(f"{sort_of(value)} where a list or a map is expected")


def arm_by(value: Any, member: str) -> Any:
    """What a record's member says, to choose an arm by."""
    return value if value is ABSENT else value.get(member)


def items(value: Any) -> list[Any]:
    """The value, if it is a list."""
    if not isinstance(value, list):
        raise TypeError(f"{sort_of(value)} where a list is expected")
    return value


def has(value: Any, parts: tuple[str, ...]) -> bool:
    """Whether there is a member at a path."""
    return get(value, parts) is not ABSENT


BINDINGS: Final[Mapping[str, Any]] = {
    "M": ABSENT, "Refused": Refused, "present": present, "joined": joined, "each_item": each_item,
    "each_value": each_value, "each_of": each_of, "arm_of": arm_of, "arm_by": arm_by, "items": items, "has": has,
    "member": get, "int64": functions.int64, "truth": functions.truth, "negate": functions.negate,
    "plus": functions.plus, "minus": functions.minus, "times": functions.times, "divide": functions.divide,
    "remainder": functions.remainder, "equal": functions.equal, "less": functions.less,
    "less_equal": functions.less_equal, "contained": functions.contained,
    **{f"call_{name}": call for name, call in functions.CALLS.items()},
}  # fmt: skip
"""Every name that generated Python may use besides Python's own."""
