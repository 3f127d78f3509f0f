"""Any two versions side by side, and the grid of all of them."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Final

from compat.profile import Criteria
from compat.verdict import Outcome
from registry.model import Span, Subject, Version
from registry.service.answers import Comparison as Compared
from registry.service.answers import SubjectDetail
from web import address
from web.code import MOST_LINES, Line, highlight, pretty
from web.findings import difference, judgement
from web.site import Site
from web.steps import Deadline
from web.subject import choices, live
from web.views.findings import Cell, Comparison, Grid
from web.words import BAD, DOUBT, GOOD, LIFT, PLAIN, Tone

GRID: Final = 14
"""Versions on a side of the grid; older ones are left out."""
GRID_SECONDS: Final = 6.0
"""How long the grid may compute; the cells that are missing say so."""
DIFFERENCES: Final = 500
"""Differences of one pair that are shown."""
LONGEST_TEXT: Final = 20_000
"""Lines of one text beyond which no line-by-line difference is made."""


def comparison(site: Site, detail: SubjectDetail, compared: Compared) -> Comparison:
    """Everything about two versions: what changed, and whether each reads the other."""
    old, new = compared.old, compared.new
    name = str(detail.summary.subject)
    if old.number < new.number:
        site.readings.keep(compared)
    texts = address.subject(name, old.number, "text"), address.subject(name, new.number, "text")
    a, b = f"v{old.number}", f"v{new.number}"
    return Comparison(
        older=old.number,
        newer=new.number,
        differences=tuple(difference(one, texts) for one in compared.differences[:DIFFERENCES]),
        judgements=(
            judgement(compared.backward, b, a, "backward", compared.criteria, texts),
            judgement(compared.forward, a, b, "forward", compared.criteria, (texts[1], texts[0])),
        ),
        lifted=_lifted(site, detail, old.number, new.number),
        raw=tuple(raw_lines(old, new)),
        swap=address.difference(name, new.number, old.number),
        previous=_step_before(site, detail, old.number, new.number),
        next=_step_after(site, detail, old.number, new.number),
        versions=choices(site, detail),
        highest=detail.versions[-1].number,
    )


def _lifted(site: Site, detail: SubjectDetail, older: int, newer: int) -> str:
    subject = detail.summary.subject
    if (older, newer) not in _reachable(site.lifts(subject)):
        return ""
    return address.player(str(subject), **{"from": older, "to": newer})


def _step_before(site: Site, detail: SubjectDetail, old: int, new: int) -> str:
    """For neighbouring versions, the step to the older one; else nothing."""
    subject = detail.summary.subject
    match site.registry.catalog.numbers(subject, Span(below=new, most=2)):
        case [before, neighbour] if neighbour == old:
            return address.difference(str(subject), before, old)
    return ""


def _step_after(site: Site, detail: SubjectDetail, old: int, new: int) -> str:
    """For neighbouring versions, the step from the newer one; else nothing."""
    subject = detail.summary.subject
    match site.registry.catalog.numbers(subject, Span(above=old, most=2)):
        case [neighbour, after] if neighbour == new:
            return address.difference(str(subject), new, after)
    return ""


def raw_lines(old: Version, new: Version) -> list[Line]:
    """The two texts line by line; only what changed, with three lines around it."""
    format_ = new.content.format.value
    before = pretty(old.content.text, old.content.format.value).splitlines()
    after = pretty(new.content.text, format_).splitlines()
    if max(len(before), len(after)) > LONGEST_TEXT:
        return []
    marks = {"+": "added", "-": "removed", " ": ""}
    lines: list[Line] = []
    for number, line in enumerate(difflib.unified_diff(before, after, n=3, lineterm="")):
        if number < 2:
            continue  # the names of the files, which there are none of
        if len(lines) >= MOST_LINES:
            break
        if line.startswith("@@"):
            lines.append(Line("gap", highlight(line, "")[0]))
        else:
            lines.append(Line(marks[line[:1]], highlight(line[1:], format_)[0]))
    return lines


_CELLS: Final = {
    Outcome.COMPATIBLE: (GOOD, "reads"),
    Outcome.INCOMPATIBLE: (BAD, "breaks"),
    Outcome.UNKNOWN: (DOUBT, "unknown"),
}
LEGEND: Final = (
    Tone("good", "check", "reads every event"),
    Tone("bad", "cross", "fails on some event"),
    Tone("lift", "up", "reads through upcasters"),
    Tone("doubt", "question", "undecided"),
)


def grid(site: Site, detail: SubjectDetail) -> Grid:
    """Which version reads what which other one wrote, over the last live versions."""
    subject = detail.summary.subject
    shown = live(site, detail, GRID)
    lifted = _reachable(site.lifts(subject))
    deadline, criteria = Deadline(GRID_SECONDS), detail.policy.criteria
    rows = tuple(
        (reader.number, tuple(_cell(site, subject, reader, writer, lifted, criteria, deadline) for writer in shown))
        for reader in shown
    )
    return Grid(
        tuple(version.number for version in shown), rows, (detail.summary.versions or detail.total) - len(shown)
    )


def _cell(
    site: Site,
    subject: Subject,
    reader: Version,
    writer: Version,
    lifted: Collection[tuple[int, int]],
    criteria: Criteria,
    deadline: Deadline,
) -> Cell:
    who = f"Version {reader.number} as reader, version {writer.number} as writer"
    if reader.number == writer.number:
        return Cell(PLAIN, "itself", f"{who}: itself", "")
    old, new = sorted((reader, writer), key=lambda version: version.number)
    reading = site.readings.of(subject, old, new, criteria, deadline)
    url = address.difference(str(subject), old.number, new.number)
    if reading is None:
        return Cell(PLAIN, "open", f"{who}: not computed yet, open it", url)
    answer = reading.backward if reader is new else reading.forward
    look, words = _CELLS[answer]
    if answer is not Outcome.COMPATIBLE and (writer.number, reader.number) in lifted:
        look, words = LIFT, "upcast"
    return Cell(look, words, f"{who}: {words}", url)


def _reachable(edges: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Every pair of versions that a row of upcasters joins."""
    following = dict(edges)
    joined = set()
    for start in following:
        at = start
        for _ in range(len(following)):
            if at not in following:
                break
            at = following[at]
            joined.add((start, at))
    return joined
