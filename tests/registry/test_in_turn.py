"""Registrations in one subject go one after another, so that none of them is decided in vain."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from prometheus_client import REGISTRY

from compat.definition import Format
from registry.model import Content, Subject
from registry.service import Registry, in_turn
from registry.service.in_turn import InTurn

ORDERS, INVOICES = Subject(name="orders"), Subject(name="invoices")
THREADS, EACH = 8, 5
Record = Callable[..., str]


def reads() -> float:
    """How often this process has begun to read."""
    return REGISTRY.get_sample_value("lineal_transaction_seconds_count", {"kind": "read"}) or 0.0


def test_threads_that_register_in_one_subject_do_not_ask_again(registry: Registry, record: Record) -> None:
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


def test_who_works_on_another_subject_does_not_wait() -> None:
    turns, done = InTurn(), Event()

    def other() -> None:
        with turns.on(INVOICES):
            done.set()

    with ThreadPoolExecutor(1) as threads, turns.on(ORDERS):
        threads.submit(other)
        assert done.wait(30)


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check may take long: whoever has waited long enough goes ahead, and only its own turn ends with it."""
    monkeypatch.setattr(in_turn, "_SECONDS", 0.05)
    turns = InTurn()
    with turns.on(ORDERS):
        for _ in range(2):
            with turns.on(ORDERS):
                pass
    with turns.on(ORDERS):
        pass
