"""Evaluate an expression step by step: the plain reading, for the interpreter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from upcasters import functions
from upcasters.codecs import sort_of
from upcasters.expression import Binary, Call, Constant, Expression, Has, Items, Loop, Name, Ternary, Unary
from upcasters.path import Pointer


class _Absent:
    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""Stands for a member that an event does not have; null is a value."""


class MemberAbsent(ValueError):
    """An expression names a member that the event does not have."""

    def __init__(self, parts: tuple[str, ...]) -> None:
        super().__init__(f"{'.'.join(parts) or 'the value'} is absent: guard it with has(...) or coalesce(...)")
        self.parts = parts


def get(value: Any, parts: tuple[str, ...]) -> Any:
    """The member at a path; ABSENT where a member or a record on the way is absent or null. Raises TypeError."""
    for index, part in enumerate(parts):
        if value is None or value is ABSENT:
            return ABSENT
        if not isinstance(value, dict):
            where = Pointer(parts[:index])
            raise TypeError(f"{sort_of(value)} where a record is expected, at {str(where) or 'the root'}")
        value = value.get(part, ABSENT)
    return value


Lookup: TypeAlias = Callable[[tuple[str, ...]], Any]
"""Gives the member of the scope at a path, or ABSENT."""


def evaluate(tree: Expression, scope: Any) -> Any:
    """The value of an expression over a scope. Raises ValueError (MemberAbsent), TypeError or ZeroDivisionError."""
    return _evaluate(tree, lambda path: get(scope, path), {})


def evaluate_with(tree: Expression, inputs: Mapping[tuple[str, ...], Any]) -> Any:
    """The value of an expression whose names stand for the inputs. Raises as ``evaluate`` does."""
    return _evaluate(tree, inputs.__getitem__, {})


def _evaluate(tree: Expression, scope: Lookup, variables: Mapping[str, Any]) -> Any:  # noqa: C901 - one case per sort
    match tree:
        case Constant(value=value):
            return value
        case Name():
            value = _named(tree, scope, variables)
            if value is ABSENT:
                raise MemberAbsent(tree.parts)
            return value
        case Has(name=name):
            return _named(name, scope, variables) is not ABSENT
        case Unary(operator="!", operand=operand):
            return not functions.truth(_evaluate(operand, scope, variables))
        case Unary(operand=operand):
            return functions.negate(_evaluate(operand, scope, variables))
        case Binary(operator="&&" | "||" as operator, left=left, right=right):
            first = functions.truth(_evaluate(left, scope, variables))
            if first is (operator == "||"):
                return first
            return functions.truth(_evaluate(right, scope, variables))
        case Binary():
            return _binary(tree, _evaluate(tree.left, scope, variables), _evaluate(tree.right, scope, variables))
        case Ternary(condition=condition, then=then, otherwise=otherwise):
            chosen = then if functions.truth(_evaluate(condition, scope, variables)) else otherwise
            return _evaluate(chosen, scope, variables)
        case Items(items=items):
            return [_evaluate(item, scope, variables) for item in items]
        case Call(function="coalesce", arguments=arguments):
            return _coalesce(arguments, scope, variables)
        case Call(function=function, arguments=arguments):
            return functions.CALLS[function](*(_evaluate(argument, scope, variables) for argument in arguments))
        case Loop():
            return _loop(tree, scope, variables)


def _named(name: Name, scope: Lookup, variables: Mapping[str, Any]) -> Any:
    return get(variables[name.local], name.parts) if name.local else scope(name.parts)


def _binary(tree: Binary, left: Any, right: Any) -> Any:
    match tree.operator:
        case "!=":
            return not functions.equal(left, right)
        case ">":
            return functions.less(right, left)
        case ">=":
            return functions.less_equal(right, left)
        case operator:
            return functions.OPERATORS[operator](left, right)


def _coalesce(arguments: tuple[Expression, ...], scope: Lookup, variables: Mapping[str, Any]) -> Any:
    for argument in arguments:
        value = (
            _named(argument, scope, variables) if isinstance(argument, Name) else _evaluate(argument, scope, variables)
        )
        if value is not ABSENT and value is not None:
            return value
    return None


def _loop(tree: Loop, scope: Lookup, variables: Mapping[str, Any]) -> Any:
    items = _evaluate(tree.over, scope, variables)
    if not isinstance(items, list):
        raise TypeError(f"{tree.kind} over {sort_of(items)}: only lists are gone through")
    results = ((item, _evaluate(tree.body, scope, {**variables, tree.variable: item})) for item in items)
    match tree.kind:
        case "map":
            return [result for _, result in results]
        case "filter":
            return [item for item, result in results if functions.truth(result)]
        case "exists":
            return any(functions.truth(result) for _, result in results)
        case "all":
            return all(functions.truth(result) for _, result in results)
