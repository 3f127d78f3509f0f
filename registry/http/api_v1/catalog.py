"""The catalog's reads: subjects, versions, outlines, samples, differences, refusals."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from compat.definition import Format
from registry.errors import InvalidRequest
from registry.http.api_v1 import documents
from registry.http.api_v1.documents import (
    ComparisonDocument,
    DescribedDocument,
    EntryDocument,
    SubjectDocument,
    SubjectsDocument,
)
from registry.http.parameters import AT_A_MOMENT, AnyRequest, Flag, Most, context_of, page
from registry.model import ANYWHERE_IN_ORDER, DEFAULT_CONTEXT, Beside, Subject
from registry.service import Registry

_LONGEST_PAGE: Final = 500
_MOST_SAMPLES: Final = 100

Count = Annotated[int, QueryParameter(ge=1, le=_MOST_SAMPLES)]
Position = Annotated[int, QueryParameter(ge=0)]
AfterSubject = Annotated[
    str,
    QueryParameter(
        description="The subject that the page before ended with: this one begins after it, and costs what the first "
        "does, which with an offset takes longer the further it is."
    ),
]


@get("/subjects", dependencies=AT_A_MOMENT, sync_to_thread=True)
def list_subjects(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    search: FromQuery[str] = "",
    context: FromQuery[str | None] = None,
    format: FromQuery[str | None] = None,  # noqa: A002
    *,
    deleted: Flag = False,
    after: AfterSubject = "",
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = 50,
) -> SubjectsDocument:
    """Subjects whose name contains ``search``, by context and name, and how many there are in all."""
    prefix = context_of(request)
    found, total = registry.catalog.subjects(
        search,
        context=context or (None if prefix == DEFAULT_CONTEXT else prefix),
        format=_format(format),
        deleted=deleted,
        page=page(offset, limit, most=_LONGEST_PAGE),
        beside=Beside(after=Subject.parse(after)) if after else ANYWHERE_IN_ORDER,
    )
    return SubjectsDocument(total, [documents.summary(line) for line in found])


@get("/subjects/{name:str}", dependencies=AT_A_MOMENT, sync_to_thread=True)
def get_subject(
    registry: NamedDependency[Registry], subject: NamedDependency[Subject], most: Most = None
) -> SubjectDocument:
    """All about one subject: what is in force, its versions, who refers to it."""
    return documents.subject(registry.catalog.subject(subject, most))


@get("/subjects/{name:str}/versions/{number:str}", dependencies=AT_A_MOMENT, sync_to_thread=True)
def describe(
    registry: NamedDependency[Registry], subject: NamedDependency[Subject], number: FromPath[str]
) -> DescribedDocument:
    """A version with its outline: names, types, documentation and defaults as one tree for all formats."""
    described = registry.catalog.describe(subject, number)
    return DescribedDocument(documents.version(described.version), documents.outline(described.outline))


@get("/subjects/{name:str}/versions/{number:str}/samples", dependencies=AT_A_MOMENT, sync_to_thread=True)
def samples(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    number: FromPath[str],
    seed: Position = 0,
    count: Count = 5,
) -> list[Any]:
    """Valid events of a version, boundary values first."""
    return registry.catalog.samples(subject, number, seed=seed, count=count)


@get("/subjects/{name:str}/differences/{old:str}/{new:str}", dependencies=AT_A_MOMENT, sync_to_thread=True)
def compare(
    registry: NamedDependency[Registry], subject: NamedDependency[Subject], old: FromPath[str], new: FromPath[str]
) -> ComparisonDocument:
    """What differs between any two versions, and the verdict in both directions."""
    return documents.comparison(registry.catalog.compare(subject, old, new))


@get("/subjects/{name:str}/refusals", dependencies=AT_A_MOMENT, sync_to_thread=True)
def refusals_of(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = 50,
) -> list[EntryDocument]:
    """The registrations that were refused, newest first."""
    asked = page(offset, limit, most=_LONGEST_PAGE)
    return [documents.entry(entry) for entry in registry.catalog.refusals(subject, page=asked)]


@get("/refusals", dependencies=AT_A_MOMENT, sync_to_thread=True)
def refusals(
    registry: NamedDependency[Registry], offset: FromQuery[int] = 0, limit: FromQuery[int] = 50
) -> list[EntryDocument]:
    """The registrations that were refused under any subject, newest first."""
    asked = page(offset, limit, most=_LONGEST_PAGE)
    return [documents.entry(entry) for entry in registry.catalog.refusals(page=asked)]


def _format(name: str | None) -> Format | None:
    if not name:
        return None
    try:
        return Format(name.upper())
    except ValueError:
        raise InvalidRequest(f"format is '{name}', not one of {', '.join(Format)}") from None


HANDLERS: Final = (
    list_subjects,
    get_subject,
    describe,
    samples,
    compare,
    refusals_of,
    refusals,
)
