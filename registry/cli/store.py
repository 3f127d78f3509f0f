"""Commands that work on a database directly, without a server."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from compat.gate.errors import CouldNotCheck, Misconfigured
from registry import settings
from registry.cli.console import Console
from registry.errors import InvalidRequest, RegistryError
from registry.model import Origin
from registry.service import Registry
from registry.service.upkeep import Progress
from registry.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

_SQLITE: Final = "sqlite:///"
_WHOLE: Final = 100
"""Progress is told in percent, since the length of the log is known only once it is read."""


def database_option(function: F) -> F:
    """``--database``."""
    return click.option(
        "--database",
        metavar="URL",
        help="sqlite:///path or postgresql://…; else LINEAL_DATABASE, else sqlite:///var/lineal.db.",
    )(function)


def settings_of(
    database: str | None, file: Path | None = None, *, follow: str | None = None, workers: int | None = None
) -> Settings:
    """The settings from a file, the environment and the command line. Raises Misconfigured with what is wrong."""
    try:
        return settings.load(file=file, database=database, follow=follow, workers=workers)
    except InvalidRequest as error:
        raise Misconfigured(error.message) from error
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Misconfigured(f"{file} is not TOML: {error}") from error


@contextmanager
def opened(chosen: Settings, *, existing: bool = False) -> Iterator[Registry]:
    """The service over a database; ``existing``: never over a new one. Raises Misconfigured, CouldNotCheck."""
    file = chosen.database.removeprefix(_SQLITE)
    if existing and file != chosen.database and not Path(file).is_file():
        raise Misconfigured(f"there is no database at {file}: name another with --database or LINEAL_DATABASE")
    try:
        registry = Registry.open(chosen)
    except InvalidRequest as error:
        raise Misconfigured(error.message) from error
    except RegistryError as error:
        shown = without_password(chosen.database)
        raise CouldNotCheck(f"the database {shown} cannot be used: {error.message}") from error
    try:
        yield registry
    finally:
        registry.close()


def as_environment(chosen: Settings) -> dict[str, str]:
    """The settings as the variables from which another process reads the same ones."""
    values = {name: getattr(chosen, name) for name in Settings.__struct_fields__}
    return {
        settings.PREFIX + name.upper(): str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
        if value is not None
    }


@contextmanager
def entries(console: Console, title: str) -> Iterator[Progress]:
    """Progress over log entries."""
    with console.gauge(title, _WHOLE) as gauge:

        def progress(done: int, total: int) -> None:
            gauge(done * _WHOLE // max(total, 1), f"{done:,} of {total:,} log entries")

        yield progress


def of_the_operator() -> Origin:
    """Whoever runs a command on the database itself, for the log."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        name = str(os.getuid())
    return Origin(actor=f"operator {name}")


def without_password(database: str) -> str:
    """A database URL that may be shown."""
    head, at, tail = database.rpartition("@")
    scheme, _, person = head.partition("://")
    return f"{scheme}://{person.partition(':')[0]}@{tail}" if at else database
