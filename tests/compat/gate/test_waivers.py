"""Accepting a finding: with a reason, by a person, until a day."""

from __future__ import annotations

from datetime import date

import pytest

from compat.gate import waivers
from compat.gate.errors import Misconfigured
from compat.gate.findings import GateFinding, Report, Spot, Standing, Status, SubjectResult
from compat.gate.rules import SUBJECT_REMOVED
from compat.gate.waivers import Waiver
from compat.profile import Weight

TODAY = date(2026, 11, 24)
FINDING = GateFinding(SUBJECT_REMOVED, Weight.ERROR, "orders", "gone", Spot("orders.avsc"), "0123456789ab")
REPORT = Report((SubjectResult("orders", "orders.avsc", None, "old", Standing.REMOVED, "", (), (FINDING,)),))


def waiver(expires, mark=FINDING.fingerprint):
    return Waiver(mark, "the topic is empty", "ada@example.org", expires)


def test_a_waived_finding_passes_until_the_end_of_its_last_day():
    report = waivers.applied(REPORT, [waiver(TODAY)], TODAY, whole=True)
    assert report.status is Status.PASS
    assert report.findings[0].waived is not None
    assert report.open == ()


def test_an_expired_waiver_is_an_error_beside_the_finding():
    report = waivers.applied(REPORT, [waiver(date(2026, 11, 23))], TODAY, whole=True)
    assert report.status is Status.FINDINGS
    assert {finding.rule.name for finding in report.open} == {"SUBJECT_REMOVED", "WAIVER_EXPIRED"}
    assert "expired on 2026-11-23" in next(f.message for f in report.open if f.rule.name == "WAIVER_EXPIRED")


def test_a_waiver_that_matches_nothing_is_noted_only_when_everything_was_looked_at():
    unused = [waiver(TODAY), waiver(TODAY, "f" * 12)]
    whole = waivers.applied(REPORT, unused, TODAY, whole=True)
    assert [note.rule.name for note in whole.notes] == ["WAIVER_UNUSED"]
    assert whole.status is Status.PASS
    assert waivers.applied(REPORT, unused, TODAY, whole=False).notes == ()


def test_what_is_appended_is_read_back_whatever_people_write(tmp_path):
    file = tmp_path / ".lineal" / "waivers.toml"
    odd = Waiver("0" * 12, 'she said "yes"\\ and\ttab\n\x7f ünïcode', "Ada", TODAY)
    waivers.append(file, odd)
    file.write_text(file.read_text() + "# a person's own words\n")
    waivers.append(file, waiver(TODAY))
    assert waivers.load(file) == (odd, waiver(TODAY))
    assert "# a person's own words" in file.read_text()


def test_no_file_is_no_waivers(tmp_path):
    assert waivers.load(tmp_path / "waivers.toml") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[waivers]]\nfingerprint = "x"\nreason = "r"\nperson = "p"\n', "expires"),
        ('[[waivers]]\nfingerprint = "x"\nreason = " "\nperson = "p"\nexpires = 2026-01-01\n', "needs a reason"),
        ('[[waivers]]\nfingerprint = "x"\nreason = "r"\nperson = "p"\nexpires = "soon"\n', "$.waivers[0].expires"),
        ("[[waiver]]\n", "waiver"),
        ("{", "waivers.toml"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path, text, message):
    file = tmp_path / "waivers.toml"
    file.write_text(text)
    with pytest.raises(Misconfigured, match=r"waivers\.toml") as caught:
        waivers.load(file)
    assert message in caught.value.message
