"""Who writes and reads a subject, where, and which versions each reader can read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from compat.definition import Format
from compat.errors import CompatError
from compat.judging import strictly
from compat.level import Direction
from compat.profile import STRICT
from compat.verdict import Finding
from registry.contracts import Answer, Readability, Way
from registry.errors import ContractNotFound, RegistryError
from registry.events import Entry as Logged
from registry.events import RegistrationRefused
from registry.model import (
    Build,
    Content,
    Deployment,
    FieldsNeed,
    Reader,
    ReaderNeed,
    Span,
    Subject,
    VersionsNeed,
)
from registry.service.answers import ApplicationDetail, Impact, Matrix, ReaderRow, SubjectDetail
from web import address
from web.code import highlight, pretty
from web.findings import judgement
from web.site import Site
from web.steps import Deadline
from web.views.contracts import (
    Affected,
    ApplicationPage,
    ApplicationRow,
    CellPage,
    Contract,
    Live,
    LiveBuild,
    ReaderLine,
    ReaderMatrix,
    Side,
)
from web.views.findings import Cell, Judgement
from web.views.listing import Option
from web.words import BAD, DOUBT, GOOD, PLAIN, Tone, counted

WAYS: Final = {
    Way.DIRECT: Tone("good", "check", "direct"),
    Way.UPCASTER: Tone("lift", "up", "via upcaster"),
    Way.BROKEN: Tone("bad", "cross", "broken"),
    Way.UNKNOWN: Tone("doubt", "question", "unknown"),
}
LAST: Final = Span(most=14)
"""Versions across; older ones are left out."""
REFUSAL_SECONDS: Final = 2.0
"""How long a page may compute which live readers its refused candidates would break."""
NOWHERE: Final = "declared, live nowhere"


def need_words(need: ReaderNeed) -> str:
    """What a reader needs, in a few words."""
    if isinstance(need, FieldsNeed):
        return ", ".join(need.fields)
    if isinstance(need, VersionsNeed):
        return (
            f"code for version {need.first}" if need.first == need.last else f"code for v{need.first} to v{need.last}"
        )
    return "a schema of its own"


def matrix(site: Site, detail: SubjectDetail, environment: str) -> ReaderMatrix:
    """Readers down, the last live versions across."""
    subject = detail.summary.subject
    found = site.registry.readers.matrix(subject, environment=environment or None, span=LAST)
    return ReaderMatrix(
        versions=found.versions,
        hidden=found.hidden,
        environments=environments(site, environment),
        environment=environment,
        lines=tuple(_line(subject, row) for row in found.rows),
        writers=tuple(
            Contract(
                str(row.writer.build),
                address.application(row.writer.build.application),
                row.owner,
                tuple(one.environment for one in row.deployments),
                ", ".join(f"v{number}" for number in row.writer.versions),
            )
            for row in found.writers
        ),
    )


def environments(site: Site, chosen: str) -> tuple[Option, ...]:
    """The choices of a filter by environment."""
    names = site.registry.contracts.environments()
    if chosen and chosen not in names:
        names = [*names, chosen]
    return (Option("", "everything declared", not chosen), *(Option(name, name, name == chosen) for name in names))


def _line(subject: Subject, row: ReaderRow) -> ReaderLine:
    build = row.reader.build
    return ReaderLine(
        build=str(build),
        url=address.application(build.application),
        owner=row.owner,
        environments=tuple(one.environment for one in row.deployments),
        need=need_words(row.reader.need),
        cells=tuple(_cell(subject, build, cell) for cell in row.cells),
    )


def _cell(subject: Subject, build: Build, cell: Readability) -> Cell:
    look = WAYS[cell.way]
    words = f"via v{cell.through[-1]}" if cell.way is Way.UPCASTER else look.word
    label = f"{build} reading version {cell.version}: {look.word}" + ("" if words == look.word else f", {words}")
    return Cell(look, words, label, address.reading(str(subject), build, cell.version))


def cell(site: Site, detail: SubjectDetail, build: Build, version: int) -> CellPage:
    """How one reader reads one version, with the finding. Raises ContractNotFound."""
    subject = detail.summary.subject
    found = site.registry.readers.matrix(subject, span=Span(above=version - 1, most=1))
    row = next((one for one in found.rows if one.reader.build == build), None)
    if row is None or found.versions != (version,):
        raise ContractNotFound(f"{build} has declared no reader of version {version} of {subject}")
    (readable,) = row.cells
    name, text = str(subject), _schema_of(row.reader)
    return CellPage(
        title=f"{build} reading version {version}",
        tone=WAYS[readable.way],
        sentence=_sentence(build, readable),
        detail=_detail(readable),
        player=""
        if readable.way is not Way.UPCASTER
        else address.player(name, **{"from": version, "to": readable.through[-1]}),
        judged=_judged(name, build, readable),
        need=need_words(row.reader.need),
        based_on=row.reader.need.based_on if isinstance(row.reader.need, FieldsNeed) else 0,
        lines=tuple(highlight(*text)) if text else (),
        back=address.readers(name),
        application=address.application(build.application),
    )


def _judged(name: str, build: Build, found: Readability) -> Judgement | None:
    if not found.obstacles:
        return None
    texts = address.subject(name, found.version, "text"), ""
    return judgement(_findings(found), str(build), f"v{found.version}", "reading", STRICT, texts)


def _findings(found: Readability) -> tuple[Finding, ...]:
    """What stands in the way, weighed by severity: a reader is asked about data, whatever the profile."""
    return tuple(strictly(found.obstacles, STRICT, Direction.BACKWARD, 0))


def _schema_of(reader: Reader) -> tuple[str, str] | None:
    """The text the reader decodes with, where it is no registered version, and its format."""
    if isinstance(reader.need, VersionsNeed):
        return None
    schema = reader.need.schema
    return pretty(schema.text, schema.format), schema.format


def _sentence(build: Build, found: Readability) -> str:
    match found.way:
        case Way.DIRECT:
            return f"{build} reads every event of version {found.version} as it is."
        case Way.UPCASTER:
            target = found.through[-1]
            return f"{build} reads version {found.version} once upcasters have brought its events to version {target}."
        case Way.BROKEN:
            return f"{build} cannot read everything written with version {found.version}."
        case Way.UNKNOWN:
            return f"Whether {build} reads everything written with version {found.version} is unknown."


def _detail(found: Readability) -> str:
    match found.way:
        case Way.DIRECT:
            return "Proven: no event of the version can fail this reader."
        case Way.UPCASTER:
            stops = " → ".join(f"v{number}" for number in found.through)
            return f"The way is {stops}; the reader's client must apply it. Without it, this stands in the way:"
        case Way.BROKEN:
            return "No upcaster leads to a version that it can read, either."
        case Way.UNKNOWN:
            return "The engine could not decide; unknown counts as broken until a person has looked."


def sides(site: Site, detail: SubjectDetail) -> tuple[Side, ...]:
    """Who writes and who reads the subject, by environment; what is live nowhere comes last."""
    found = site.registry.readers.matrix(detail.summary.subject, span=Span(most=1))
    latest = detail.latest.number
    entries: dict[str, list[Live]] = {}
    for writer in found.writers:
        words = f"writes {', '.join(f'v{number}' for number in writer.writer.versions)}"
        one = _live(writer.writer.build, writer.owner, "writer", words, PLAIN)
        for where in _places(writer.deployments):
            entries.setdefault(where, []).append(one)
    for row in found.rows:
        readable = next((cell for cell in row.cells if cell.version == latest), None)
        look = WAYS[readable.way] if readable else PLAIN
        words = f"reads {need_words(row.reader.need)}"
        one = _live(row.reader.build, row.owner, "reader", words, look)
        for where in _places(row.deployments):
            entries.setdefault(where, []).append(one)
    order = sorted(entries, key=lambda where: (where == NOWHERE, where))
    return tuple(Side(where, tuple(entries[where])) for where in order)


def _places(deployments: Sequence[Deployment]) -> list[str]:
    return [one.environment for one in deployments] or [NOWHERE]


def _live(build: Build, owner: str, role: str, words: str, look: Tone) -> Live:
    return Live(str(build), address.application(build.application), owner, role, words, look)


def affected(impact: Impact, *, what: str, key: str = "") -> Affected:
    """The live readers that do not read a version or candidate.

    ``what``: ``v5``, ``the draft``; ``key``: unique on the page.
    """
    failing = (*impact.broken, *impact.unknown)
    total, broken = len(impact.readers), len(impact.broken)
    if not impact.recorded:
        return Affected(DOUBT, "Nothing is recorded as live, so who would break is unknown.", ())
    if not total:
        return Affected(PLAIN, "No live reader has declared what it needs of this subject.", ())
    if broken:
        sentence = f"{broken} of {counted(total, 'live reader')} cannot read {what}."
    elif failing:
        sentence = f"Whether {len(failing)} of {counted(total, 'live reader')} can read {what} is unknown."
    else:
        sentence = f"{'The one live reader reads' if total == 1 else f'All {total} live readers read'} {what}."
    look = {Answer.NO: BAD, Answer.YES: GOOD, Answer.UNKNOWN: DOUBT}[impact.answer]
    lines = tuple(_affected(impact.subject, row, key) for row in failing)
    return Affected(look, sentence, lines)


def _affected(subject: Subject, row: ReaderRow, key: str) -> ReaderLine:
    build, found = row.reader.build, row.cells[0]
    look = WAYS[found.way]
    url = address.reading(str(subject), build, found.version) if found.version else ""
    return ReaderLine(
        build=str(build),
        url=address.application(build.application),
        owner=row.owner,
        environments=tuple(one.environment for one in row.deployments),
        need=need_words(row.reader.need),
        cells=(Cell(look, look.word, f"{build}: {look.word}", url),),
        judged=None
        if url
        else judgement(_findings(found), str(build), "it", f"live-{key}-{row.reader.position}", STRICT),
    )


def on_version(site: Site, subject: Subject, version: int) -> Affected:
    """The live readers of one version."""
    return affected(site.registry.readers.broken_on(subject, version), what=f"v{version}")


def on_refusals(site: Site, entries: Iterable[Logged]) -> dict[int, Affected]:
    """What refused candidates would do to the readers that are live now, by position of the refusal."""
    deadline = Deadline(REFUSAL_SECONDS)
    found: dict[int, Affected] = {}
    for entry in entries:
        event = entry.event
        if not isinstance(event, RegistrationRefused) or deadline.passed or event.format not in Format.__members__:
            continue
        content = Content(Format(event.format), event.text, tuple(event.references))
        try:
            impact = site.registry.readers.broken_by(entry.subject, content)
        except (RegistryError, CompatError):
            continue  # what it referred to is gone
        if impact.readers:
            found[entry.position] = affected(impact, what="this candidate", key=str(entry.position))
    return found


def applications(site: Site) -> tuple[ApplicationRow, ...]:
    """Every application, by name."""
    return tuple(
        ApplicationRow(
            one.name,
            address.application(one.name),
            one.owner,
            ", ".join(
                f"{does} {counted(len(subjects), 'subject')}"
                for does, subjects in (
                    ("reads", {reader.subject for reader in one.readers}),
                    ("writes", {writer.subject for writer in one.writers}),
                )
                if subjects
            ),
            tuple(f"{each.build.name} in {each.environment}" for each in one.deployments),
        )
        for one in site.registry.contracts.applications()
    )


def application(site: Site, name: str) -> ApplicationPage:
    """One application: its live builds, what they read and write. Raises ApplicationNotFound."""
    detail = site.registry.contracts.application(name)
    places: dict[Build, tuple[str, ...]] = {}
    for one in detail.deployments:
        places[one.build] = (*places.get(one.build, ()), one.environment)
    subjects = {reader.subject for reader in detail.readers}
    matrices = {subject: matrix_of(site, subject) for subject in subjects}
    return ApplicationPage(
        name=detail.name,
        owner=detail.owner,
        live=tuple(
            LiveBuild(one.environment, one.build.name, one.mode, one.since, one.actor) for one in detail.deployments
        ),
        readers=tuple(
            _contract_line(reader, matrices[reader.subject], places.get(reader.build, ())) for reader in detail.readers
        ),
        writers=tuple(
            Contract(
                str(writer.subject),
                address.readers(str(writer.subject)),
                writer.build.name,
                places.get(writer.build, ()),
                ", ".join(f"v{number}" for number in writer.versions),
            )
            for writer in detail.writers
        ),
        undeclared=_undeclared(detail),
    )


def _undeclared(detail: ApplicationDetail) -> tuple[str, ...]:
    declared = {one.build for one in detail.readers} | {one.build for one in detail.writers}
    return tuple(f"{one.build.name} in {one.environment}" for one in detail.deployments if one.build not in declared)


def matrix_of(site: Site, subject: Subject, environment: str = "", span: Span = LAST) -> Matrix | None:
    """Who reads and writes a subject, and how its last versions are read; None where it is gone."""
    try:
        return site.registry.readers.matrix(subject, environment=environment or None, span=span)
    except RegistryError:
        return None


def _version_cell(cell: Cell, version: int) -> Cell:
    """A cell that stands in no table, so that it says which version it is about."""
    return replace(cell, words=f"v{version}", label=f"v{version}: {cell.label}")


def _contract_line(reader: Reader, found: Matrix | None, environments: tuple[str, ...]) -> ReaderLine:
    row = next((one for one in found.rows if one.reader.build == reader.build), None) if found else None
    cells = row.cells if row else ()
    return ReaderLine(
        build=str(reader.subject),
        url=address.readers(str(reader.subject)),
        owner=reader.build.name,
        environments=environments,
        need=need_words(reader.need),
        cells=tuple(_version_cell(_cell(reader.subject, reader.build, cell), cell.version) for cell in cells),
    )
