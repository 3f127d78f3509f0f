"""Long strings of a language without counting to their length: around one state that a character leads back to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from compat.json_schema.regex.language import Language

Steps = Callable[[Language], Iterator[tuple[int, Language]]]
"""The ways on from a state: a character of each class, and the state it leads to."""

MAX_STATES: Final = 500
"""States that are looked at; a loop behind more of them is not found."""


class Loops:
    """What can be reached from a state, and which of it can be repeated.

    ``steps`` gives the ways on, the most readable character first.
    """

    def __init__(self, start: Language, steps: Steps) -> None:
        self._before: dict[Language, tuple[Language, int] | None] = {start: None}
        self._loops: list[tuple[Language, int]] = []
        back: dict[Language, list[tuple[Language, int]]] = {}
        pending = deque([start])
        while pending:
            state = pending.popleft()
            for point, child in steps(state):
                if child is state and (not self._loops or self._loops[-1][0] is not state):
                    self._loops.append((state, point))
                back.setdefault(child, []).append((state, point))
                if child not in self._before and len(self._before) < MAX_STATES:
                    self._before[child] = state, point
                    pending.append(child)
        pending.extend(state for state in self._before if state.nullable)
        self._after: dict[Language, tuple[Language, int] | None] = dict.fromkeys(pending)
        while pending:
            state = pending.popleft()
            for earlier, point in back.get(state, ()):
                if earlier not in self._after:
                    self._after[earlier] = state, point
                    pending.append(earlier)

    def of_length(self, length: int) -> str | None:
        """A string of the language with exactly so many characters; None says only that no loop gives one."""
        for state, point in self._loops:
            if state not in self._after:
                continue
            prefix, suffix = _walk(self._before, state)[::-1], _walk(self._after, state)
            if len(prefix) + len(suffix) <= length:
                return prefix + chr(point) * (length - len(prefix) - len(suffix)) + suffix
        return None


def _walk(ways: dict[Language, tuple[Language, int] | None], state: Language) -> str:
    out: list[str] = []
    while (way := ways[state]) is not None:
        state, point = way
        out.append(chr(point))
    return "".join(out)
