"""Long strings of a language without counting to their length: round and round a loop of its automaton."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, TypeAlias

from compat.json_schema.regex.language import Language

MAX_STATES: Final = 500
"""States that are looked at; a loop behind more of them is not found."""
_TRIED: Final = 40
"""States whose way back to themselves is looked for."""

_Ways: TypeAlias = Callable[[Language], Iterable[tuple[int, Language]]]
"""The ways on from a state: a character of each class, the most readable first, and the state it leads to."""
_Tree: TypeAlias = dict[Language, tuple[int, Language] | None]
"""For each state that was reached the character and the state one came from."""


class Loops:
    """What can be reached from a state, and what of it leads back to where it was."""

    def __init__(self, start: Language, ways: _Ways) -> None:
        self._ways: dict[Language, list[tuple[int, Language]]] = {}
        self._before = _breadth_first([start], lambda state: self._ways.setdefault(state, list(ways(state))))
        back: dict[Language, list[tuple[int, Language]]] = {}
        for state, onward in self._ways.items():
            for point, child in onward:
                back.setdefault(child, []).append((point, state))
        ends = [state for state in self._ways if state.nullable]
        self._after = _breadth_first(ends, lambda state: back.get(state, ()))

    def string(self, low: int, high: int | None) -> str | None:
        """A string of the language of at least ``low`` characters; None says only that no loop gives one."""
        for state in islice(filter(self._after.__contains__, self._ways), _TRIED):
            if loop := self._loop(state):
                prefix, suffix = _path(self._before, state)[::-1], _path(self._after, state)
                rounds = -(-max(low - len(prefix) - len(suffix), 0) // len(loop))
                text = prefix + loop * rounds + suffix
                if high is None or len(text) <= high:
                    return text
        return None

    def _loop(self, state: Language) -> str:
        """The shortest way from a state back to it; empty where there is none."""
        tree = _breadth_first([state], lambda each: self._ways.get(each, ()))
        for each in tree:
            for point, child in self._ways.get(each, ()):
                if child is state:
                    return _path(tree, each)[::-1] + chr(point)
        return ""


def _breadth_first(starts: Iterable[Language], ways: _Ways) -> _Tree:
    tree: _Tree = dict.fromkeys(starts)
    pending = deque(tree)
    while pending:
        state = pending.popleft()
        for point, following in ways(state):
            if following not in tree and len(tree) < MAX_STATES:
                tree[following] = point, state
                pending.append(following)
    return tree


def _path(tree: _Tree, state: Language) -> str:
    """The characters between a state and where the tree starts, the nearest first."""
    return "".join(_characters(tree, state))


def _characters(tree: _Tree, state: Language) -> Iterator[str]:
    while (way := tree[state]) is not None:
        point, state = way
        yield chr(point)
