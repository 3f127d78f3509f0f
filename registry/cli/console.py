"""What a person sees: reports on stdout, progress and notes on stderr, colour on terminals only."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TextIO

import click
from rich.console import Console as RichConsole
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from registry.cli.errors import ReaderGone

_LOOKS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "error": {"fg": "red", "bold": True},
        "warning": {"fg": "yellow", "bold": True},
        "info": {"fg": "blue"},
        "good": {"fg": "green", "bold": True},
        "bold": {"bold": True},
        "dim": {"dim": True},
    }
)


Step = Callable[[str], None]
"""Tells that one unit of work is done, and what came of it."""

Gauge = Callable[[int, str], None]
"""Tells how much is done in all, and what came of it."""

_SECONDS_BETWEEN_LINES: Final = 5.0


@dataclass(frozen=True, slots=True)
class Console:
    """The two streams of a run."""

    quiet: bool = False

    def paint(self, style: str, text: str) -> str:
        """``text`` in a look, where stdout shows colours."""
        return click.style(text, **_LOOKS[style]) if _coloured(sys.stdout) else text

    def report(self, text: str) -> None:
        """What was asked for, on stdout."""
        try:
            click.echo(text, nl=not text.endswith("\n"), color=_coloured(sys.stdout))
        except BrokenPipeError:
            raise ReaderGone from None

    def note(self, text: str) -> None:
        """Something worth knowing, on stderr."""
        if not self.quiet:
            click.echo(text, err=True)

    def warn(self, text: str) -> None:
        """Something that must be seen, on stderr, also when quiet."""
        word = click.style("warning", **_LOOKS["warning"]) if _coloured(sys.stderr) else "warning"
        click.echo(f"{word}: {text}", err=True)

    @contextmanager
    def progress(self, title: str, total: int | None) -> Iterator[Step]:
        """A bar on a terminal, one line per unit elsewhere; on stderr. ``total`` is None where it is not known."""
        if self.quiet:
            yield lambda _line: None
        elif sys.stderr.isatty():
            with _bar(title, total) as step:
                yield step
        else:
            yield _lines(title, total)

    @contextmanager
    def gauge(self, title: str, total: int) -> Iterator[Gauge]:
        """A bar of how much of ``total`` is done on a terminal, a line every few seconds elsewhere; on stderr."""
        if self.quiet:
            yield lambda _done, _line: None
        elif sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
            told = TextColumn("{task.fields[line]}", markup=False)
            with Progress(*columns, told, console=RichConsole(stderr=True), transient=True) as bar:
                task = bar.add_task(title, total=total, line="")
                yield lambda done, line: bar.update(task, completed=done, line=line)
        else:
            yield _now_and_then(title, total)


def _coloured(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR")


@contextmanager
def _bar(title: str, total: int | None) -> Iterator[Step]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[line]}", markup=False),
    )
    with Progress(*columns, console=RichConsole(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total, line="")
        yield lambda line: bar.update(task, advance=1, line=line)


def _lines(title: str, total: int | None) -> Step:
    done = 0

    def step(line: str) -> None:
        nonlocal done
        done += 1
        of = "" if total is None else f"/{total}"
        click.echo(f"{title} {done}{of} {line}", err=True)

    return step


def _now_and_then(title: str, total: int) -> Gauge:
    last = time.monotonic()

    def gauge(done: int, line: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            click.echo(f"{title} {done * 100 // max(total, 1)} % {line}", err=True)

    return gauge
