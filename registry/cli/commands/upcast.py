"""``lineal upcast``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from compat.gate.errors import Misconfigured
from registry.cli import upcasting
from registry.cli.console import Console
from registry.cli.project import Project, project_options
from registry.cli.remote import Remote
from registry.cli.upcasting import Change, Leg, Travel

_EXAMPLES: Final = """\b
Examples:
  lineal upcast orders.OrderPlaced --from 1 event.json
  lineal upcast orders.OrderPlaced --from 1 --to 3 event.json --trace
  kcat … | lineal upcast orders.OrderPlaced --from 2 -

\b
Exit codes: 0 the event arrived and is valid · 1 a step failed or gave no valid event, or there is no way.
"""

_SIGNS: Final = {"added": ("good", "+"), "removed": ("error", "-"), "changed": ("warning", "~")}


@click.command(epilog=_EXAMPLES)
@click.argument("subject")
@click.argument("event", metavar="EVENT.json")
@click.option("--from", "source", required=True, metavar="VERSION", help="The version the event was written with.")
@click.option("--to", "target", default="latest", show_default=True, metavar="VERSION", help="The version to reach.")
@click.option("--trace", is_flag=True, help="Show what every operation of every step did.")
@click.pass_obj
@project_options
def command(
    project: Project, console: Console, subject: str, event: str, source: str, target: str, *, trace: bool
) -> int:
    """Bring an event of SUBJECT from one version to another, up or down, through the published upcasters.

    EVENT.json is a file with one event as JSON, or - for stdin. The new event goes to stdout.
    """
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
