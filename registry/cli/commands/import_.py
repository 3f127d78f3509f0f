"""``lineal import``."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import click

from compat.gate.errors import Misconfigured
from registry.cli.console import Console
from registry.cli.moving import Move
from registry.cli.remote import Remote
from registry.cli.store import database_option, entries, opened, settings_of
from registry.errors import RegistryError

_EXAMPLES = """\b
Examples:
  lineal import backup.lineal.gz --database sqlite:///new.db
  lineal import --from http://old-registry:8081
  lineal import --from https://old.example --user ada          asks for the password, or takes LINEAL_PASSWORD
  lineal import --from https://old.example --token-file token.txt

\b
Exit codes: 0 everything is here · 1 something could not be carried over, see the report · 2 wrong usage, a damaged
file, a registry that is not empty · 3 the other registry or the database does not answer.
"""


@click.command(epilog=_EXAMPLES)
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "source", metavar="URL", help="A running registry that speaks the Confluent protocol.")
@database_option
@click.option("--user", metavar="NAME", help="Who asks the other registry; its password is LINEAL_PASSWORD, or asked.")
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the bearer token for the other registry.",
)
@click.pass_obj
def command(
    console: Console,
    file: Path | None,
    source: str | None,
    database: str | None,
    user: str | None,
    token_file: Path | None,
) -> int:
    """Make a registry from an export, or from another running registry.

    From a FILE of `lineal export`: the database must be empty, and nothing is written unless the file is whole.
    With --from: ids, versions, soft deletions, references, levels and modes are taken over through the Confluent
    protocol; what is here already is left alone, so that a run that was cut off is simply run again.
    """
    if (file is None) == (source is None):
        raise Misconfigured("say what to import: either FILE or --from URL")
    if file is not None:
        return _restore(console, file, database)
    with (
        opened(settings_of(database)) as registry,
        Remote(str(source), **_credentials(user, token_file)) as remote,
    ):
        move = Move(console, registry, remote)
        move.run()
        console.report(move.report())
        return 1 if move.missing else 0


def _restore(console: Console, file: Path, database: str | None) -> int:
    try:
        with opened(settings_of(database)) as registry, entries(console, "import") as progress:
            count = registry.transfer.restore(file, progress)
    except RegistryError as error:
        raise Misconfigured(error.message) from error
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error}") from error
    console.report(f"imported {count:,} entries of the log; `lineal verify` compares every row with them")
    return 0


def _credentials(user: str | None, token_file: Path | None) -> dict[str, str]:
    if user is not None and token_file is not None:
        raise Misconfigured("--user and --token-file exclude each other")
    if token_file is not None:
        return {"token": token_file.read_text("utf-8").strip()}
    if user is not None:
        given = os.environ.get("LINEAL_PASSWORD")
        return {"user": user, "password": getpass.getpass(f"password of {user}: ") if given is None else given}
    return {}
