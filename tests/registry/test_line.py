"""Threads that register stand in one line: none is decided in vain, leads for others for ever, or is stuck."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, current_thread
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY

from compat.definition import Format
from registry.model import ANONYMOUS, Content, Subject, Version
from registry.service import Registry, line
from registry.service.decision import Decision, Proposal, Steps
from registry.service.line import Line

ORDERS, INVOICES = Subject(name="orders"), Subject(name="invoices")
THREADS, EACH = 8, 5
SECONDS = 30
Record = Callable[..., str]


def reads() -> float:
    """How often this process has begun to read."""
    return REGISTRY.get_sample_value("lineal_transaction_seconds_count", {"kind": "read"}) or 0.0


def test_threads_that_register_in_one_subject_do_not_ask_again(
    registry: Registry, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "PATIENCE", SECONDS)  # however busy the machine is
    start = Barrier(THREADS)

    def register(thread: int) -> list[int]:
        start.wait()
        texts = [record(**{f"f{thread}_{number}": ("int", 0)}) for number in range(EACH)]
        return [registry.registration.register(ORDERS, Content(Format.AVRO, text)).number for text in texts]

    begun = reads()
    with ThreadPoolExecutor(THREADS) as threads:
        numbers = [number for each in threads.map(register, range(THREADS)) for number in each]
    assert sorted(numbers) == list(range(1, THREADS * EACH + 1))
    assert reads() - begun == 1


def written(proposals: Sequence[Proposal]) -> list[Version | None]:
    """Takes names for decisions, as a line does not look into them."""
    return [cast("Version", proposal.decision) for proposal in proposals]


def decides(name: str, by: list[str], *, begun: Event | None = None, after: Event | None = None) -> Steps[Any]:
    """Tells by which thread it was decided."""
    by.append(current_thread().name)
    if begun is not None:
        begun.set()
    if after is not None:
        assert after.wait(SECONDS)
    return (yield cast("Decision", name))


def test_who_comes_alone_wakes_no_other_thread() -> None:
    waiting, by = Line(written), list[str]()
    for name in ("a", "b"):
        assert waiting.settled(ORDERS, decides(name, by), ANONYMOUS) == name
    assert by == [current_thread().name] * 2


def test_who_leads_is_not_kept_by_those_who_come_after() -> None:
    """Another one goes on with them."""
    begun, held, go = Event(), Event(), Event()
    waiting, by = Line(written), list[str]()

    with ThreadPoolExecutor(2, "caller") as threads:
        first = threads.submit(waiting.settled, ORDERS, decides("a", by, begun=begun, after=go), ANONYMOUS)
        assert begun.wait(SECONDS)
        threads.submit(waiting.settled, ORDERS, decides("b", by, after=held), ANONYMOUS)
        go.set()
        assert first.result(SECONDS) == "a"
        held.set()
    assert not by[1].startswith("caller")


def test_nobody_waits_for_a_long_check() -> None:
    """Neither on another subject nor on the same one."""
    begun, free = Event(), Event()
    waiting, by = Line(written), list[str]()
    with ThreadPoolExecutor(1) as threads:
        long = threads.submit(waiting.settled, ORDERS, decides("long", by, begun=begun, after=free), ANONYMOUS)
        assert begun.wait(SECONDS)
        for subject in (INVOICES, ORDERS):
            assert waiting.settled(subject, decides("short", by), ANONYMOUS) == "short"
        assert not long.done()
        free.set()
        assert long.result(SECONDS) == "long"
