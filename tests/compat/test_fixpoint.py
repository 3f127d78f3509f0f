"""The greatest fixpoint driver against the definition of a greatest fixpoint."""

from __future__ import annotations

import itertools
import random
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.budget import Budget, BudgetSpent, Limits
from compat.fixpoint import GreatestFixpoint

Clauses = list[list[int]]


def naive(table: list[Clauses]) -> list[bool]:
    """Start with everything true and strike out what fails, until nothing changes."""
    true = [True] * len(table)
    while True:
        once = [all(any(true[goal] for goal in clause) for clause in clauses) for clauses in table]
        once = [a and b for a, b in zip(once, true, strict=True)]
        if once == true:
            return true
        true = once


@st.composite
def tables(draw: st.DrawFn) -> list[Clauses]:
    size = draw(st.integers(1, 8))
    clause = st.lists(st.integers(0, size - 1), max_size=3)
    return draw(st.lists(st.lists(clause, max_size=3), min_size=size, max_size=size))


@given(tables(), st.randoms(use_true_random=False))
def test_it_is_the_greatest_fixpoint_in_whatever_order_it_is_asked(table: list[Clauses], order: random.Random) -> None:
    driver = GreatestFixpoint(table.__getitem__)
    goals = list(range(len(table)))
    order.shuffle(goals)
    expected = naive(table)
    for goal in goals:
        assert driver.holds(goal) == expected[goal]
        if not expected[goal]:
            clause = table[goal][driver.blame(goal)]
            assert not any(expected[each] for each in clause)


def test_what_was_learned_under_a_broken_assumption_is_forgotten() -> None:
    # top needs (a or b) and shared; a needs shared and fails; shared leans on a or fails.
    table = {"top": [["a", "b"], ["shared"]], "a": [["shared"], []], "b": [], "shared": [["a"]]}
    driver: GreatestFixpoint[str] = GreatestFixpoint(table.__getitem__)
    assert not driver.holds("top")
    assert not driver.holds("shared")
    assert driver.holds("b")


def test_a_circle_holds() -> None:
    assert GreatestFixpoint({0: [[1]], 1: [[0]]}.__getitem__).holds(0)


def test_depth_exhausts_no_stack_and_costs_linear_time() -> None:
    depth = 20 * sys.getrecursionlimit()
    asked = itertools.count()

    def expand(goal: int) -> Clauses:
        next(asked)
        return [[goal + 1]] if goal < depth else [[]]

    assert not GreatestFixpoint(expand).holds(0)
    assert next(asked) == depth + 1


def test_alternatives_are_explored_only_when_they_are_needed() -> None:
    asked: list[str] = []

    def expand(goal: str) -> list[list[str]]:
        asked.append(goal)
        return {"root": [["yes", "never"]], "yes": []}[goal]

    assert GreatestFixpoint(expand).holds("root")
    assert asked == ["root", "yes"]


def test_a_spent_budget_leaves_nothing_behind() -> None:
    budget = Budget(Limits(steps=10))
    driver: GreatestFixpoint[int] = GreatestFixpoint(lambda goal: [[goal + 1]], budget.spend)
    with pytest.raises(BudgetSpent):
        driver.holds(0)
    assert driver._known == {}
