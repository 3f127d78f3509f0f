"""Strings that fulfil lengths, patterns and formats."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from compat.json_schema import formats
from compat.json_schema.answer import EMPTY, Answer, found, maybe, tentative
from compat.json_schema.nodes import Node, Op
from compat.json_schema.regex.language import Builder, Language
from compat.json_schema.regex.search import TooLong, shortest
from compat.json_schema.regex.syntax import NotRegular
from compat.verdict import Reason

MAX_PLAIN: Final = 200_000
"""The longest string that is made where no pattern counts."""
_FORMAT_TRIES: Final = 8
_STEPS_OF_A_DERIVATIVE: Final = 4
"""Automata cost more than the other work of a check."""

Holds = Callable[[Node, object], bool | None]


class Strings:
    """Answers about strings; keeps the automata of one check."""

    def __init__(self, spend: Callable[[int], None], *, asserted: bool = False) -> None:
        """``asserted``: a string that is not of a format does not fulfil it."""
        self._spend = spend
        self._asserted = asserted
        self._builder = Builder(lambda steps: spend(_STEPS_OF_A_DERIVATIVE * steps))
        self._known: dict[tuple[str, str], bool | None] = {}

    def matches(self, pattern: str, text: str) -> bool | None:
        """Whether a pattern is found in a text; None if the pattern is not regular."""
        name = (pattern, text)
        if name not in self._known:
            self._spend(1 + len(text) // 16)
            try:
                self._known[name] = self._builder.contains(self._builder.language(pattern), text)
            except (NotRegular, RecursionError):
                self._known[name] = None
        return self._known[name]

    def solve(self, atoms: list[Node], excluded: set[str], holds: Holds) -> Answer:
        """A string that fulfils the atoms and is none of the excluded ones; ``holds`` judges one atom on a string."""
        low, high = 0, None
        wanted: list[Language] = []
        doubt: Answer | None = None
        broken: list[str] = []
        asked: list[str] = []
        for atom in atoms:
            negative = atom.op is Op.NOT
            inner = atom.args[0] if negative else atom
            if inner.op is Op.PATTERN:
                try:
                    language = self._builder.language(inner.args[0])
                    wanted.append(self._builder.negate(language) if negative else language)
                except NotRegular as error:
                    doubt = maybe(Reason.PATTERN_NOT_REGULAR, f"the pattern {inner.args[0]!r}: {error}")
                except RecursionError:
                    doubt = maybe(Reason.BUDGET_SPENT, f"the pattern {inner.args[0]!r} is nested too deeply")
            elif inner.op is Op.FORMAT:
                (broken if negative else asked).append(inner.args[0])
            elif (inner.op is Op.MIN_LENGTH) is not negative:
                low = max(low, inner.args[0] + negative)
            else:
                bound = inner.args[0] - negative
                high = bound if high is None else min(high, bound)
        if set(broken) & set(asked) or (high is not None and high < low):
            return EMPTY
        find = partial(self._shortest, wanted, low, high)
        if asked or broken or doubt:
            return self._with_examples(atoms, excluded, asked, broken, doubt, find, holds)
        return find(excluded)

    def _with_examples(
        self, atoms: list[Node], excluded: set[str], asked: list[str], broken: list[str], doubt: Answer | None,
        find: Callable[[set[str]], Answer], holds: Holds,
    ) -> Answer:  # fmt: skip
        examples = [each for name in asked for each in formats.EXAMPLES[name]]
        examples += [each for name in broken for each in formats.failing(name)]
        examples += ["a", "1", "", "aA1!aA1!", "x" * 20] if doubt else []
        for example in examples:
            if example not in excluded and all(_fulfils(holds, atom, example) for atom in atoms):
                return found(example)
        tried = set(excluded)
        first: Answer | None = None
        for _ in range(_FORMAT_TRIES):
            answer = find(tried)
            if not answer.has_value:
                if answer is EMPTY and first is None:
                    return EMPTY
                break
            first = first or answer
            if self._is_of(asked, answer.value) and not any(
                formats.conforms(name, answer.value) is not False for name in broken
            ):
                return answer if doubt is None else tentative(answer.value, doubt)
            tried.add(answer.value)
        unsure = doubt or maybe(
            Reason.NO_WITNESS, f"no string was found that is of the formats {asked} and not of {broken}"
        )
        return tentative(first.value, unsure) if first is not None else unsure

    def _is_of(self, names: list[str], text: str) -> bool:
        return not self._asserted or all(formats.conforms(name, text) for name in names)

    def _shortest(self, wanted: list[Language], low: int, high: int | None, excluded: set[str]) -> Answer:
        if not wanted and (low > 40 or not excluded):
            if low > MAX_PLAIN:
                return maybe(Reason.BUDGET_SPENT, f"a string of {low} characters is too long to be tried")
            plain = "x" * low
            if plain not in excluded:
                return found(plain)
        try:
            text = shortest(self._builder, wanted, low, high, excluded, self._spend)
        except TooLong:
            return maybe(Reason.BUDGET_SPENT, "only a very long string could fulfil the patterns")
        except RecursionError:
            return maybe(Reason.BUDGET_SPENT, "a pattern is nested too deeply")
        return EMPTY if text is None else found(text)


def _fulfils(holds: Holds, atom: Node, text: str) -> bool:
    if atom.op is Op.NOT and atom.args[0].op is Op.FORMAT:
        return formats.conforms(atom.args[0].args[0], text) is False
    return holds(atom, text) is True
