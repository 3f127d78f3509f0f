"""Commands that work on a database directly, without a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from compat.gate.errors import CouldNotCheck, Misconfigured
from registry import settings
from registry.cli.console import Console
from registry.errors import InvalidRequest, RegistryError
from registry.service import Registry
from registry.service.upkeep import Progress

F = TypeVar("F", bound=Callable[..., Any])

_LINES: int = 20
"""How many lines of progress are written where there is no terminal."""


def database_option(function: F) -> F:
    """``--database``."""
    return click.option(
        "--database",
        metavar="URL",
        help="sqlite:///path or postgresql://…; else LINEAL_DATABASE, else sqlite:///var/lineal.db.",
    )(function)


def database_of(given: str | None) -> str:
    """The database that is meant: the given one, else the environment's, else the default."""
    return given or os.environ.get("LINEAL_DATABASE") or "sqlite:///var/lineal.db"


@contextmanager
def opened(database: str) -> Iterator[Registry]:
    """The service over a database. Raises Misconfigured, CouldNotCheck."""
    try:
        registry = Registry.open(settings.load(database=database))
    except InvalidRequest as error:
        raise Misconfigured(error.message) from error
    except RegistryError as error:
        raise CouldNotCheck(f"the database {without_password(database)} cannot be used: {error.message}") from error
    try:
        yield registry
    finally:
        registry.close()


@contextmanager
def entries(console: Console, title: str) -> Iterator[Progress]:
    """Progress over log entries, told at most twenty times where there is no terminal."""
    with console.progress(title, _LINES) as step:
        told = 0

        def progress(done: int, total: int) -> None:
            nonlocal told
            while told < _LINES and done * _LINES >= (told + 1) * total:
                told += 1
                step(f"{done:,} of {total:,} log entries")

        yield progress


def without_password(database: str) -> str:
    """A database URL that may be shown."""
    head, at, tail = database.rpartition("@")
    scheme, _, person = head.partition("://")
    return f"{scheme}://{person.partition(':')[0]}@{tail}" if at else database
