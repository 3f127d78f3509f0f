"""``lineal.toml``: which files are schemas, of which subjects, and what they are checked against."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from compat import criteria
from compat.definition import Format
from compat.errors import InvalidCriteria
from compat.gate.errors import Misconfigured
from compat.level import Level
from compat.profile import Criteria

FILE_NAME: Final = "lineal.toml"

LEVELS: Final = tuple(level.name for level in Level)

SUFFIXES: Final = {".avsc": Format.AVRO, ".json": Format.JSON, ".proto": Format.PROTOBUF}
"""The format of a file by the end of its name."""


class SchemaSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[schemas]]`` table: a pattern of files, and how their subjects are called."""

    glob: str
    """Files below the folder of lineal.toml; ``**`` stands for any folders."""
    subject: str = "{stem}"
    """The subject of a file; see ``mapping.VARIABLES``."""
    format: Format | None = None
    """Where the end of the file name does not tell."""
    level: str | None = None
    """Where it differs from the level of the whole folder."""
    profile: str | None = None
    """Where it differs from the profile of the whole folder."""
    map: dict[str, str] = {}
    """Exceptions: file to subject."""


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; every setting has a default, so that a folder without one can be checked."""

    registry: str = "http://127.0.0.1:8081"
    """Address of the registry: anything that speaks the Confluent protocol."""
    level: str = "BACKWARD"
    """What a baseline that is not a registry is held to."""
    profile: str = "strict"
    """Whose rules decide where the baseline names no profile; see ``profile.Profile``."""
    rules: dict[str, str] = {}
    """What is done about single rules, whatever the profile says: ``lossy = "block"``; see ``profile.Action``."""
    json_formats: str = "conservative"
    """What ``format`` means in JSON Schemas where the baseline does not say; see ``profile.FormatMode``."""
    against: tuple[str, ...] = ("registry",)
    """What ``lineal check`` compares with when nothing is said."""
    schemas: tuple[SchemaSet, ...] = ()
    """In order: the first set whose pattern matches a file decides."""

    def sets(self) -> tuple[SchemaSet, ...]:
        """The sets of files; without any, every file that looks like a schema is a subject of its own name."""
        return self.schemas or DEFAULT_SETS


DEFAULT_SETS: Final = (
    SchemaSet(glob="**/*.avsc"),
    SchemaSet(glob="**/*.proto"),
    SchemaSet(glob="**/*.json"),
)


def load(file: Path) -> Configuration:
    """The configuration in ``file``. Raises Misconfigured with the place and what is expected."""
    try:
        configuration = msgspec.toml.decode(file.read_bytes(), type=Configuration)
    except OSError as cause:
        raise Misconfigured(f"{file} cannot be read: {cause.strerror}") from cause
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise Misconfigured(f"{file}: {cause}") from cause
    for name in (configuration.level, *(entry.level for entry in configuration.schemas if entry.level)):
        level_named(name, str(file))
    for name in (configuration.profile, *(entry.profile for entry in configuration.schemas if entry.profile)):
        criteria_named(name, configuration, str(file))
    return configuration


def criteria_named(profile: str, configuration: Configuration, where: str) -> Criteria:
    """By what to judge under a profile. Raises Misconfigured naming ``where`` and what there is to choose from."""
    try:
        return criteria.read(profile, configuration.rules, configuration.json_formats)
    except InvalidCriteria as cause:
        raise Misconfigured(f"{where}: {cause}") from None


def level_named(name: str, where: str) -> Level:
    """The level called ``name``. Raises Misconfigured naming ``where`` and the levels there are."""
    try:
        return Level[name.upper()]
    except KeyError:
        raise Misconfigured(f"{where}: {name!r} is not a level; choose one of {', '.join(LEVELS)}") from None
