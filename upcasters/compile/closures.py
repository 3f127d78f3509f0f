"""Run a plan as nested closures: no source is generated and nothing is executed. Two to three times slower."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from upcasters.compile import values
from upcasters.compile.values import Refused, function_of
from upcasters.evaluate import ABSENT, evaluate_with
from upcasters.functions import truth
from upcasters.interpret import arm_of
from upcasters.plan import (
    Apply,
    Build,
    Checked,
    Const,
    Each,
    Enter,
    Fallback,
    Formula,
    Get,
    If,
    Joined,
    Node,
    Nothing,
    Plan,
    Present,
    Raise,
    Switch,
    Var,
    maybe_absent,
)

_Scope: TypeAlias = dict[int, Any]
_Run: TypeAlias = Callable[[_Scope], Any]


def compile_closures(plan: Plan) -> Callable[[Any], Any]:
    """The plan as a function. It raises whatever goes wrong, without diagnostics."""
    if plan.identity:
        return lambda event: event
    known: dict[int, _Run] = {}
    run = _compiled(plan.root, known)
    return lambda event: values.present(run({0: event}))


def _compiled(node: Node, known: dict[int, _Run]) -> _Run:
    if id(node) not in known:
        known[id(node)] = _closure(node, lambda part: _compiled(part, known))
    return known[id(node)]


def _closure(node: Node, compiled: Callable[[Node], _Run]) -> _Run:  # noqa: C901 - one case per sort of node
    match node:
        case Var(number=number):
            return lambda scope: scope[number]
        case Get(of=Var(number=number), name=name, optional=False):
            return lambda scope: scope[number][name]
        case Get(of=of, name=name, optional=optional):
            record = compiled(of)
            return (lambda scope: record(scope).get(name, ABSENT)) if optional else (lambda scope: record(scope)[name])
        case Const(value=value):
            return _constant(value)
        case Nothing():
            return lambda _: ABSENT
        case Build():
            return _build(node, compiled)
        case Apply(function=function, to=to):
            return _applied(function_of(function), compiled(to))
        case Joined(texts=texts, separator=separator):
            runs = [compiled(text) for text in texts]
            return lambda scope: values.joined(separator, *(run(scope) for run in runs))
        case Fallback():
            return _fallback(node, compiled)
        case Formula():
            return _formula(node, compiled)
        case Present(nodes=nodes):
            runs = [compiled(part) for part in nodes]
            return lambda scope: all(run(scope) is not ABSENT for run in runs)
        case If(condition=condition, then=then, otherwise=otherwise):
            test, yes, no = compiled(condition), compiled(then), compiled(otherwise)
            return lambda scope: yes(scope) if test(scope) else no(scope)
        case Enter():
            return _enter(node, compiled)
        case Each():
            return _each(node, compiled)
        case Switch():
            return _switch(node, compiled)
        case Checked(checks=checks, then=then):
            return _checked([compiled(check) for check in checks], compiled(then))
        case Raise(reason=reason):
            return _raising(reason)


def _constant(value: Any) -> _Run:
    if isinstance(value, list):
        parts = [_constant(item) for item in value]
        return lambda scope: [part(scope) for part in parts]
    if isinstance(value, dict):
        members = [(name, _constant(item)) for name, item in value.items()]
        return lambda scope: {name: part(scope) for name, part in members}
    return lambda _: value


def _build(node: Build, compiled: Callable[[Node], _Run]) -> _Run:
    certain = [(name, compiled(member)) for name, member in node.members if not maybe_absent(member)]
    optional = [(name, compiled(member)) for name, member in node.members if maybe_absent(member)]
    source = compiled(node.source) if node.open and node.source is not None else None
    known = node.known | {name for name, _ in node.members}
    count = node.count

    def build(scope: _Scope) -> Any:
        record = {name: run(scope) for name, run in certain}
        for name, run in optional:
            value = run(scope)
            if value is not ABSENT:
                record[name] = value
        if source is not None:
            given = source(scope)
            if len(given) != count:
                for name in given:
                    if name not in known:
                        record[name] = given[name]
        return record

    return build


def _applied(function: Callable[[Any], Any], argument: _Run) -> _Run:
    def apply(scope: _Scope) -> Any:
        value = argument(scope)
        return value if value is ABSENT or value is None else function(value)

    return apply


def _fallback(node: Fallback, compiled: Callable[[Node], _Run]) -> _Run:
    value, constant = compiled(node.value), compiled(node.constant)
    empty = {"absent": (ABSENT,), "null": (None,), "either": (ABSENT, None)}[node.when]

    def fall_back(scope: _Scope) -> Any:
        found = value(scope)
        return constant(scope) if any(found is one for one in empty) else found

    return fall_back


def _formula(node: Formula, compiled: Callable[[Node], _Run]) -> _Run:
    inputs = [(path, compiled(given), path in node.required) for path, given in node.inputs]
    expression, boolean = node.expression, node.boolean

    def compute(scope: _Scope) -> Any:
        given = {path: values.present(run(scope)) if needed else run(scope) for path, run, needed in inputs}
        result = evaluate_with(expression, given)
        return truth(result) if boolean else result

    return compute


def _enter(node: Enter, compiled: Callable[[Node], _Run]) -> _Run:
    value, body, var = compiled(node.value), compiled(node.body), node.var
    absent, null = node.absent, node.null

    def enter(scope: _Scope) -> Any:
        found = value(scope)
        if found is ABSENT:
            if absent == "keep":
                return ABSENT
            found = {}
        elif found is None and null != "pass":
            if null == "error":
                raise TypeError("null where a record is expected")
            return None if null == "keep" else ABSENT
        return body({**scope, var: found})

    return enter


def _each(node: Each, compiled: Callable[[Node], _Run]) -> _Run:
    value, body, var = compiled(node.value), compiled(node.body), node.var
    gone_through = {"list": values.each_item, "map": values.each_value, "either": values.each_of}[node.container]
    return lambda scope: gone_through(lambda item: values.present(body({**scope, var: item})), value(scope))


def _switch(node: Switch, compiled: Callable[[Node], _Run]) -> _Run:
    value, var, by = compiled(node.value), node.var, node.by
    arms = {name: compiled(body) for name, body in node.arms}

    def switch(scope: _Scope) -> Any:
        found = value(scope)
        if found is ABSENT:
            return ABSENT
        arm = arm_of(found) if by is None else values.arm_by(found, by)
        if arm not in arms:
            if node.otherwise == "keep":
                return found
            raise ValueError(f"no arm for {arm!r}")
        return arms[arm]({**scope, var: found})

    return switch


def _checked(checks: list[_Run], then: _Run) -> _Run:
    def run(scope: _Scope) -> Any:
        for check in checks:
            check(scope)
        return then(scope)

    return run


def _raising(reason: str) -> _Run:
    def run(_: _Scope) -> Any:
        raise Refused(reason)

    return run
