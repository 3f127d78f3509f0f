"""The shortest string that belongs to some languages and not to others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from compat.json_schema.regex import characters
from compat.json_schema.regex.language import Builder, Language
from compat.json_schema.regex.loops import Loops

MAX_LAYERS: Final = 5_000
"""The longest string that is looked for where patterns count."""

_MANY: Final = 40
"""From so many characters on, a string that goes round a loop is looked for first."""
_FAVOURITES: Final = "abx0123456789cdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-. /:@!#%&+=,;~"
_RANKS: Final = {ord(character): rank for rank, character in enumerate(_FAVOURITES)}
_FAVOURITE_POINTS: Final = tuple(map(ord, _FAVOURITES))

_State: TypeAlias = tuple[tuple[Language, ...], int]


class TooLong(Exception):
    """The shortest candidate is longer than is looked for."""


class _Excluded:
    """Finitely many strings as a tree of prefixes: which of them may still be meant after some characters."""

    def __init__(self, words: Iterable[str]) -> None:
        self.children: list[dict[int, int]] = [{}]
        self.ends: set[int] = set()
        for word in words:
            node = 0
            for character in word:
                node = self.children[node].setdefault(ord(character), len(self.children))
                if node == len(self.children):
                    self.children.append({})
            self.ends.add(node)

    def step(self, node: int, point: int) -> int:
        return self.children[node].get(point, -1) if node >= 0 else -1


def shortest(
    builder: Builder,
    wanted: Sequence[Language],
    low: int,
    high: int | None,
    excluded: Iterable[str],
    spend: Callable[[int], None],
) -> str | None:
    """A shortest string of length ``low`` to ``high`` in all languages and not excluded; None if there is none.

    Where it must be long, not always the shortest.

    Raises TooLong beyond MAX_LAYERS, and whatever ``spend`` raises.
    """
    words = list(excluded)
    start_language = builder.both(wanted)
    if low > _MANY:
        plain = _Product(builder, _Excluded(()), spend)
        long = Loops(start_language, plain.languages).string(low, high)
        if long is not None and long not in words:
            return long
    search = _Product(builder, _Excluded(words), spend)
    return search.run(((start_language,), 0), low, high)


class _Product:
    def __init__(self, builder: Builder, excluded: _Excluded, spend: Callable[[int], None]) -> None:
        self.builder = builder
        self.excluded = excluded
        self.spend = spend

    def run(self, start: _State, low: int, high: int | None) -> str | None:
        if start[0][0] is self.builder.none:
            return None
        layers: list[dict[_State, tuple[_State, int] | None]] = [{start: None}]
        seen: set[_State] = set()
        while True:
            depth = len(layers) - 1
            if depth >= low:
                for state in layers[-1]:
                    if state[0][0].nullable and state[1] not in self.excluded.ends:
                        return self.path(layers, state)
                seen.update(layers[-1])
            if high is not None and depth >= high:
                return None
            following: dict[_State, tuple[_State, int] | None] = {}
            for state in layers[-1]:
                for point, child in self.steps(state):
                    if child not in seen and child not in following:
                        following[child] = (state, point)
            if not following:
                return None
            if depth >= MAX_LAYERS:
                raise TooLong
            layers.append(following)

    def steps(self, state: _State) -> Iterator[tuple[int, _State]]:
        """The ways on, one character of each class that behaves alike."""
        builder = self.builder
        (language,), node = state
        special = self.excluded.children[node] if node >= 0 else {}
        edges = {*builder.borders(language), 0}
        for point in special:
            edges |= {point, point + 1}
        ordered = sorted(edge for edge in edges if edge <= characters.LAST)
        ways: list[tuple[int, int]] = []
        for index, low in enumerate(ordered):
            high = ordered[index + 1] - 1 if index + 1 < len(ordered) else characters.LAST
            readable = _representative(low, high)
            if readable is not None:
                ways.append((readable, low))
        ways.sort(key=_readability)
        for point, low in ways:
            child = builder._derived(language, low)  # noqa: SLF001 - the product is part of the automaton
            if child is not builder.none:
                yield point, ((child,), self.excluded.step(node, point))
        self.spend(1 + len(ways) // 2)

    def languages(self, language: Language) -> Iterator[tuple[int, Language]]:
        """The ways on where no word is excluded."""
        return ((point, child) for point, ((child,), _) in self.steps(((language,), -1)))

    def path(self, layers: list[dict[_State, Any]], state: _State) -> str:
        out: list[str] = []
        for layer in reversed(layers[1:]):
            state, point = layer[state]
            out.append(chr(point))
        return "".join(reversed(out))


def _readability(way: tuple[int, int]) -> int:
    return _RANKS.get(way[0], len(_RANKS) + way[0])


def _representative(low: int, high: int) -> int | None:
    """A character between two code points, one that is easy to read if there is any."""
    if high - low > 1_000 and low <= 97 <= high:
        return 97
    if low <= 126:
        for point in _FAVOURITE_POINTS:
            if low <= point <= high:
                return point
    if 0xD800 <= low <= 0xDFFF:
        low = 0xE000
    if low < 32 and high >= 32:
        low = 32
    return low if low <= high else None
