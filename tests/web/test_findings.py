from __future__ import annotations

import pytest

from compat.verdict import Difference, Fragment, Incompatibility, Place, Reason, Severity, Undecided, Witness
from web.findings import difference, judgement, readable

PLACE = Place("/fields/1", 8, 5)
PIECE = Fragment(PLACE, '{"name": "currency"}')
WITNESS = Witness({"id": "<b>"}, b"", "fastavro 1", "an event", "no default value")
BREAK = Incompatibility(
    Difference("READER_FIELD_WITHOUT_DEFAULT", "the reader needs it", None, PIECE), Severity.ERROR, WITNESS
)
NOTE = Incompatibility(Difference("DOC_CHANGED", "the words changed"), Severity.INFO, None)
OPEN = Undecided(Reason.BUDGET_SPENT, "too large")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("the reader needs it", "The reader needs it."),
        ("bank.Transfer.cents (4) changed", "bank.Transfer.cents (4) changed."),
        ("'NEW' is gone: keep it", "'NEW' is gone: keep it."),
        ("Already whole.", "Already whole."),
        ("", ""),
    ],
)
def test_a_message_becomes_a_sentence_and_a_name_stays_a_name(message: str, said: str) -> None:
    assert readable(message) == said


def test_a_break_is_told_with_its_proof() -> None:
    told = judgement([NOTE, BREAK], "v3", "v2", "k", ("/two", "/three"))
    assert told.tone.css == "bad"
    assert told.sentence == "v3 cannot read everything v2 writes."
    assert told.detail == "1 finding, with an event that proves it."
    first, second = told.findings
    assert (first.rule, second.rule) == ("READER_FIELD_WITHOUT_DEFAULT", "DOC_CHANGED")
    assert first.proof is not None
    assert first.proof.claim == "This event, valid under v2, fails a reader with v3:"
    assert first.proof.error == "no default value"
    assert "&lt;b&gt;" in "".join(first.proof.lines)
    assert first.after is not None
    assert (first.after.label, first.after.url) == ("v3 reads", "/three#L8")


def test_an_open_question_is_no_yes() -> None:
    told = judgement([OPEN], "v3", "v2", "k")
    assert (told.tone.css, told.sentence) == ("doubt", "Whether v3 reads everything v2 writes is unknown.")


def test_a_break_beside_an_open_question_claims_no_proof_for_both() -> None:
    assert judgement([BREAK, OPEN], "v3", "v2", "k").detail == "1 finding and 1 open question."


def test_a_harmless_finding_leaves_the_answer_good() -> None:
    told = judgement([NOTE], "the draft", "v2", "k")
    assert (told.tone.css, told.sentence) == ("good", "The draft reads everything v2 writes.")


def test_what_was_added_is_shown_without_what_it_stood_in() -> None:
    told = difference(Difference("FIELD_ADDED", "the field was added", PIECE, PIECE))
    assert (told.before, told.tone.word) == (None, "added")
    told = difference(Difference("FIELD_REMOVED", "the field was removed", PIECE, PIECE))
    assert (told.after, told.tone.word) == (None, "removed")
    told = difference(Difference("TYPE_CHANGED", "int became long", PIECE, PIECE))
    assert told.before is not None
    assert told.after is not None
