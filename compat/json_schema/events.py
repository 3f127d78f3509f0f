"""Events that prove a finding, executed: made by the solver as a whole, or put together around a value at one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from compat.json_schema import nodes as n
from compat.json_schema.answer import Answer, Status
from compat.json_schema.conjunction import Case, State
from compat.json_schema.nodes import Node, Op
from compat.json_schema.schema import ParsedSchema
from compat.json_schema.solver import Solver
from compat.json_schema.values import small
from compat.json_schema.witness import execute
from compat.verdict import Witness

Around: TypeAlias = Callable[[Any], Any]
"""A whole event around a value at one place. Raises NoEvent."""


class NoEvent(Exception):
    """None could be put together without asking the solver about the whole."""


class Events:
    """The executed events of one pair of schemas.

    To ask the solver for a whole event takes work for every member that the event may have. Most findings concern one
    value at one place, and any event does around it: one is made for each schema on the way, and used again. Whether
    it is what it should be, the validators say; if not, the solver is asked.
    """

    def __init__(
        self, writer: ParsedSchema, reader: ParsedSchema, solver: Solver, formats: tuple[tuple[bool, bool], ...]
    ) -> None:
        self._writer, self._reader, self._solver, self._formats = writer, reader, solver, formats

    def run(self, answer: Answer) -> Witness | None:
        """The executed witness of an answer about the whole event, if it carries a value that proves something.

        A format is asserted on the reader's side only where the solver is sure that a format changed.
        """
        if not answer.has_value or not small(answer.value):
            return None
        return self._executed(answer.value, sure=answer.status is Status.FOUND)

    def beside(self, state: State, case: Case, node: Node, around: Around) -> Witness | None:
        """The executed witness that a value at a place breaks a node which the reader asks of every such value.

        ``state`` is what the writer says about the place, ``case`` what that says without making choices.
        """
        try:
            value = self._breaking(state, case, node)
            if self._solver.judge.holds(node, value) is not False:
                return None  # what formats mean decides
            event = around(value)
        except NoEvent:
            return None
        return self._executed(event, sure=False) if small(event) else None

    def with_member(self, state: State, name: str, around: Around) -> Around:
        """Around a member: the smallest object of the state with it."""
        return lambda value: around({**self._object(state), name: value})

    def _breaking(self, state: State, case: Case, node: Node) -> Any:
        """A value of the state that breaks a node, or is worth trying."""
        if node.op is Op.MEMBER:
            name, inner = node.args
            asked = case.asked_of(name, self._solver.judge.concerns)
            return {**self._object(state), name: self._value(*asked, n.negate(inner))}
        if node.op is Op.REQUIRED:
            return {name: value for name, value in self._object(state).items() if name != node.args[0]}
        return self._value(*state, n.negate(node))

    def _object(self, state: State) -> dict[str, Any]:
        found = self._value(*state)
        if not isinstance(found, dict):
            raise NoEvent
        return found

    def _value(self, *nodes: Node) -> Any:
        answer = self._solver.solve(*nodes)
        if answer.status is not Status.FOUND:
            raise NoEvent
        return answer.value

    def _executed(self, event: Any, *, sure: bool) -> Witness | None:
        formats = tuple(each for each in self._formats if sure or each[0] == each[1])
        try:
            return execute(self._writer, self._reader, event, formats=formats)
        except ValueError:
            return None
