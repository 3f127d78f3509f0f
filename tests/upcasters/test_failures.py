"""Policies for events that cannot be brought over, and the account of them."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from upcasters import SKIPPED, Account, Chain, EventRefused, UpcastFailed, read
from upcasters.failures import FIRST_FAILURES, OTHER_REASONS, REASONS

STEP = {"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": [
    {"map": {"at": "/status", "table": {"N": "NEW"}}}, {"default": {"at": "/n", "value": 0}}]}  # fmt: skip
GOOD, BAD, SAME = {"status": "N"}, {"status": "Z"}, {"status": "N", "n": 1}


@pytest.fixture
def chain() -> Chain:
    return Chain.up([read(STEP)])


def test_raise_names_subject_versions_step_operation_and_pointer(chain: Chain) -> None:
    account = Account()
    assert account.bring(GOOD, chain) == {"status": "NEW", "n": 0}
    with pytest.raises(UpcastFailed) as caught:
        account.bring(BAD, chain)
    error = caught.value
    assert (error.subject, error.source, error.target, error.place, error.pointer) == (
        "s",
        1,
        2,
        "/ops/0/map",
        "/status",
    )
    report = account.report()
    assert (report.events, report.failures, report.skipped) == (2, 1, 0)
    assert report.first[0].number == 2
    assert report.first[0].error is error


def test_skip_gives_what_is_no_tombstone(chain: Chain) -> None:
    account = Account("skip")
    results = [account.bring(event, chain) for event in (GOOD, BAD, GOOD, BAD)]
    assert results[1] is SKIPPED is results[3]
    assert not results[1]
    report = account.report()
    assert (report.events, report.changed, report.skipped, report.failures) == (4, 2, 2, 2)
    assert list(report.failed.values()) == [2]
    assert "v1->v2, /ops/0/map" in next(iter(report.failed))


def test_a_dead_letter_gets_the_event_as_it_was_stored(chain: Chain) -> None:
    letters: list[tuple[Any, UpcastFailed]] = []
    account = Account(lambda event, error: letters.append((event, error)))
    assert account.bring("Z", chain, lambda stored: {"status": stored}) is SKIPPED
    ((event, error),) = letters
    assert event == "Z"
    assert error.place == "/ops/0/map"
    assert account.report().dead_lettered == 1


def test_pass_raw_hands_on_the_very_event(chain: Chain) -> None:
    account = Account("pass_raw")
    assert account.bring(BAD, chain) is BAD
    assert account.report().passed_raw == 1
    assert account.report().changed == 0


def test_what_is_no_matter_of_one_event_goes_through() -> None:
    account = Account("skip")

    def broken(_event: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        account.bring({}, broken)
    assert account.report().failures == 0


def test_memory_is_bounded_whatever_fails() -> None:
    account = Account("skip")

    def refuse(event: int) -> Any:
        raise UpcastFailed("s", (1, 2), "/ops/0", "", f"reason {event}")

    for event in range(3 * REASONS):
        account.bring(event, refuse)
    report = account.report()
    assert report.failures == 3 * REASONS
    assert len(report.failed) == REASONS + 1
    assert report.failed[OTHER_REASONS] == 2 * REASONS
    assert len(report.first) == FIRST_FAILURES


def test_a_report_stays_as_it_was(chain: Chain) -> None:
    account = Account("skip")
    before = account.report()
    account.bring(BAD, chain)
    assert before.events == 0
    assert before.failed == {}


def test_a_policy_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'ignore' is no policy"):
        Account("ignore")  # type: ignore[arg-type]


def test_an_error_comes_through_from_another_process() -> None:
    error = EventRefused("orders", (1, 2), "/ops/0/fail", "/n", "below nothing")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    assert (type(again), str(again), again.__dict__) == (EventRefused, str(error), error.__dict__)
    assert (again.place, again.pointer, again.reason) == ("/ops/0/fail", "/n", "below nothing")
