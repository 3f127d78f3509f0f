"""``/exporters``: what is copied to other registries."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from registry.http.exchange import exchange_of
from registry.http.parameters import AnyRequest
from registry.http.payloads import Wire
from registry.model import Exporter, ExporterDefinition
from registry.service import Registry
from registry.service.exporters import shown


class ExporterRequest(Wire, frozen=True):
    """What is copied, to where and under which names. Of an update only what changes."""

    name: str | None = None
    context_type: str | None = None
    context: str | None = None
    subjects: list[str] | None = None
    subject_rename_format: str | None = None
    kek_rename_format: str | None = None
    config: dict[str, str] | None = None

    def changes(self) -> dict[str, object]:
        """The members of the definition that are given."""
        given = {name: getattr(self, name) for name in self.__struct_fields__ if getattr(self, name) is not None}
        given.pop("name", None)
        return given | ({"context_type": self.context_type.upper()} if self.context_type else {})


class ExporterName(msgspec.Struct, frozen=True):
    """The exporter that was made or changed."""

    name: str


class ExporterBody(msgspec.Struct, frozen=True, rename="camel"):
    """An exporter."""

    name: str
    context_type: str
    context: str
    subjects: list[str]
    subject_rename_format: str
    kek_rename_format: str
    config: dict[str, str]


class ExporterStatus(msgspec.Struct, frozen=True):
    """How far an exporter is."""

    name: str
    state: str
    """STARTING, RUNNING or PAUSED."""
    offset: int
    """Position of the last entry of the log that it has copied."""
    ts: int
    """Milliseconds since 1970: when it last got further or failed; 0 before."""
    trace: str
    """Why it does not get further; empty if all is well."""


@get("/exporters", sync_to_thread=True)
def list_exporters(registry: NamedDependency[Registry]) -> list[str]:
    """The names of the exporters."""
    return [each.definition.name for each in registry.exporters.all()]


@post("/exporters", status_code=200, sync_to_thread=True)
def create(request: AnyRequest, registry: NamedDependency[Registry], data: JSONBody[ExporterRequest]) -> ExporterName:
    """Copy subjects to another registry from now on, beginning with all that has happened to them."""
    definition = ExporterDefinition(data.name or "", **data.changes())  # type: ignore[arg-type]
    registry.exporters.create(definition, exchange_of(request).origin)
    return ExporterName(definition.name)


@get("/exporters/{exporter:str}", sync_to_thread=True)
def get_exporter(registry: NamedDependency[Registry], exporter: FromPath[str]) -> ExporterBody:
    """One exporter."""
    found = registry.exporters.get(unquote(exporter)).definition
    return ExporterBody(**{**msgspec.structs.asdict(found), "config": shown(found.config)})


@put("/exporters/{exporter:str}", status_code=200, sync_to_thread=True)
def update(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    exporter: FromPath[str],
    data: JSONBody[ExporterRequest],
) -> ExporterName:
    """Change an exporter that is paused: what is not given stays."""
    registry.exporters.update(unquote(exporter), data.changes(), exchange_of(request).origin)
    return ExporterName(unquote(exporter))


@delete("/exporters/{exporter:str}", sync_to_thread=True)
def remove(request: AnyRequest, registry: NamedDependency[Registry], exporter: FromPath[str]) -> None:
    """End an exporter; what it has copied stays."""
    registry.exporters.remove(unquote(exporter), exchange_of(request).origin)


@get("/exporters/{exporter:str}/config", sync_to_thread=True)
def get_config(registry: NamedDependency[Registry], exporter: FromPath[str]) -> dict[str, str]:
    """Where an exporter copies to; secrets hidden, or by the name of their environment variable."""
    return shown(registry.exporters.get(unquote(exporter)).definition.config)


@put("/exporters/{exporter:str}/config", status_code=200, sync_to_thread=True)
def put_config(
    request: AnyRequest, registry: NamedDependency[Registry], exporter: FromPath[str], data: JSONBody[dict[str, str]]
) -> ExporterName:
    """Let an exporter that is paused copy elsewhere."""
    registry.exporters.update(unquote(exporter), {"config": data}, exchange_of(request).origin)
    return ExporterName(unquote(exporter))


@get("/exporters/{exporter:str}/status", sync_to_thread=True)
def status(registry: NamedDependency[Registry], exporter: FromPath[str]) -> ExporterStatus:
    """How far an exporter is, and what keeps it."""
    found = registry.exporters.get(unquote(exporter))
    return ExporterStatus(
        name=found.definition.name,
        state=_state(found),
        offset=found.position or 0,
        ts=0 if found.changed is None else int(found.changed.timestamp() * 1000),
        trace=found.trace,
    )


@put("/exporters/{exporter:str}/pause", status_code=200, sync_to_thread=True)
def pause(request: AnyRequest, registry: NamedDependency[Registry], exporter: FromPath[str]) -> ExporterName:
    """Let an exporter rest."""
    registry.exporters.pause(unquote(exporter), origin=exchange_of(request).origin)
    return ExporterName(unquote(exporter))


@put("/exporters/{exporter:str}/resume", status_code=200, sync_to_thread=True)
def resume(request: AnyRequest, registry: NamedDependency[Registry], exporter: FromPath[str]) -> ExporterName:
    """Let a paused exporter go on."""
    registry.exporters.resume(unquote(exporter), exchange_of(request).origin)
    return ExporterName(unquote(exporter))


@put("/exporters/{exporter:str}/reset", status_code=200, sync_to_thread=True)
def reset(request: AnyRequest, registry: NamedDependency[Registry], exporter: FromPath[str]) -> ExporterName:
    """Let a paused exporter begin from the start of the log."""
    registry.exporters.reset(unquote(exporter), exchange_of(request).origin)
    return ExporterName(unquote(exporter))


def _state(exporter: Exporter) -> str:
    if exporter.paused:
        return "PAUSED"
    return "STARTING" if exporter.position is None else "RUNNING"


HANDLERS: Final = (
    list_exporters,
    create,
    get_exporter,
    update,
    remove,
    get_config,
    put_config,
    status,
    pause,
    resume,
    reset,
)
