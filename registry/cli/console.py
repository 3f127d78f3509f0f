"""What a person sees: reports on stdout, progress and notes on stderr, colour on terminals only."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TextIO

import click
from rich.console import Console as RichConsole
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

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
