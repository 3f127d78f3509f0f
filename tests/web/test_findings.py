from __future__ import annotations

import pytest

from compat.judging import foreign, strictly
from compat.level import Direction
from compat.profile import STRICT, Action, Criteria, Profile
from compat.verdict import (
    Difference,
    Fragment,
    Imported,
    Incompatibility,
    Objection,
    Place,
    Reason,
    Severity,
    Undecided,
    Witness,
)
from web.findings import difference, judgement, readable
from web.views.findings import Judgement

PLACE = Place("/fields/1", 8, 5)
PIECE = Fragment(PLACE, '{"name": "currency"}')
WITNESS = Witness({"id": "<b>"}, b"", "fastavro 1", "an event", "no default value")
BREAK = Incompatibility(
    Difference("READER_FIELD_WITHOUT_DEFAULT", "the reader needs it", None, PIECE), Severity.ERROR, WITNESS
)
NOTE = Incompatibility(Difference("DOC_CHANGED", "the words changed"), Severity.INFO, None)
OPEN = Undecided(Reason.BUDGET_SPENT, "too large")
OBJECTION = Objection(Difference("confluent:TYPE_CHANGED", "the type is another one"), "#", "", refused=True)


def judged(
    facts: list[Incompatibility | Undecided],
    reader: str,
    writer: str,
    criteria: Criteria = STRICT,
    urls: tuple[str, str] = ("", ""),
) -> Judgement:
    return judgement(list(strictly(facts, criteria, Direction.BACKWARD, 0)), reader, writer, "k", criteria, urls)


def by_confluent(facts: list[Incompatibility | Undecided], objections: list[Objection]) -> Judgement:
    criteria = Criteria(Profile.CONFLUENT)
    found = list(foreign(objections, facts, criteria, Direction.BACKWARD, 0))
    return judgement(found, "v3", "v2", "k", criteria)


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
    told = judged([NOTE, BREAK], "v3", "v2", urls=("/two", "/three"))
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
    told = judged([OPEN], "v3", "v2")
    assert (told.tone.css, told.sentence) == ("doubt", "Whether v3 reads everything v2 writes is unknown.")


def test_a_break_beside_an_open_question_claims_no_proof_for_both() -> None:
    assert judged([BREAK, OPEN], "v3", "v2").detail == "1 finding and 1 open question."


def test_a_harmless_finding_leaves_the_answer_good() -> None:
    told = judged([NOTE], "the draft", "v2")
    assert (told.tone.css, told.sentence) == ("good", "The draft reads everything v2 writes.")


def test_what_was_added_is_shown_without_what_it_stood_in() -> None:
    told = difference(Difference("FIELD_ADDED", "the field was added", PIECE, PIECE))
    assert (told.before, told.tone.word) == (None, "added")
    told = difference(Difference("FIELD_REMOVED", "the field was removed", PIECE, PIECE))
    assert (told.after, told.tone.word) == (None, "removed")
    told = difference(Difference("TYPE_CHANGED", "int became long", PIECE, PIECE))
    assert told.before is not None
    assert told.after is not None


def test_a_break_that_another_judge_lets_pass_is_told_beside_its_answer() -> None:
    told = by_confluent([BREAK], [])
    assert (told.tone.css, told.sentence) == ("good", "Confluent's policy STRICT accepts v3 as a reader of v2.")
    assert told.detail.startswith('Confluent\'s policy STRICT accepts this; the event {"id": "<b>"} fails')
    (found,) = told.findings
    assert found.note == told.detail
    assert found.proof is not None


def test_a_refusal_that_is_not_true_is_told_with_the_proof_there_is() -> None:
    told = by_confluent([], [OBJECTION])
    assert (told.tone.css, told.sentence) == ("bad", "Confluent's policy STRICT refuses v3 as a reader of v2.")
    assert told.detail.endswith("lineal proved that the reader reads every event of the writer.")
    assert told.findings[0].tone.word == "refused by another's rules"


def test_an_allowed_break_is_no_proof_of_reading() -> None:
    told = judged([BREAK], "v3", "v2", Criteria(overrides=(("READER_FIELD_WITHOUT_DEFAULT", Action.ALLOW),)))
    assert (told.tone.css, told.sentence) == ("doubt", "v3 cannot read everything v2 writes.")


def test_a_loss_that_blocks_is_not_called_unreadable() -> None:
    loss = Incompatibility(Difference("PRECISION_LOST", "digits go"), Severity.LOSSY, WITNESS)
    told = judged([loss], "v3", "v2", Criteria(overrides=(("LOSSY", Action.BLOCK),)))
    assert told.tone.css == "bad"
    assert told.sentence == "v3 reads what v2 writes, and a rule that blocks here is broken."


def test_only_lines_of_the_text_itself_are_linked() -> None:
    def linked(place: Place) -> tuple[str, str]:
        found = difference(Difference("TYPE_CHANGED", "changed", Fragment(place, "a"), None), ("/old", "/new"))
        assert found.before
        return found.before.where, found.before.url

    assert linked(Place("/fields/1", 8, 5)) == ("/fields/1", "/old#L8")
    assert linked(Place("money.avsc#/fields/1", 8, 5)) == ("money.avsc#/fields/1", "")
    assert linked(Place("m.Money", imported=Imported("m/money.proto", 8, 5))) == ("m/money.proto: m.Money", "")
