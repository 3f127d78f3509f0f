"""Many values of one sort from the first: where a witness needs thousands, they are not all searched for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import count, islice
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any, Final

from compat.json_schema.values import is_number

_MISSES: Final = 40
"""Values in a row that do not fit, after which a family is given up."""
_DEPTH: Final = 2
"""Objects and arrays inside each other that are looked into."""
_WHEELS: Final = {character: wheel for wheel in (digits, ascii_lowercase, ascii_uppercase) for character in wheel}


class Similar:
    """What comes after a number or text: those above it, those it begins, those of the same letters and digits.

    After an object or array, what differs from it in one such place.
    """

    def __init__(self, value: Any) -> None:
        self._families = list(_families(value, _DEPTH))

    def next(self, fits: Callable[[Any], bool | None]) -> Any | None:
        """The next value that fits; None once too many in a row have not."""
        while self._families:
            for value in islice(self._families[0], _MISSES):
                if fits(value):
                    return value
            del self._families[0]
        return None


def _families(value: Any, depth: int) -> Iterator[Iterator[Any]]:
    if isinstance(value, str):
        yield (f"{value}{number}" for number in count())
        yield _turned(value)
    elif is_number(value) and Fraction(value).denominator == 1:
        yield count(int(value) + 1)
    elif isinstance(value, dict) and depth:
        for name, inner in value.items():
            for family in _families(inner, depth - 1):
                yield ({**value, name: other} for other in family)
    elif isinstance(value, list) and depth:
        for index, inner in enumerate(value):
            for family in _families(inner, depth - 1):
                yield ([*value[:index], other, *value[index + 1 :]] for other in family)


def _turned(text: str) -> Iterator[str]:
    """Texts of the same length with digits for digits and letters for letters, as an odometer shows them."""
    letters = list(text)
    while True:
        for place in reversed(range(len(letters))):
            wheel = _WHEELS.get(letters[place], letters[place])
            turned = wheel[(wheel.index(letters[place]) + 1) % len(wheel)]
            around, letters[place] = turned == wheel[0], turned
            if not around:
                break
        else:
            return
        yield "".join(letters)
