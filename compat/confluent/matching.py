"""The largest pairing of two sides where only some pairs are allowed (Kuhn's algorithm, augmenting paths)."""

from __future__ import annotations

from collections.abc import Callable


def maximum_matching(left: int, right: int, allowed: Callable[[int, int], bool]) -> dict[int, int]:
    """From members of the left side to their partners; ``allowed`` is asked only where the search gets to."""
    partner: dict[int, int] = {}
    for start in range(left):
        _augment(start, right, allowed, partner)
    return {one: other for other, one in partner.items()}


def _augment(start: int, right: int, allowed: Callable[[int, int], bool], partner: dict[int, int]) -> None:
    """Find a partner for one more, moving others on where that helps; ``partner`` goes from right to left."""
    reached: dict[int, int] = {}
    waiting = [start]
    for one in waiting:
        for other in range(right):
            if other in reached or not allowed(one, other):
                continue
            reached[other] = one
            if other in partner:
                waiting.append(partner[other])
                continue
            _flip(other, reached, partner)
            return


def _flip(end: int, reached: dict[int, int], partner: dict[int, int]) -> None:
    """Give every member on the way to ``end`` the partner that the way leads to."""
    held = {one: other for other, one in partner.items()}
    at: int | None = end
    while at is not None:
        one = reached[at]
        before = held.get(one)
        partner[at] = one
        at = before
