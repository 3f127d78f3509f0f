"""Who writes which event and who reads it, as one picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from registry.contracts import Way
from registry.errors import SubjectNotFound
from registry.model import Span, Subject
from registry.service.answers import ApplicationDetail, Matrix, ReaderRow
from web import address, contracts
from web.layered import COLUMNS, WIDTH, Box, Joint, Layout, layout
from web.site import Site
from web.steps import Deadline
from web.views.lineage import Edge, Lineage, Node
from web.words import PLAIN, Tone, counted

SUBJECTS: Final = 30
"""Subjects in one picture; with more, nobody sees anything."""
SECONDS: Final = 2.0
"""How long a page may compute how readers get on."""
_BEST_FIRST: Final = (Way.DIRECT, Way.UPCASTER, Way.UNKNOWN, Way.BROKEN)
_SIGN: Final = 13.0
"""How far before a reader's box the sign stands."""
_LETTER: Final = 7.4
"""How wide a letter is, in units of the picture."""

Line = tuple[Tone, str]
"""How a line looks, and what it says."""


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What the picture joins: applications with subjects."""

    writes: dict[tuple[str, Subject], Line] = field(default_factory=dict)
    reads: dict[tuple[str, Subject], Line] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    subjects: list[Subject] = field(default_factory=list)


def everything(site: Site, environment: str) -> Lineage:
    """Every subject that somebody reads or writes; with an environment, only what is live there."""
    subjects = set[Subject]().union(*map(_subjects, site.registry.contracts.applications()))
    return _around(site, subjects, environment)


def of(site: Site, application: str) -> Lineage:
    """What one application reads and writes, with everybody else who does. Raises ApplicationNotFound."""
    return _around(site, _subjects(site.registry.contracts.application(application)), "")


def _subjects(detail: ApplicationDetail) -> set[Subject]:
    return {one.subject for one in detail.readers} | {one.subject for one in detail.writers}


def _around(site: Site, subjects: Iterable[Subject], environment: str) -> Lineage:
    deadline, gathered, hidden = Deadline(SECONDS), _Gathered(), 0
    for subject in sorted(subjects, key=lambda one: (one.context, one.name)):
        if len(gathered.subjects) == SUBJECTS or deadline.passed:
            hidden += 1
            continue
        try:
            span = _written(site, subject)
        except SubjectNotFound:
            continue  # deleted for good
        matrix = contracts.matrix_of(site, subject, environment, span)
        if matrix is not None and (matrix.rows or matrix.writers):
            _gather(gathered, matrix)
    return _drawn(site, gathered, hidden, environment)


def _written(site: Site, subject: Subject) -> Span:
    """From the oldest version that somebody writes; where nobody has said so, the latest. Raises SubjectNotFound."""
    numbers = [number for one in site.registry.contracts.writers(subject) for number in one.versions]
    return Span(above=min(numbers) - 1) if numbers else Span(most=1)


def _gather(into: _Gathered, matrix: Matrix) -> None:
    subject = matrix.subject
    into.subjects.append(subject)
    for row in matrix.writers:
        build, versions = row.writer.build, ", ".join(f"v{number}" for number in row.writer.versions)
        into.owners.setdefault(build.application, row.owner)
        into.writes.setdefault((build.application, subject), (PLAIN, f"{build} writes {versions} of {subject}"))
    written = {number for row in matrix.writers for number in row.writer.versions} or set(matrix.versions[-1:])
    ways = [(_worst(row, written), row.reader.build, row.owner) for row in matrix.rows]
    for way, build, owner in sorted(ways, key=lambda one: -_BEST_FIRST.index(one[0])):
        look = contracts.WAYS[way]
        into.owners.setdefault(build.application, owner)
        into.reads.setdefault((build.application, subject), (look, f"{build} reads {subject}: {look.word}"))


def _worst(row: ReaderRow, written: set[int]) -> Way:
    """How a reader gets on with what is written now: by the declared writers, or else in the latest version."""
    ways = [cell.way for cell in row.cells if cell.version in written]
    return max(ways, key=_BEST_FIRST.index, default=Way.UNKNOWN)


def _drawn(site: Site, gathered: _Gathered, hidden: int, environment: str) -> Lineage:
    lines: dict[Joint, Line] = {}
    for (application, subject), line in gathered.writes.items():
        lines[_writer(application), _event(subject)] = line
    for (application, subject), line in gathered.reads.items():
        lines[_event(subject), _reader(application)] = line
    writers = sorted({application for application, _ in gathered.writes})
    readers = sorted({application for application, _ in gathered.reads})
    columns = [[*map(_writer, writers)], [*map(_event, gathered.subjects)], [*map(_reader, readers)]]
    placed = layout(columns, list(lines))
    nodes = [
        _application(key, name, gathered.owners[name], placed.boxes[key], lines)
        for side, names in ((_writer, writers), (_reader, readers))
        for name in names
        for key in (side(name),)
    ]
    nodes += [_subject(subject, placed.boxes[_event(subject)], lines) for subject in gathered.subjects]
    return Lineage(
        width=WIDTH,
        height=placed.height,
        columns=tuple(zip((left for left, _ in COLUMNS), ("Who writes", "Event", "Who reads"), strict=True)),
        nodes=tuple(nodes),
        edges=tuple(_edge(joint, line, placed) for joint, line in lines.items()),
        hidden=hidden,
        environments=contracts.environments(site, environment),
        environment=environment,
    )


def _writer(application: str) -> str:
    return f"w:{application}"


def _event(subject: Subject) -> str:
    return f"s:{subject}"


def _reader(application: str) -> str:
    return f"r:{application}"


def _application(key: str, name: str, owner: str, box: Box, lines: Mapping[Joint, Line]) -> Node:
    said = "; ".join(words for joint, (_, words) in lines.items() if key in joint)
    return _node(key, box, name, owner, address.application(name), said)


def _subject(subject: Subject, box: Box, lines: Mapping[Joint, Line]) -> Node:
    key = _event(subject)
    writers, readers = (sum(joint[end] == key for joint in lines) for end in (1, 0))
    words = f"{counted(writers, 'writer')}, {counted(readers, 'reader')}"
    hint = words if subject.context == "." else f"in {subject.context}, {words}"
    return _node(key, box, subject.name, hint, address.readers(str(subject)), "")


def _node(key: str, box: Box, name: str, hint: str, url: str, label: str) -> Node:
    room = int((box.width - 28) / _LETTER)
    shown, below = _ending(name, room), _ending(hint, room + 3)
    # whoever speaks to the page says what is written there, so the label begins with it
    said = "; ".join(filter(None, (f"{shown} {below}".strip(), label, name if shown != name else "")))
    return Node(key, box.left, box.top, box.width, box.height, shown, below, url, said)


def _ending(text: str, room: int) -> str:
    """The end of a name, which tells most, where the whole has no room."""
    return text if len(text) <= room else f"…{text[1 - room :]}"


def _edge(joint: Joint, line: Line, placed: Layout) -> Edge:
    (start, end), (leave, reach) = (placed.boxes[key] for key in joint), placed.ports[joint]
    middle = (start.right + end.left) / 2
    curve = f"M{start.right:g} {leave:g} C{middle:g} {leave:g} {middle:g} {reach:g} {end.left:g} {reach:g}"
    look, words = line
    return Edge(joint, curve, look, words, end.left - _SIGN, reach)
