"""``lineal can-i-deploy``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import click
import msgspec

from compat.gate.reports.text import event_text
from registry.cli import contracts
from registry.cli.console import Console
from registry.cli.contracts import Reason, build_options
from registry.cli.project import Project, project_options
from registry.cli.remote import Remote

_EXAMPLES: Final = """\b
Examples:
  lineal can-i-deploy --app billing --version 3.2 --to prod
  lineal can-i-deploy --app checkout --version 5.0 --to prod --format json

\b
Exit codes: 0 yes · 1 no · 2 wrong usage · 3 unknown, or nothing could be asked.
"""

_CODES: Final = {"yes": 0, "no": 1, "unknown": 3}
_LOOKS: Final = {"yes": "good", "no": "error", "unknown": "warning"}


@click.command(epilog=_EXAMPLES)
@build_options
@click.option("--to", "environment", required=True, metavar="NAME", help="Where it is to be live.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
@project_options
def command(project: Project, console: Console, application: str, build: str, environment: str, form: str) -> int:
    """Say whether a version of an application may go live: yes, no or unknown, each with its reasons.

    Yes means: it reads every version that is written there or may still be stored, directly or through upcasters, and
    every reader that is live there reads what it writes. Where nothing is recorded as live the answer is unknown.
    """
    with Remote(project.configuration.registry) as remote:
        found = contracts.can_deploy(remote, application, build, environment)
    if form == "json":
        console.report(json.dumps(msgspec.to_builtins(found), indent=2, ensure_ascii=False))
    else:
        answer = console.paint(_LOOKS[found.answer], found.answer)
        console.report(f"{answer}: {found.application} {found.build} to {found.environment}")
        for reason in found.reasons:
            for line in _lines(console, reason):
                console.report(line)
    for warning in found.warnings:
        console.warn(warning)
    return _CODES[found.answer]


def _lines(console: Console, reason: Reason) -> Iterator[str]:
    yield f"  {console.paint(_LOOKS[reason.answer], f'{reason.answer:<8}')} {reason.sentence}"
    for obstacle in reason.obstacles[:1]:
        if (witness := obstacle.get("witness")) is not None:
            first, *rest = event_text(witness["payload"]).splitlines()
            yield f"           event   {first}"
            yield from (f"                   {line}" for line in rest)
            yield f"           reader  {witness['executor']}: {witness['readerError']}"
