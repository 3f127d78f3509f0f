"""Those who wait for a registration stand in a line; nobody in it holds up those whom it has nothing to do with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from threading import Event
from typing import Any, cast

import pytest

from registry.errors import OperationNotPermitted, StoreBusy
from registry.http.waiting import Waiting
from registry.model import ANONYMOUS, Subject, Version
from registry.service.decision import Decision, Proposal, Steps
from registry.service.line import Line

ORDERS, INVOICES, STOCK = (Subject(name=name) for name in ("orders", "invoices", "stock"))
SECONDS = 30


class Log:
    """Takes names for decisions and numbers for versions, as a line looks into neither."""

    def __init__(self) -> None:
        self.written: list[list[str]] = []
        self.open = Event()
        self.open.set()
        self.refused: dict[str, Exception] = {}
        self.outdated: set[str] = set()

    def carry_out(self, proposals: Sequence[Proposal]) -> list[Version | None]:
        names = [cast("str", proposal.decision) for proposal in proposals]
        assert self.open.wait(SECONDS)
        for name in names:
            if name in self.refused:
                raise self.refused[name]
        self.written.append(names)
        return [None if name in self.outdated else cast("Version", name.upper()) for name in names]


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    yield log
    log.open.set()


def decides(*names: str, after: Event | None = None) -> Steps[Any]:
    """Decides again, by the next name, where a decision does not hold."""
    if after is not None:
        assert after.wait(SECONDS)
    version = None
    for name in names:
        version = yield cast("Decision", name)
        if version is not None:
            break
    return version


def finds(what: str) -> Steps[Any]:
    """Something that is there already: nothing has to be written."""
    return what
    yield


def outcomes(*waiting: Awaitable[Any]) -> list[Any]:
    async def all_of_them() -> list[Any]:
        return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), SECONDS)

    return asyncio.run(all_of_them())


def test_what_was_decided_together_is_written_together(log: Log) -> None:
    line, all_here = Waiting(Line(log.carry_out)), Event()

    async def comes_last() -> Any:
        asyncio.get_running_loop().call_soon(all_here.set)
        return await line.settled(STOCK, decides("c"), ANONYMOUS)

    first = line.settled(ORDERS, decides("a", after=all_here), ANONYMOUS)
    others = [line.settled(INVOICES, decides("b"), ANONYMOUS), comes_last()]
    assert outcomes(first, *others, line.settled(Subject(name="there"), finds("it"), ANONYMOUS)) == [
        "A",
        "B",
        "C",
        "it",
    ]
    assert sorted(name for names in log.written for name in names) == ["a", "b", "c"]


def test_one_after_another_on_a_subject(log: Log) -> None:
    line = Waiting(Line(log.carry_out))
    names = [f"o{number}" for number in range(5)]
    found = outcomes(*(line.settled(ORDERS, decides(name), ANONYMOUS) for name in names))
    assert found == [name.upper() for name in names]
    assert log.written == [[name] for name in names]


def test_a_decision_that_does_not_hold_is_made_again(log: Log) -> None:
    log.outdated.add("guess")
    line = Waiting(Line(log.carry_out))
    assert outcomes(line.settled(ORDERS, decides("guess", "sure"), ANONYMOUS)) == ["SURE"]
    assert log.written == [["guess"], ["sure"]]


@pytest.mark.parametrize("held_up", [ORDERS, INVOICES])
def test_nobody_waits_for_a_long_check(log: Log, held_up: Subject) -> None:
    """Neither who is decided already, nor who comes later, be it on the same subject."""
    line, free = Waiting(Line(log.carry_out)), Event()

    async def all_of_them() -> list[Any]:
        before = asyncio.ensure_future(line.settled(STOCK, decides("before"), ANONYMOUS))
        long = asyncio.ensure_future(line.settled(ORDERS, decides("long", after=free), ANONYMOUS))
        others = asyncio.gather(before, *(line.settled(held_up, decides(name), ANONYMOUS) for name in ("x", "y")))
        found = await asyncio.wait_for(others, SECONDS)
        assert not long.done()
        free.set()
        return [*found, await long]

    assert asyncio.run(all_of_them()) == ["BEFORE", "X", "Y", "LONG"]


def test_others_are_decided_while_one_is_written(log: Log) -> None:
    line, decided = Waiting(Line(log.carry_out)), Event()

    def later() -> Steps[Any]:
        decided.set()
        return (yield from decides("later"))

    async def both() -> list[Any]:
        log.open.clear()
        first = asyncio.ensure_future(line.settled(ORDERS, decides("first"), ANONYMOUS))
        await asyncio.sleep(0.05)
        second = asyncio.ensure_future(line.settled(INVOICES, later(), ANONYMOUS))
        assert await asyncio.to_thread(decided.wait, SECONDS)
        assert not first.done()
        log.open.set()
        return [await first, await second]

    assert asyncio.run(both()) == ["FIRST", "LATER"]


def test_one_that_fails_fails_alone(log: Log) -> None:
    log.refused["b"] = OperationNotPermitted("no")
    line = Waiting(Line(log.carry_out))

    def breaks() -> Steps[Any]:
        raise ValueError("wrong")
        yield

    names = {"a": ORDERS, "b": INVOICES, "c": STOCK}
    waiting = [line.settled(subject, decides(name), ANONYMOUS) for name, subject in names.items()]
    *found, wrong = outcomes(*waiting, line.settled(Subject(name="s"), breaks(), ANONYMOUS))
    assert found == ["A", log.refused["b"], "C"]
    assert isinstance(wrong, ValueError)
    assert outcomes(line.settled(INVOICES, decides("again"), ANONYMOUS)) == ["AGAIN"]


def test_where_nothing_can_be_written_each_is_told(log: Log) -> None:
    """And it is not tried once more for each of them, as that may take long."""
    busy = log.refused["a"] = StoreBusy("no turn")
    line = Waiting(Line(log.carry_out))
    hold = Event()

    async def both() -> list[Any]:
        log.open.clear()
        waiting = [line.settled(at, decides("a", after=hold), ANONYMOUS) for at in (ORDERS, INVOICES, STOCK)]
        hold.set()
        log.open.set()
        return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), SECONDS)

    assert asyncio.run(both()) == [busy, busy, busy]
    assert log.written == []


def test_who_has_gone_is_not_missed(log: Log) -> None:
    line = Waiting(Line(log.carry_out))

    async def leaves() -> Any:
        log.open.clear()
        gone = asyncio.ensure_future(line.settled(ORDERS, decides("gone"), ANONYMOUS))
        await asyncio.sleep(0.05)
        gone.cancel()
        log.open.set()
        return await asyncio.wait_for(line.settled(ORDERS, decides("next"), ANONYMOUS), SECONDS)

    assert asyncio.run(leaves()) == "NEXT"
    assert log.written == [["gone"], ["next"]]
