"""What is copied to other registries: defined, changed, paused; ``registry.exporting`` does the copying."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from msgspec.structs import replace

from registry.addresses import require
from registry.errors import (
    ExporterExists,
    ExporterNotFound,
    ExporterNotPaused,
    ExporterRunning,
    InvalidExporterConfig,
    InvalidExporterName,
    InvalidExporterSubjects,
    InvalidRequest,
    TooManyExporters,
)
from registry.events import (
    ExporterDefined,
    ExporterPaused,
    ExporterRemoved,
    ExporterReset,
    ExporterResumed,
)
from registry.model import ACCESS, ANONYMOUS, Exporter, ExporterDefinition, Origin, context_name
from registry.sealing import Seal
from registry.settings import Settings
from registry.storage import exports
from registry.storage.reading import Reading
from registry.storage.store import Store

URL: Final = "schema.registry.url"
USER_INFO: Final = "basic.auth.user.info"
TOKEN: Final = "bearer.auth.token"  # noqa: S105 - the name of a setting

_STREAM: Final = ACCESS
"""Where they copy to, and with which sealed secrets, is for admins only."""
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
_CONTEXT_TYPES: Final = ("AUTO", "CUSTOM", "NONE")
_SUBJECT: Final = "${subject}"
_SECRET: Final = re.compile(r"user\.info|password|secret|token|\.key$")
_BY_NAME: Final = re.compile(r"\$\{env:(LINEAL_EXPORTER_[A-Z0-9_]+)\}")
"""A secret as it stands in a config. Only variables of this prefix: an exporter must not carry others away."""
_SEALED: Final = re.compile(r"\$\{sealed:([^}]+)\}")
"""A secret that was sent in the clear, as the log keeps it. Made here only: what is sent like this is sealed again."""

HIDDEN: Final = "[hidden]"
"""What is shown in the place of a sealed secret; sent back, it stands for the secret that is kept."""


class Exporters:
    """Reads and changes exporters."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._seal = Seal(settings.secret_key)
        self._lease = timedelta(seconds=settings.lease_seconds)

    def all(self) -> list[Exporter]:
        """Every exporter, by name."""
        with self._store.read() as reading:
            return exports.exporters(reading)

    def get(self, name: str) -> Exporter:
        """Raises ExporterNotFound."""
        with self._store.read() as reading:
            return _found(reading, name)

    def create(self, definition: ExporterDefinition, origin: Origin = ANONYMOUS) -> None:
        """It begins at once, with the whole log.

        Raises InvalidExporterName, InvalidExporterConfig, InvalidExporterSubjects, InvalidRequest, ExporterExists,
        TooManyExporters.
        """
        definition = replace(definition, config=self._sealed(definition.config, {}))
        self._validate(definition)
        with self._store.write(origin) as writing:
            known = exports.exporters(writing)
            if any(each.definition.name == definition.name for each in known):
                raise ExporterExists(definition.name)
            if len(known) >= self._settings.limit_exporters:
                raise TooManyExporters(self._settings.limit_exporters)
            writing.append((_STREAM, ExporterDefined(definition=definition)))

    def update(self, name: str, changes: Mapping[str, object], origin: Origin = ANONYMOUS) -> None:
        """Change members of the definition of a paused exporter.

        Where it now copies more, elsewhere or under other names, it begins from the start of the log, so that what
        happened before is copied too; else it goes on where it was.

        Raises ExporterNotFound, ExporterNotPaused, and what ``create`` raises about a definition.
        """
        with self._store.write(origin) as writing:
            exporter = _found(writing, name)
            if not exporter.paused:
                raise ExporterNotPaused(name)
            definition = replace(exporter.definition, **changes)
            if "config" in changes:
                definition = replace(definition, config=self._sealed(definition.config, exporter.definition.config))
            self._validate(definition)
            writing.append((_STREAM, ExporterDefined(definition=definition)))
            if _aim(definition) != _aim(exporter.definition):
                writing.append((_STREAM, ExporterReset(name=name)))

    def pause(self, name: str, trace: str = "", origin: Origin = ANONYMOUS) -> None:
        """Raises ExporterNotFound."""
        with self._store.write(origin) as writing:
            if not _found(writing, name).paused:
                writing.append((_STREAM, ExporterPaused(name=name, trace=trace)))

    def resume(self, name: str, origin: Origin = ANONYMOUS) -> None:
        """Raises ExporterNotFound, ExporterRunning."""
        with self._store.write(origin) as writing:
            if not _found(writing, name).paused:
                raise ExporterRunning(name)
            writing.append((_STREAM, ExporterResumed(name=name)))

    def reset(self, name: str, origin: Origin = ANONYMOUS) -> None:
        """Let a paused exporter begin from the start of the log. Raises ExporterNotFound, ExporterNotPaused."""
        with self._store.write(origin) as writing:
            if not _found(writing, name).paused:
                raise ExporterNotPaused(name)
            writing.append((_STREAM, ExporterReset(name=name)))

    def remove(self, name: str, origin: Origin = ANONYMOUS) -> None:
        """What was copied stays. Raises ExporterNotFound."""
        with self._store.write(origin) as writing:
            _found(writing, name)
            writing.append((_STREAM, ExporterRemoved(name=name)))
            exports.forget(writing, name)

    def claim(self, exporter: Exporter, holder: str) -> int | None:
        """The position to go on from, unless another node works for the exporter."""
        with self._store.write(ANONYMOUS) as writing:
            return exports.claim(writing, exporter, holder, datetime.now(UTC), self._lease)

    def advance(self, exporter: Exporter, holder: str, position: int, trace: str = "") -> bool:
        """Note how far it is; False where this node must not go on."""
        with self._store.write(ANONYMOUS) as writing:
            return exports.advance(writing, exporter, position, trace, holder, datetime.now(UTC), self._lease)

    def revealed(self, definition: ExporterDefinition, name: str) -> str | None:
        """A secret of a config, unsealed or from the environment of this process.

        Raises InvalidExporterConfig where the key or the variable is not there.
        """
        value = definition.config.get(name)
        if value is None:
            return None
        if sealed := _SEALED.fullmatch(value):
            if not self._seal.present:
                raise InvalidExporterConfig(f"{name} is sealed, and this process has no LINEAL_SECRET_KEY")
            try:
                return self._seal.open(sealed[1])
            except InvalidRequest as error:
                raise InvalidExporterConfig(f"{name}: {error.message}") from error
        variable = _BY_NAME.fullmatch(value)
        if variable is None:
            raise InvalidExporterConfig(_in_the_clear(name))
        if variable[1] not in os.environ:
            raise InvalidExporterConfig(
                f"{name} is {value}, and this process has no environment variable {variable[1]}"
            )
        return os.environ[variable[1]]

    def _sealed(self, config: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
        """A config as the log keeps it. Raises InvalidExporterConfig for a secret where there is no key."""
        return {
            name: self._kept(name, value, before.get(name)) if _SECRET.search(name) else value
            for name, value in config.items()
        }

    def _kept(self, name: str, secret: str, before: str | None) -> str:
        if secret == HIDDEN:
            if before is None:
                raise InvalidExporterConfig(f"{name} is {HIDDEN}, and there is none that it could stand for")
            return before
        if _BY_NAME.fullmatch(secret):
            return secret
        if not self._seal.present:
            raise InvalidExporterConfig(_in_the_clear(name))
        return f"${{sealed:{self._seal.close(secret)}}}"

    def _validate(self, definition: ExporterDefinition) -> None:
        _validate(definition)
        try:
            require(definition.config[URL], self._settings.exporter_reach)
        except InvalidRequest as error:
            raise InvalidExporterConfig(f"{URL}: {error.message}") from error


def _aim(definition: ExporterDefinition) -> ExporterDefinition:
    """What is copied, to where and under which names."""
    where = {URL: definition.config[URL]}
    return replace(definition, subjects=sorted(definition.subjects), kek_rename_format="", config=where)


def shown(config: Mapping[str, str]) -> dict[str, str]:
    """A config without its secrets."""
    return {name: HIDDEN if _SEALED.fullmatch(value) else value for name, value in config.items()}


def _found(reading: Reading, name: str) -> Exporter:
    for each in exports.exporters(reading):
        if each.definition.name == name:
            return each
    raise ExporterNotFound(name)


def _validate(definition: ExporterDefinition) -> None:
    if not _NAME.fullmatch(definition.name):
        raise InvalidExporterName(definition.name)
    if definition.context_type not in _CONTEXT_TYPES:
        raise InvalidRequest(f"contextType is '{definition.context_type}', not one of {', '.join(_CONTEXT_TYPES)}")
    if definition.context_type == "CUSTOM":
        context_name(definition.context or "")
        if not definition.context:
            raise InvalidRequest("contextType is CUSTOM: name the context of the other registry in 'context'")
    if _SUBJECT not in definition.subject_rename_format:
        raise InvalidRequest(f"subjectRenameFormat needs {_SUBJECT}: without it all subjects would have one name")
    if "" in definition.subjects:
        raise InvalidExporterSubjects("a subject of the list is empty: write '*' for all of the default context")
    _validate_config(definition.config)


def _validate_config(config: Mapping[str, str]) -> None:
    url = config.get(URL, "")
    try:
        parts = urlsplit(url)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise InvalidExporterConfig(f"{URL} is not the URL of a registry: write http://host:port or https://host:port")
    if parts.username or parts.password:
        raise InvalidExporterConfig(f"{URL} carries credentials: put them into {USER_INFO}")


def _in_the_clear(name: str) -> str:
    return (
        f"{name} is a secret, and the log keeps what it is told for ever: set LINEAL_SECRET_KEY to have it encrypted, "
        "or an environment variable of the server, LINEAL_EXPORTER_ and a name, and write "
        "${env:LINEAL_EXPORTER_…} here"
    )
