"""What handlers take from paths and queries, in the registry's terms."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias
from urllib.parse import unquote

from anyio import to_thread
from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from compat.engine import Form
from registry.errors import InvalidRequest, SchemaNotFound
from registry.http.exchange import exchange_of
from registry.model import Page, Subject
from registry.service import Registry

Flag: TypeAlias = Annotated[bool, QueryParameter()]
InSubject: TypeAlias = Annotated[str | None, QueryParameter(name="subject")]
SubjectPrefix: TypeAlias = Annotated[str | None, QueryParameter(name="subjectPrefix")]
ContextPrefix: TypeAlias = Annotated[str, QueryParameter(name="contextPrefix")]
RuleType: TypeAlias = Annotated[str, QueryParameter(name="ruleType")]
ReferenceFormat: TypeAlias = Annotated[str | None, QueryParameter(name="referenceFormat")]
LatestOnly: TypeAlias = Annotated[bool, QueryParameter(name="latestOnly")]
FetchMaxId: TypeAlias = Annotated[bool, QueryParameter(name="fetchMaxId")]
DeletedOnly: TypeAlias = Annotated[bool, QueryParameter(name="deletedOnly")]
DeletedAsNegative: TypeAlias = Annotated[bool, QueryParameter(name="deletedAsNegative")]
DefaultToGlobal: TypeAlias = Annotated[bool, QueryParameter(name="defaultToGlobal")]
At: TypeAlias = Annotated[
    str,
    QueryParameter(description="The catalog as it was: a position of the log, or a time (ISO 8601). Now by default."),
]
ResourceType: TypeAlias = Annotated[str | None, QueryParameter(name="resourceType")]
AssociationTypes: TypeAlias = Annotated[list[str] | None, QueryParameter(name="associationType")]
LifecycleName: TypeAlias = Annotated[str | None, QueryParameter(name="lifecycle")]
Lifecycles: TypeAlias = Annotated[list[str] | None, QueryParameter(name="lifecycle")]
CascadeLifecycle: TypeAlias = Annotated[bool, QueryParameter(name="cascadeLifecycle")]
DryRun: TypeAlias = Annotated[bool, QueryParameter(name="dryRun")]
IncludeSchemas: TypeAlias = Annotated[bool, QueryParameter(name="includeSchemas")]
FindTags: TypeAlias = Annotated[list[str] | None, QueryParameter(name="findTags")]
Most: TypeAlias = Annotated[
    int | None,
    QueryParameter(ge=1, le=2**31 - 1, description="Only so many of the last versions; all by default."),
]
AnyRequest: TypeAlias = Request[None, None, State]

_FORMS: Final = {form.value: form for form in Form}
_LOGICAL: Final = "logical"
_HIGHEST: Final = 2**31 - 1


def provide_subject(request: AnyRequest, registry: NamedDependency[Registry], name: FromPath[str]) -> Subject:  # noqa: ARG001
    """The subject a path names.

    It asks for the registry only to come after it: the framework gives two dependencies that are independent of each
    other by two tasks, which costs a third of all it does for a request.
    """
    return Subject.parse(unquote(name), exchange_of(request).context)


async def provide_moment(present: NamedDependency[Registry], at: At = "") -> Registry:
    """The registry, as it was at the moment the query names. Raises InvalidRequest."""
    if not at:
        return present
    moment = await to_thread.run_sync(present.catalog.moment, at)
    return present.at(moment.position)


AT_A_MOMENT: Final = {"registry": Provide(provide_moment)}
"""The dependencies of a handler that reads the catalog, now or as of ``?at=``."""


def context_of(request: AnyRequest) -> str:
    """The context of the request's prefix."""
    return exchange_of(request).context


def scope_of_query(request: AnyRequest, subject: str | None) -> Subject:
    """The subject a query names, or the context of the prefix."""
    context = context_of(request)
    return Subject(context) if subject is None else Subject.parse(subject, context)


def page(offset: int, limit: int, *, most: int | None = None) -> Page:
    """A limit that is not between 1 and the most is the most."""
    within = 0 < limit <= _HIGHEST if most is None else 0 < limit <= most
    return Page(min(max(offset, 0), _HIGHEST), limit if within else most)


def form(name: str | None) -> Form | None:
    """The form of a text that is asked for; None, and any unknown name, is the text as it was registered.

    Raises InvalidRequest for ``logical``: whoever asks for it reads another language, so the text would not do.
    """
    if name == _LOGICAL:
        raise InvalidRequest("format=logical is not served: lineal does not write schemas as SQL types; leave it out")
    return _FORMS.get(name or "")


def schema_id(text: str) -> int:
    """A schema id from a path. Raises SchemaNotFound for what cannot be one."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or int(digits[:11]) > _HIGHEST:
        raise SchemaNotFound(unquote(text))
    return int(digits)
