"""What a person sees: reports on stdout, progress and notes on stderr, colour on terminals only."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from registry.cli.errors import ReaderGone

if TYPE_CHECKING:  # rich costs a tenth of a second, and only a terminal needs it
    from rich.progress import Progress, ProgressColumn

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


_COMMAND: Final = re.compile(
    r"\x1b(?!\[(?:0|1|2|3[0-7])m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)
"""What a terminal obeys, or reads in another order; except for the looks that are painted here."""

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
            click.echo(shown(text, sys.stdout), nl=not text.endswith("\n"), color=_coloured(sys.stdout))
        except BrokenPipeError:
            raise ReaderGone from None

    def note(self, text: str) -> None:
        """Something worth knowing, on stderr."""
        if not self.quiet:
            click.echo(shown(text, sys.stderr), err=True)

    def warn(self, text: str) -> None:
        """Something that must be seen, on stderr, also when quiet."""
        word = click.style("warning", **_LOOKS["warning"]) if _coloured(sys.stderr) else "warning"
        click.echo(shown(f"{word}: {text}", sys.stderr), err=True)

    @contextmanager
    def progress(self, title: str, total: int | None) -> Iterator[Step]:
        """A bar on a terminal, a line every few seconds elsewhere; on stderr. ``total`` is None where it is unknown."""
        if self.quiet:
            yield lambda _line: None
        elif sys.stderr.isatty():
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            with _bar(columns) as bar:
                task = bar.add_task(title, total=total, line="")
                yield lambda line: bar.update(task, advance=1, line=line)
        else:
            yield _lines(title, total)

    @contextmanager
    def gauge(self, title: str, total: int) -> Iterator[Gauge]:
        """A bar of how much of ``total`` is done on a terminal, a line every few seconds elsewhere; on stderr."""
        if self.quiet:
            yield lambda _done, _line: None
        elif sys.stderr.isatty():
            from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
            with _bar(columns) as bar:
                task = bar.add_task(title, total=total, line="")
                yield lambda done, line: bar.update(task, completed=done, line=line)
        else:
            yield _percent(title, total)


def shown(text: str, stream: TextIO) -> str:
    """What a terminal is sent: names and texts of others must not move its cursor, or do anything but be read."""
    return _COMMAND.sub(lambda found: ascii(found[0])[1:-1], text) if stream.isatty() else text


def _coloured(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR")


def _bar(columns: tuple[ProgressColumn, ...]) -> Progress:
    """A bar with these columns and what came of the last unit; it leaves nothing behind."""
    from rich.console import Console as RichConsole
    from rich.progress import Progress, TextColumn

    told = TextColumn("{task.fields[line]}", markup=False)
    return Progress(*columns, told, console=RichConsole(stderr=True), transient=True)


def _lines(title: str, total: int | None) -> Step:
    done = 0
    of = "" if total is None else f"/{total}"
    say = _now_and_then()

    def step(line: str) -> None:
        nonlocal done
        done += 1
        say(f"{title} {done}{of} {line}")

    return step


def _percent(title: str, total: int) -> Gauge:
    say = _now_and_then()
    return lambda done, line: say(f"{title} {done * 100 // max(total, 1)} % {line}")


def _now_and_then() -> Callable[[str], None]:
    """Says what it is given every few seconds, and nothing of work that is done sooner: a log is read by people."""
    last = time.monotonic()

    def say(line: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            click.echo(line, err=True)

    return say
