"""The ``lineal`` command: the gate, a registry's files, upcasting, and running the service."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

PASS: Final = 0
FINDINGS: Final = 1
USAGE: Final = 2
COULD_NOT_CHECK: Final = 3
INTERNAL: Final = 70
INTERRUPTED: Final = 130

EXIT_CODES: Final = {
    PASS: "everything asked for was done, and passes",
    FINDINGS: "findings at or above --fail-on, or a registry refused a schema",
    USAGE: "the command line, lineal.toml or another input is wrong",
    COULD_NOT_CHECK: "nothing was decided: unreachable registry, no access, missing git object, unusable baseline",
    INTERNAL: "an error in lineal itself",
    INTERRUPTED: "interrupted",
}
"""What each exit code means; a crash can never be taken for 'incompatible', nor a check that did not run for a pass."""


_DECIDING: Final = frozenset({"check", "lint", "diff", "can-i-deploy", "reader", "upcaster", "verify"})


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave the process with one of EXIT_CODES."""
    try:
        code = run(arguments)
    except KeyboardInterrupt:  # before the command has begun, or after it has ended
        code = INTERRUPTED
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit code."""
    import click  # what is loaded here can be interrupted without a traceback

    from compat.gate.errors import CouldNotCheck, Misconfigured
    from registry.cli.application import application
    from registry.cli.errors import ReaderGone, Refusal, ServerEnded

    try:
        code = application.main(args=arguments, prog_name="lineal", standalone_mode=False)
        sys.stdout.flush()
    except click.Abort:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return USAGE
    except Misconfigured as error:
        _complain(f"error: {error}")
        return USAGE
    except CouldNotCheck as error:
        _complain(f"{_could_not(sys.argv[1:] if arguments is None else arguments)}: {error}")
        return COULD_NOT_CHECK
    except Refusal as error:
        _complain(f"the registry refused: {error.message}")
        return FINDINGS
    except (ReaderGone, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PASS
    except ServerEnded:
        click.echo("the server has ended unexpectedly: see the messages above", err=True)
        return INTERNAL
    except Exception:  # noqa: BLE001 - a traceback must not leave with Python's exit code 1
        import traceback

        traceback.print_exc()
        click.echo(
            "\nThis is an error in lineal, not in your schemas. Please report it with the lines above.", err=True
        )
        return INTERNAL
    return code if isinstance(code, int) else PASS


def _complain(text: str) -> None:
    """What went wrong, on stderr."""
    import click

    from registry.cli.console import shown

    click.echo(shown(text, sys.stderr), err=True)


def _could_not(arguments: Sequence[str]) -> str:
    """Commands that decide say that they could not; the others have nothing to check."""
    named = next((each for each in arguments if not each.startswith("-")), "")
    return "could not check" if named in _DECIDING else "error"
