"""What a process has written lately stands for the log exactly as far as it wrote it all."""

from __future__ import annotations

from datetime import UTC, datetime

from registry.events import Entry, ModeChanged
from registry.model import ANONYMOUS, Subject
from registry.storage.lately import Lately

A, B, C = (Subject(name=name) for name in "ABC")


def entries(after: int, *subjects: Subject) -> list[Entry]:
    time = datetime.now(UTC)
    return [
        Entry(position, time, ANONYMOUS, subject, ModeChanged(mode="READONLY"))
        for position, subject in enumerate(subjects, after + 1)
    ]


def test_an_unbroken_stretch_is_known() -> None:
    lately = Lately()
    lately.wrote(7, entries(7, A, B), 9)
    lately.wrote(9, entries(9, B), 10)
    assert lately.changed({A}, after=7, last=10) is True
    assert lately.changed({A}, after=8, last=10) is False
    assert lately.changed({A}, after=6, last=10) is None, "somebody else wrote 7"


def test_what_others_wrote_is_asked_for() -> None:
    lately = Lately()
    lately.wrote(0, entries(0, A), 1)
    assert lately.changed({A}, after=0, last=2) is None
    lately.wrote(2, entries(2, C), 3)
    assert lately.changed({A}, after=0, last=3) is None
    assert lately.changed({C}, after=2, last=3) is True


def test_what_others_wrote_is_read_once() -> None:
    lately, log = Lately(), [A, B, C, A, B]
    read: list[tuple[int, int]] = []

    def streams(after: int, last: int) -> list[Subject]:
        read.append((after, last))
        return log[after:last]

    lately.wrote(0, entries(0, A), 1)
    lately.catch_up(4, streams)
    lately.catch_up(4, streams)
    assert read == [(1, 4)]
    assert lately.changed({C}, after=1, last=4) is True
    assert lately.changed({A}, after=0, last=4) is True
    assert lately.changed({B, C}, after=3, last=4) is False
    lately.wrote(4, entries(4, B), 5)
    assert lately.changed({B}, after=4, last=5) is True
    assert lately.changed({A}, after=4, last=5) is False


def test_a_long_stretch_of_others_is_not_read_nor_a_log_that_has_gone_back() -> None:
    lately = Lately()
    lately.wrote(9, entries(9, A), 10)

    def never(after: int, last: int) -> list[Subject]:
        raise AssertionError((after, last))

    for last in (2_000, 7):
        lately.catch_up(last, never)
        assert lately.changed({A}, after=5, last=last) is None


def test_no_more_is_kept_than_there_is_room_for() -> None:
    """What was forgotten is asked for; what came after it is known."""
    lately = Lately()
    many = [Subject(name=f"s{number}") for number in range(1_001)]
    lately.wrote(0, entries(0, *many), len(many))
    assert lately.changed({A}, after=0, last=len(many)) is None
    lately.wrote(len(many), entries(len(many), B), len(many) + 1)
    assert lately.changed({A}, after=len(many), last=len(many) + 1) is False
    assert lately.changed({B}, after=len(many), last=len(many) + 1) is True


def test_entries_that_nobody_was_told_of_are_asked_for() -> None:
    lately = Lately()
    lately.wrote(0, entries(0, A), 5)
    assert lately.changed({A}, after=0, last=5) is None
