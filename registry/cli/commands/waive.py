"""``lineal waive``."""

from __future__ import annotations

import getpass
import re
import subprocess
from datetime import UTC, date, datetime
from typing import Final

import click

from compat.gate import waivers
from compat.gate.errors import Misconfigured
from compat.gate.waivers import Waiver
from registry.cli.console import Console
from registry.cli.project import Project, project_options

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{12}")


@click.command(
    epilog="""\b
Example:
  lineal waive 3f2a9c01b7de --reason "the topic is empty, agreed with billing" --expires 2027-03-31
"""
)
@click.argument("fingerprint")
@click.option("--reason", required=True, help="Why it is right to accept this; people will read it.")
@click.option("--expires", required=True, metavar="YYYY-MM-DD", help="The last day it holds.")
@click.option("--person", help="Who accepts it; else git's user, else the login name.")
@click.pass_obj
@project_options
def command(
    project: Project, console: Console, fingerprint: str, reason: str, expires: str, person: str | None
) -> None:
    """Accept the finding with this FINGERPRINT (shown by `lineal check`) until a date.

    Written to .lineal/waivers.toml, so that it is reviewed with the change it accepts. An expired waiver is an error.
    """
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise Misconfigured(f"{fingerprint!r} is not a fingerprint: `lineal check` prints the twelve digits")
    if any(waiver.fingerprint == fingerprint for waiver in waivers.load(project.waivers_file)):
        raise Misconfigured(f"{fingerprint} is already waived in {project.waivers_file}: change its date there")
    if not reason.strip():
        raise Misconfigured("--reason is empty: say why it is right to accept this")
    waiver = Waiver(fingerprint, reason.strip(), person or _person(), _day(expires))
    waivers.append(project.waivers_file, waiver)
    console.report(f"{fingerprint} is waived until {waiver.expires} in {project.waivers_file}: commit that file")


def _day(written: str) -> date:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise Misconfigured(f"--expires {written}: write a day as YYYY-MM-DD") from None
    if day < datetime.now(UTC).date():
        raise Misconfigured(f"--expires {written} is in the past")
    return day


def _person() -> str:
    try:
        asked = subprocess.run(["git", "config", "user.email"], capture_output=True, text=True, check=False, timeout=10)  # noqa: S607
    except OSError:
        return getpass.getuser()
    return asked.stdout.strip() or getpass.getuser()
