"""``lineal upcast``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from compat.gate.errors import Misconfigured
from registry.cli import upcasting
from registry.cli.console import Console
from registry.cli.project import Project, project_options
from registry.cli.remote import Remote
from registry.cli.replay import Replay, Table
from registry.cli.upcasting import Change, Leg, Travel
from upcasters.chain import Chain
from upcasters.collecting import Outcome
from upcasters.failures import Report
from upcasters.integrations.replay import ReplayReport

_EXAMPLES: Final = """\b
Examples:
  lineal upcast orders.OrderPlaced --from 1 event.json
  lineal upcast orders.OrderPlaced --from 1 --to 3 event.json --trace
  kcat … | lineal upcast orders.OrderPlaced --from 2 -
  lineal upcast orders.OrderPlaced --from 1 --replay archive.jsonl --out new.jsonl
  lineal upcast orders.OrderPlaced --from 1 --replay log.parquet --out new.parquet
    --document payload --only type=OrderPlaced --version-column version

\b
Exit codes: 0 every event arrived and is valid · 1 a step failed or gave no valid event, or there is no way.
"""

_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_SIGNS: Final = {"added": ("good", "+"), "removed": ("error", "-"), "changed": ("warning", "~")}


@click.command(epilog=_EXAMPLES)
@click.argument("subject")
@click.argument("event", metavar="[EVENT.json]", required=False)
@click.option("--from", "source", required=True, metavar="VERSION", help="The version the event was written with.")
@click.option("--to", "target", default="latest", show_default=True, metavar="VERSION", help="The version to reach.")
@click.option("--trace", is_flag=True, help="Show what every operation of every step did.")
@click.option(
    "--replay",
    type=_FILE,
    metavar="FILE",
    help="Bring a whole file of stored events over: .jsonl, .ndjson, .avro or .parquet.",
)
@click.option(
    "--out", type=_FILE, metavar="FILE", help="With --replay: where the new events go, in any of these forms."
)
@click.option(
    "--document", metavar="COLUMN", help="With --replay of Parquet: the column with an event as JSON; all others stay."
)
@click.option(
    "--only", multiple=True, metavar="COLUMN=TEXT", help="With --document: rows of the subject; the others stay."
)
@click.option(
    "--version-column",
    metavar="COLUMN",
    help="With --document: the version. Rows of another than --from stay; the others get that of --to.",
)
@click.pass_obj
@project_options
def command(
    project: Project,
    console: Console,
    subject: str,
    event: str | None,
    source: str,
    target: str,
    replay: Path | None,
    out: Path | None,
    document: str | None,
    only: tuple[str, ...],
    version_column: str | None,
    *,
    trace: bool,
) -> int:
    """Bring an event of SUBJECT from one version to another, up or down, through the published upcasters.

    EVENT.json is a file with one event as JSON, or - for stdin. The new event goes to stdout.

    With --replay, every event of a file is brought over and held against the schema it must fit, here and not on the
    server; a report goes to stdout. Events that fail are counted, shown and left out of the new file.
    """
    if replay is not None:
        if event is not None or trace:
            raise click.UsageError("--replay takes its events from its file, and traces none: leave the rest out")
        table = _table(document, only, version_column)
        return _replay(project, console, Journey(subject, source, target), replay, out, table)
    if document or only or version_column:
        raise click.UsageError("--document, --only and --version-column are for --replay of a Parquet file")
    if event is None or out is not None:
        raise click.UsageError("name a file with one event, or a file of many with --replay (and --out)")
    with Remote(project.configuration.registry) as remote:
        travel = upcasting.upcast(remote, subject, read_json(event), source, target)
    if trace:
        console.report("\n".join(_lines(console, travel)))
    else:
        for step in travel.steps:
            for trouble in _troubles(step):
                console.warn(f"version {step.source} → {step.target}: {trouble}")
        if travel.complete:
            console.report(json.dumps(travel.event, ensure_ascii=False, indent=2))
    return 0 if travel.complete and all(step.valid for step in travel.steps) else 1


@dataclass(frozen=True, slots=True)
class Journey:
    """Which events are to go where."""

    subject: str
    source: str
    target: str


def _table(document: str | None, only: tuple[str, ...], version: str | None) -> Table | None:
    if not document:
        if only or version:
            raise click.UsageError("--only and --version-column choose rows of a table: name its --document")
        return None
    pairs = [text.partition("=") for text in only]
    if not all(column and equals for column, equals, _ in pairs):
        raise click.UsageError("--only takes a column and what it has: --only type=OrderPlaced")
    return Table(document, {column: text for column, _, text in pairs}, version or "")


def _replay(
    project: Project, console: Console, journey: Journey, file: Path, out: Path | None, table: Table | None
) -> int:
    """Replay a file and report; whether every event arrived, as exit code."""
    try:
        size = file.stat().st_size
    except OSError as cause:
        raise Misconfigured(f"{file} cannot be read: {cause.strerror}") from cause
    with Remote(project.configuration.registry) as remote:
        replay = Replay(remote, journey.subject, journey.source, journey.target)
    with console.gauge("replay", size) as told:
        if replay.whole_events or table:
            gathered = replay.gather(file, out, lambda done, events: told(done, f"{events:,} events"), table)
            console.report("\n".join(_gathered(console, replay.chain, *gathered)))
            return 1 if gathered[0].failed else 0
        report = replay.run(file, out, lambda done, events: told(done, f"{events:,} events"))
    console.report("\n".join(_report(console, replay.chain, report)))
    return 1 if report.failures else 0


def _gathered(console: Console, chain: Chain, report: ReplayReport, first: Sequence[Outcome]) -> Iterator[str]:
    yield f"{console.paint('bold', chain.subject)}  version {chain.source} → {chain.target}, over the whole stream"
    counts = {
        "events": report.counts.events, "became": report.made, "groups": report.counts.complete,
        "incomplete": report.counts.incomplete, "dropped": report.dropped, "failed": sum(report.failed.values()),
        "resumed at": report.resumed,
    }  # fmt: skip
    yield ""
    yield from (f"  {name:<10}{count:>12,}" for name, count in counts.items())
    if not report.failed:
        return
    yield ""
    yield console.paint("bold", "why they failed")
    yield from (f"  {count:>8,}  {reason}" for reason, count in report.failed.items())
    yield ""
    yield console.paint("bold", f"the first {len(first)}")
    for outcome in first:
        numbers = ", ".join(str(number) for number, *_ in outcome.origins)
        yield f"  event{'s'[: len(outcome.origins) > 1]} {numbers}  {outcome.result}"


def _report(console: Console, chain: Chain, report: Report) -> Iterator[str]:
    yield f"{console.paint('bold', chain.subject)}  version {chain.source} → {chain.target}, {len(chain.steps)} steps"
    counts = {
        "events": report.events, "arrived": report.events - report.failures, "changed": report.changed,
        "failed": report.failures, "events/s": round(report.rate),
    }  # fmt: skip
    yield ""
    for name, count in counts.items():
        style = "error" if name == "failed" and count else ""
        line = f"  {name:<10}{count:>12,}"
        yield console.paint(style, line) if style else line
    if not report.failures:
        return
    yield ""
    yield console.paint("bold", "why they failed")
    yield from (f"  {count:>8,}  {reason}" for reason, count in report.failed.items())
    yield ""
    yield console.paint("bold", f"the first {len(report.first)}")
    for failure in report.first:
        error = failure.error
        where = "  ".join((error.place, error.pointer or "the root")).strip()
        yield f"  event {failure.number}  version {error.source} → {error.target}  {where}: {error.reason}"


def read_json(place: str) -> Any:
    """The JSON value in a file, or on stdin for ``-``. Raises Misconfigured with the line."""
    try:
        text = sys.stdin.read() if place == "-" else Path(place).read_text(encoding="utf-8-sig")
        return json.loads(text)
    except OSError as cause:
        raise Misconfigured(f"{place} cannot be read: {cause.strerror}") from cause
    except json.JSONDecodeError as cause:
        raise Misconfigured(f"{place}:{cause.lineno}:{cause.colno}: not JSON: {cause.msg}") from cause
    except (UnicodeDecodeError, RecursionError) as cause:
        raise Misconfigured(f"{place} is not a JSON text in UTF-8 of ordinary depth") from cause


def _lines(console: Console, travel: Travel) -> Iterator[str]:
    yield f"{console.paint('bold', travel.subject)}  version {travel.source} → {travel.target}"
    for step in travel.steps:
        how = "" if step.published else "  (follows from the two schemas)"
        yield ""
        yield console.paint("bold", f"version {step.source} → {step.target}") + console.paint(
            "dim", f"  {step.hash[:12]}{how}"
        )
        for operation in step.operations:
            yield f"  {operation.operation}  {console.paint('dim', operation.place)}"
            yield from (f"    {_change(console, change)}" for change in operation.changes)
        if not step.operations:
            yield "  nothing to do"
        yield from (f"  {console.paint('error', 'failed')}: {trouble}" for trouble in _troubles(step))
        if step.valid:
            yield f"  {console.paint('good', f'valid under version {step.target}')}"
    if travel.complete:
        yield ""
        yield json.dumps(travel.event, ensure_ascii=False, indent=2)


def _change(console: Console, change: Change) -> str:
    style, sign = _SIGNS.get(change.kind, ("dim", "?"))
    before, after = (json.dumps(value, ensure_ascii=False) for value in (change.before, change.after))
    what = {"added": after, "removed": before}.get(change.kind, f"{before} → {after}")
    return f"{console.paint(style, sign)} {change.pointer or 'the event'}  {what}"


def _troubles(step: Leg) -> Iterator[str]:
    if step.error:
        yield step.error
    for violation in step.violations:
        yield f"not valid at {violation.pointer or 'the root'}: {violation.message}"
