"""Regular languages as expressions with derivatives (Brzozowski): built lazily, intersection and complement included.

Expressions are interned, so that equal ones are the same object and derivatives can be remembered per object.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any, Final

from compat.json_schema.regex import characters
from compat.json_schema.regex.characters import CharSet
from compat.json_schema.regex.syntax import Alt, Cat, Chars, Edge, Look, NotRegular, Rep, Tree, parse

MAX_PARTS: Final = 20_000
"""Expressions built for one pattern."""


class Language:
    """One expression. ``op`` is one of: none, empty, chars, cat, or, and, not, rep."""

    __slots__ = ("args", "borders", "derived", "nullable", "op", "order")

    def __init__(self, op: str, args: tuple[Any, ...], nullable: bool, order: int) -> None:  # noqa: FBT001
        self.op = op
        self.args = args
        self.nullable = nullable
        """Whether the empty string belongs to it."""
        self.order = order
        self.derived: dict[int, Language] = {}
        self.borders: tuple[int, ...] | None = None


class Builder:
    """Makes the expressions of one check: equal expressions are one object."""

    def __init__(self, spend: Callable[[int], None] = lambda _: None) -> None:
        self._spend = spend
        self._known: dict[tuple[Any, ...], Language] = {}
        self.none = self._make("none", (), nullable=False)
        self.empty = self._make("empty", (), nullable=True)
        self.any = self._make("chars", (characters.ANY,), nullable=False)
        self.all = self._make("rep", (self.any, 0, None), nullable=True)
        self.non_empty = self.cat(self.any, self.all)
        self._languages: dict[str, Language] = {}

    @property
    def size(self) -> int:
        return len(self._known)

    def language(self, pattern: str) -> Language:
        """All strings in which the pattern is found. Raises NotRegular."""
        known = self._languages.get(pattern)
        if known is None:
            known = self._languages[pattern] = _Search(self).of(parse(pattern))
        return known

    def _make(self, op: str, args: tuple[Any, ...], *, nullable: bool) -> Language:
        key = (op, *args)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Language(op, args, nullable, len(self._known))
        return found

    def chars(self, charset: CharSet) -> Language:
        return self._make("chars", (charset,), nullable=False) if charset else self.none

    def cat(self, first: Language, second: Language) -> Language:
        if first is self.none or second is self.none:
            return self.none
        if first is self.empty:
            return second
        if second is self.empty:
            return first
        if first.op == "cat":
            return self.cat(first.args[0], self.cat(first.args[1], second))
        if first is second is self.all:
            return first
        return self._make("cat", (first, second), nullable=first.nullable and second.nullable)

    def rep(self, body: Language, low: int, high: int | None) -> Language:
        if body.nullable:
            low = 0
        if high == 0 or body is self.empty:
            return self.empty
        if body is self.none:
            return self.empty if low == 0 else self.none
        if low == high == 1:
            return body
        if body.op == "rep" and body.args[1] == 0 and body.args[2] is None:
            return body
        return self._make("rep", (body, low, high), nullable=low == 0)

    def either(self, parts: Iterable[Language]) -> Language:
        flat: dict[Language, None] = {}
        charsets: list[CharSet] = []
        for part in parts:
            for each in part.args[0] if part.op == "or" else (part,):
                if each.op == "chars":
                    charsets.append(each.args[0])
                elif each is not self.none:
                    flat[each] = None
        if charsets:
            flat[self.chars(characters.union(charsets))] = None
        if self.all in flat:
            return self.all
        if any(self.negate_known(each) in flat for each in flat):
            return self.all
        self._spend(1 + len(flat) // 2)
        ordered = tuple(sorted(flat, key=_order))
        if not ordered:
            return self.none
        if len(ordered) == 1:
            return ordered[0]
        return self._make("or", (ordered,), nullable=any(each.nullable for each in ordered))

    def both(self, parts: Iterable[Language]) -> Language:
        flat: dict[Language, None] = {}
        for part in parts:
            for each in part.args[0] if part.op == "and" else (part,):
                if each is not self.all:
                    flat[each] = None
        if self.none in flat:
            return self.none
        if any(self.negate_known(each) in flat for each in flat):
            return self.none
        if self.empty in flat:
            return self.empty if all(each.nullable for each in flat) else self.none
        self._spend(1 + len(flat) // 2)
        ordered = tuple(sorted(flat, key=_order))
        if not ordered:
            return self.all
        if len(ordered) == 1:
            return ordered[0]
        return self._make("and", (ordered,), nullable=all(each.nullable for each in ordered))

    def negate(self, body: Language) -> Language:
        if body.op == "not":
            inner: Language = body.args[0]
            return inner
        if body is self.none:
            return self.all
        if body is self.all:
            return self.none
        return self._make("not", (body,), nullable=not body.nullable)

    def negate_known(self, body: Language) -> Language | None:
        """The complement if it has been built already."""
        if body.op == "not":
            inner: Language = body.args[0]
            return inner
        return self._known.get(("not", body))

    def derive(self, body: Language, point: int) -> Language:
        """What may follow once the character has been read; ``point`` is the low end of one of the ``borders``."""
        found = body.derived.get(point)
        if found is None:
            self._spend(1)
            found = body.derived[point] = self._derive(body, point)
        return found

    def _derive(self, body: Language, point: int) -> Language:
        op, args = body.op, body.args
        if op == "chars":
            return self.empty if characters.contains(args[0], point) else self.none
        if op == "cat":
            first, second = args
            taken = self.cat(self._derived(first, point), second)
            return self.either((taken, self._derived(second, point))) if first.nullable else taken
        if op == "or":
            return self.either([self._derived(each, point) for each in args[0]])
        if op == "and":
            return self.both([self._derived(each, point) for each in args[0]])
        if op == "not":
            return self.negate(self._derived(args[0], point))
        if op == "rep":
            inner, low, high = args
            rest = self.rep(inner, max(low - 1, 0), None if high is None else high - 1)
            return self.cat(self._derived(inner, point), rest)
        return self.none

    def _derived(self, body: Language, point: int) -> Language:
        borders = self.borders(body)
        index = bisect_right(borders, point)
        return self.derive(body, borders[index - 1] if index else 0)

    def borders(self, body: Language) -> tuple[int, ...]:
        """Code points where the derivative may change: between two of them all characters behave the same."""
        if body.borders is None:
            body.borders = tuple(sorted(self._borders(body)))
        return body.borders

    def _borders(self, body: Language) -> set[int]:
        op, args = body.op, body.args
        if op == "chars":
            return {border for low, high in args[0] for border in (low, high + 1)}
        if op == "cat":
            found = set(self.borders(args[0]))
            return found | set(self.borders(args[1])) if args[0].nullable else found
        if op in ("or", "and"):
            return {border for each in args[0] for border in self.borders(each)}
        if op in ("not", "rep"):
            return set(self.borders(args[0]))
        return set()

    def contains(self, body: Language, text: str) -> bool:
        """Whether a string belongs to a language."""
        for character in text:
            body = self._derived(body, ord(character))
            if body is self.none or body is self.all:
                break
        return body.nullable


def _order(language: Language) -> int:
    return language.order


class _Search:
    """A pattern as the language of all strings in which it is found.

    A part is read together with what follows it, so that looking ahead is intersection. What follows is given for both
    cases: nothing has been read yet (where ``^`` holds), or something has.
    """

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.made = 0

    def of(self, tree: Tree) -> Language:
        b = self.builder
        found = self.follow(tree, (b.all, b.all))
        return b.either((found[0], b.cat(b.non_empty, found[1])))

    def follow(self, tree: Tree, after: tuple[Language, Language]) -> tuple[Language, Language]:
        """(read at the start, read later) for a part and what follows it at (the start, later)."""
        b = self.builder
        self.made += 1
        if self.made > MAX_PARTS:
            raise NotRegular("the pattern is too large to be looked into")
        if isinstance(tree, Edge):
            if tree.start:
                return after[0], b.none
            return b.both((b.empty, after[0])), b.both((b.empty, after[1]))
        if isinstance(tree, Look):
            return self.look(tree, after)
        if isinstance(tree, Alt):
            branches = [self.follow(part, after) for part in tree.parts]
            return b.either(start for start, _ in branches), b.either(later for _, later in branches)
        if isinstance(tree, Cat) and not _is_plain(tree):
            for part in reversed(tree.parts):
                after = self.follow(part, after)
            return after
        if isinstance(tree, Rep) and not _is_plain(tree.body):
            return self.repeat(tree, after)
        return self.plain_then(self.plain(tree), after)

    def look(self, tree: Look, after: tuple[Language, Language]) -> tuple[Language, Language]:
        b = self.builder
        seen = self.follow(tree.body, (b.all, b.all))
        if tree.negative:
            seen = b.negate(seen[0]), b.negate(seen[1])
        return b.both((seen[0], after[0])), b.both((seen[1], after[1]))

    def repeat(self, tree: Rep, after: tuple[Language, Language]) -> tuple[Language, Language]:
        if tree.high is None or tree.high > 20:
            raise NotRegular("an assertion inside a repetition")
        b = self.builder
        total = after if tree.low == 0 else (b.none, b.none)
        for count in range(1, tree.high + 1):
            if count >= max(tree.low, 1):
                branch = after
                for _ in range(count):
                    branch = self.follow(tree.body, branch)
                total = b.either((total[0], branch[0])), b.either((total[1], branch[1]))
        return total

    def plain_then(self, language: Language, after: tuple[Language, Language]) -> tuple[Language, Language]:
        b = self.builder
        later = b.cat(language, after[1])
        if after[0] is after[1]:
            return later, later
        read = b.cat(b.both((language, b.non_empty)), after[1])
        return (b.either((after[0], read)) if language.nullable else read), later

    def plain(self, tree: Tree) -> Language:
        """A part without assertions as the language of what it consumes."""
        b = self.builder
        self.made += 1
        if self.made > MAX_PARTS:
            raise NotRegular("the pattern is too large to be looked into")
        if isinstance(tree, Chars):
            return b.chars(tree.charset)
        if isinstance(tree, Alt):
            return b.either([self.plain(part) for part in tree.parts])
        if isinstance(tree, Rep):
            return b.rep(self.plain(tree.body), tree.low, tree.high)
        result = b.empty
        if isinstance(tree, Cat):
            for part in reversed(tree.parts):
                result = b.cat(self.plain(part), result)
        return result


def _is_plain(tree: Tree) -> bool:
    """Whether a part has no assertions."""
    if isinstance(tree, Chars):
        return True
    if isinstance(tree, (Cat, Alt)):
        return all(_is_plain(part) for part in tree.parts)
    return isinstance(tree, Rep) and _is_plain(tree.body)
