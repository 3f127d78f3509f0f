"""The table of commands, grouped by what people want to do. A command's module is loaded when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Final

import click

from registry.cli.console import Console


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    summary: str
    module: str = ""
    """Where it is not called like the command."""

    def load(self) -> click.Command:
        """The command itself: the object ``command`` of its module."""
        command: click.Command = import_module(f"registry.cli.commands.{self.module or self.name}").command
        return command


_SECTIONS: Final = (
    (
        "Start here",
        (
            _Entry("serve", "Run the registry with its catalog; --demo fills it with something to look at."),
            _Entry("init", "Write lineal.toml for a folder of schema files."),
        ),
    ),
    (
        "Your schema files",
        (
            _Entry("check", "The gate: what would break, and the event that proves it."),
            _Entry("lint", "Parse every file and its references, without any baseline."),
            _Entry("diff", "Everything that differs between two schemas, and who can read whom."),
            _Entry("waive", "Accept one finding, with a reason, until a date."),
            _Entry("explain", "What a rule means, why it hurts and what to do instead."),
            _Entry("rules", "Every rule there is."),
        ),
    ),
    (
        "A registry (any that speaks the Confluent protocol)",
        (
            _Entry("push", "Register the schemas of a folder, references first."),
            _Entry("pull", "Write a registry's schemas to files, with a lock."),
            _Entry("config", "What is in force for a subject or context; set it."),
            _Entry("upcast", "Bring an old event to the shape of a newer version."),
            _Entry("upcaster", "Draft, prove and publish the step between two versions."),
        ),
    ),
    (
        "Who reads and writes what",
        (
            _Entry("reader", "Declare what an application reads, and see which versions it can read."),
            _Entry("writer", "Declare which versions an application writes."),
            _Entry("deploy", "Record which version of an application is live where."),
            _Entry("can-i-deploy", "Whether a version of an application may go live, and why not.", "can_i_deploy"),
        ),
    ),
    (
        "Operate",
        (
            _Entry("export", "Write the whole registry to one file."),
            _Entry("import", "Make a registry from such a file, or from another running registry.", "import_"),
            _Entry("key", "Make, list and revoke API keys."),
            _Entry("grant", "Give, list and withdraw roles."),
            _Entry("webhook", "Tell others what happens: register, change, test, send again."),
            _Entry("verify", "Prove that what a database serves is what its log says."),
            _Entry("rebuild", "Drop everything derived and replay the log."),
            _Entry("settings", "Print every setting of the service, explained, as a file to edit."),
            _Entry("version", "Print the versions of lineal and of what it judges with."),
        ),
    ),
)

_COMMANDS: Final = {entry.name: entry for _, entries in _SECTIONS for entry in entries}


class _Application(click.Group):
    """A group that lists its commands by section, without loading them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        entry = _COMMANDS.get(cmd_name)
        return None if entry is None else entry.load()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and (near := get_close_matches(args[0], _COMMANDS, n=1)):
            ctx.fail(f"No such command '{args[0]}'. Did you mean '{near[0]}'?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for title, entries in _SECTIONS:
            with formatter.section(title):
                formatter.write_dl([(entry.name, entry.summary) for entry in entries])


_HELP: Final = """\
lineal keeps every version of every event schema (Avro, JSON Schema, Protobuf), refuses changes that would break a
reader with an event that proves it, and brings old events to the shape that today's code expects.

\b
Look around         lineal serve --demo          then open http://127.0.0.1:8081
Gate a folder       lineal init && lineal check --against git:origin/main
Why was I refused?  lineal explain READER_FIELD_WITHOUT_DEFAULT
Fill a registry     lineal push events/ --registry http://127.0.0.1:8081
Read an old event   lineal upcast orders.OrderPlaced --from 1 event.json --trace
"""

_EPILOG: Final = """\
\b
Exit codes: 0 pass · 1 findings · 2 wrong usage or configuration · 3 could not check · 70 an error in lineal.
Reports go to stdout, progress and messages to stderr. NO_COLOR is respected.
`lineal COMMAND --help` shows the options of a command with examples.
"""


@click.group(
    cls=_Application,
    help=_HELP,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes on stderr, only errors.")
@click.pass_context
def application(context: click.Context, quiet: bool) -> None:  # noqa: FBT001 - click's calling convention
    """The root of all commands."""
    context.obj = Console(quiet=quiet)
