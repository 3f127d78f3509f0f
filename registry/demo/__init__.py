"""Something to look at: an ordering domain, a bank and a web site, with a year of history told through the service.

The story is data (``story.yaml``); this file only tells it. Every act carries its number into the log as its request
id, so that telling it again adds nothing, and a telling that was cut short goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from typing import Final

import msgspec

from compat.definition import Format
from registry.errors import IncompatibleSchema
from registry.model import (
    Build,
    ConfigurationChange,
    Content,
    DeploymentMode,
    Metadata,
    Origin,
    SchemaReference,
    Subject,
)
from registry.service import RegistrationOptions, Registry
from upcasters.document import load, write

_FORMATS: Final = {".avsc": Format.AVRO, ".json": Format.JSON, ".proto": Format.PROTOBUF}
_PAGE: Final = 1_000


class _Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    subject: str
    version: int


class _Schema(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subject: str
    file: str
    references: tuple[_Reference, ...] = ()
    properties: dict[str, str] = {}
    force: bool = False
    """Accepted although it breaks readers, as people agreed."""


class _Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scope: str
    level: str


class _Mode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scope: str
    mode: str


class _Reads(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subject: str
    build: str
    """``application version``."""
    owner: str
    fields: tuple[str, ...] = ()
    file: str = ""
    versions: tuple[int, int] | None = None


class _Writes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subject: str
    build: str
    owner: str
    versions: tuple[int, ...]


class _Deploys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    build: str
    environment: str
    mode: DeploymentMode = "deployed"


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing somebody did; exactly one of the last nine members is there."""

    at: datetime
    by: str
    why: str = ""
    register: _Schema | None = None
    refused: _Schema | None = None
    configure: _Level | None = None
    mode: _Mode | None = None
    remove: str | None = None
    publish: str | None = None
    reads: _Reads | None = None
    writes: _Writes | None = None
    deploys: _Deploys | None = None


@cache
def story() -> tuple[Act, ...]:
    """Everything that happens, oldest first."""
    return msgspec.yaml.decode(_text("story.yaml"), type=tuple[Act, ...])


def tell(registry: Registry, told: Callable[[str], None] = lambda _line: None) -> None:
    """Do what the log does not hold yet; ``told`` is called once per act with a line for people."""
    known = _told(registry)
    for number, act in enumerate(story(), 1):
        request = f"demo-{number}"
        if request not in known:
            _do(registry, act, Origin(act.by, request, act.why, act.at))
        told(_line(act))


def _do(registry: Registry, act: Act, origin: Origin) -> None:
    if act.register is not None:
        options = RegistrationOptions(force=act.register.force)
        registry.registration.register(Subject.parse(act.register.subject), _content(act.register), options, origin)
    elif act.refused is not None:
        _be_refused(registry, act.refused, origin)
    elif act.configure is not None:
        change = ConfigurationChange(compatibility=act.configure.level)
        registry.configurations.configure(Subject.parse(act.configure.scope), change, origin)
    elif act.mode is not None:
        registry.configurations.set_mode(Subject.parse(act.mode.scope), act.mode.mode, origin=origin)
    elif act.remove is not None:
        registry.deletion.subject(Subject.parse(act.remove), origin=origin)
    elif act.publish is not None:
        document = load(_text(act.publish))
        registry.upcasters.publish(Subject.parse(document.subject), write(document), origin)
    elif act.reads is not None:
        _declare(registry, act.reads, origin)
    elif act.writes is not None:
        subject, build = Subject.parse(act.writes.subject), _build(act.writes.build)
        registry.contracts.declare_writer(subject, build, act.writes.versions, owner=act.writes.owner, origin=origin)
    elif act.deploys is not None:
        build, mode = _build(act.deploys.build), act.deploys.mode
        registry.contracts.record_deployment(build, act.deploys.environment, mode=mode, origin=origin)


def _declare(registry: Registry, reads: _Reads, origin: Origin) -> None:
    subject, build, contracts = Subject.parse(reads.subject), _build(reads.build), registry.contracts
    if reads.fields:
        contracts.declare_fields(subject, build, reads.fields, owner=reads.owner, origin=origin)
    elif reads.versions is not None:
        contracts.declare_versions(subject, build, *reads.versions, owner=reads.owner, origin=origin)
    else:
        content = Content(_FORMATS[PurePosixPath(reads.file).suffix], _text(reads.file))
        contracts.declare_schema(subject, build, content, owner=reads.owner, origin=origin)


def _build(text: str) -> Build:
    application, _, name = text.partition(" ")
    return Build(application, name)


def _be_refused(registry: Registry, schema: _Schema, origin: Origin) -> None:
    try:
        version = registry.registration.register(Subject.parse(schema.subject), _content(schema), origin=origin)
    except IncompatibleSchema:
        return
    raise AssertionError(f"{schema.file} was to be refused and is version {version.number} of {schema.subject}")


def _content(schema: _Schema) -> Content:
    references = tuple(SchemaReference(use.name, use.subject, use.version) for use in schema.references)
    metadata = Metadata(properties=schema.properties) if schema.properties else None
    return Content(_FORMATS[PurePosixPath(schema.file).suffix], _text(schema.file), references, metadata)


def _told(registry: Registry) -> set[str]:
    """The request ids in the log."""
    found: set[str] = set()
    after = 0
    while entries := registry.catalog.changes(after, limit=_PAGE):
        found.update(entry.origin.request_id for entry in entries)
        after = entries[-1].position
    return found


def _line(act: Act) -> str:
    deeds = (
        ("registers", act.register.subject if act.register else None),
        ("is refused", act.refused.subject if act.refused else None),
        ("configures", act.configure.scope if act.configure else None),
        ("sets the mode of", act.mode.scope if act.mode else None),
        ("removes", act.remove),
        ("publishes", act.publish),
        ("declares a reader of", act.reads.subject if act.reads else None),
        ("declares a writer of", act.writes.subject if act.writes else None),
        ("deploys", act.deploys.build if act.deploys else None),
    )
    verb, name = next((verb, name) for verb, name in deeds if name)
    return f"{act.at.date()} {act.by} {verb} {name}"


def _text(path: str) -> str:
    return resources.files("registry.demo").joinpath(path).read_text(encoding="utf-8")
