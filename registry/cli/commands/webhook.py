"""``lineal webhook add | list | change | rotate | test | letters | redeliver | remove``."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import click

from registry.cli.console import Console
from registry.cli.project import Project, project_options
from registry.cli.remote import Remote

_ROOT: Final = "/api/v1/webhooks"

_EXAMPLES: Final = """\b
Examples:
  lineal webhook add https://example.org/hook --prefix orders. --type SchemaRegistered
  lineal webhook list
  lineal webhook test 0d0c…
  lineal webhook redeliver 0d0c… --position 42
"""


@click.group(epilog=_EXAMPLES)
def command() -> None:
    """Tell others what happens, by signed CloudEvents. Only admins of everything may."""


_context = click.option("--context", metavar="NAME", help="Only of what happens in this context; '' is any.")
_prefix = click.option("--prefix", metavar="TEXT", help="Only of subjects whose names begin so.")
_types = click.option("--type", "types", multiple=True, metavar="EVENT", help="Only of such events (repeatable).")
_handshake = click.option(
    "--handshake/--no-handshake", default=None, help="Ask the receiver for its consent, as CloudEvents has it."
)
_webhook = click.argument("webhook", metavar="ID")


@command.command(
    epilog="""\b
Examples:
  lineal webhook add https://example.org/hook
  lineal webhook add https://example.org/hook --context shop --type SchemaRegistered --type RegistrationRefused
"""
)
@click.argument("url")
@_context
@_prefix
@_types
@_handshake
@click.pass_obj
@project_options
def add(
    project: Project,
    console: Console,
    url: str,
    *,
    context: str | None,
    prefix: str | None,
    types: tuple[str, ...],
    handshake: bool | None,
) -> None:
    """Tell somebody from now on. The secret that signs is printed this once."""
    with Remote(project.configuration.registry) as remote:
        made = remote.post(_ROOT, {"url": url, **_given(context, prefix, types, handshake=handshake)}, dict[str, Any])
    _note_secret(console, made)


@command.command("list")
@click.pass_obj
@project_options
def listing(project: Project, console: Console) -> None:
    """Every webhook, and how far it is."""
    with Remote(project.configuration.registry) as remote:
        found = remote.get(_ROOT, list[dict[str, Any]])
    for each in found:
        console.report("\t".join((each["id"], each["url"], *_standing(each))))
    if not found:
        console.note("there are no webhooks")


@command.command(
    epilog="""\b
Examples:
  lineal webhook change 0d0c… --url https://example.org/other
  lineal webhook change 0d0c… --any-type --context ''
"""
)
@_webhook
@click.option("--url", help="Where to tell it.")
@_context
@_prefix
@_types
@click.option("--any-type", is_flag=True, help="Of every event.")
@_handshake
@click.pass_obj
@project_options
def change(
    project: Project,
    console: Console,
    webhook: str,
    url: str | None,
    *,
    context: str | None,
    prefix: str | None,
    types: tuple[str, ...],
    handshake: bool | None,
    any_type: bool,
) -> None:
    """Tell it elsewhere, or of something else, from the next event on; what is not given stays."""
    changes = (
        _given(context, prefix, types, handshake=handshake)
        | ({"url": url} if url else {})
        | ({"types": []} if any_type else {})
    )
    if not changes:
        raise click.UsageError("nothing is to change: give --url, --context, --prefix, --type or --handshake")
    with Remote(project.configuration.registry) as remote:
        done = remote.patch(_path(webhook), changes, dict[str, Any])
    console.report(f"{done['id']}\t{done['url']}")


@command.command()
@_webhook
@click.option(
    "--overlap", type=click.IntRange(0), default=86_400, show_default=True, metavar="SECONDS",
    help="How long both secrets sign.",
)  # fmt: skip
@click.pass_obj
@project_options
def rotate(project: Project, console: Console, webhook: str, overlap: int) -> None:
    """Give it a new secret, printed this once."""
    with Remote(project.configuration.registry) as remote:
        made = remote.post(f"{_path(webhook)}/rotate", {"overlapSeconds": overlap}, dict[str, Any])
    _note_secret(console, made)


@command.command()
@_webhook
@click.pass_obj
@project_options
def test(project: Project, console: Console, webhook: str) -> int:
    """Send it an event of the type lineal.Test, now. Ends with 1 where it is not taken."""
    with Remote(project.configuration.registry) as remote:
        done = remote.post(f"{_path(webhook)}/test", {}, dict[str, Any])
    console.report("it was taken" if done["taken"] else f"it was not taken: {done['error']}")
    return 0 if done["taken"] else 1


@command.command()
@_webhook
@click.pass_obj
@project_options
def letters(project: Project, console: Console, webhook: str) -> None:
    """What could not be delivered: position in the log, attempts, the last error."""
    with Remote(project.configuration.registry) as remote:
        found = remote.get(f"{_path(webhook)}/dead-letters", list[dict[str, Any]])
    for each in found:
        waiting = "\tabout to be tried again" if each["waiting"] else ""
        console.report(f"{each['position']}\t{each['attempts']} attempts\t{each['error']}{waiting}")
    if not found:
        console.note("there are no dead letters")


@command.command()
@_webhook
@click.option("--position", "positions", multiple=True, type=int, help="Only these (repeatable); else all.")
@click.pass_obj
@project_options
def redeliver(project: Project, console: Console, webhook: str, positions: tuple[int, ...]) -> None:
    """Try dead letters again."""
    with Remote(project.configuration.registry) as remote:
        path = f"{_path(webhook)}/dead-letters/redeliver"
        done = remote.post(path, {"positions": list(positions)}, dict[str, int])
    console.report(f"{done['waiting']} will be tried again")


@command.command()
@_webhook
@click.pass_obj
@project_options
def remove(project: Project, console: Console, webhook: str) -> None:
    """Tell it nothing more; its dead letters go with it."""
    with Remote(project.configuration.registry) as remote:
        remote.delete(_path(webhook), Any)
    console.report(f"{webhook} is told nothing more")


def _given(
    context: str | None, prefix: str | None, types: tuple[str, ...], *, handshake: bool | None
) -> dict[str, Any]:
    given = {"prefix": prefix, "types": list(types) or None, "handshake": handshake}
    named = {} if context is None else {"context": context or None}
    return named | {name: value for name, value in given.items() if value is not None}


def _path(webhook: str) -> str:
    return f"{_ROOT}/{quote(webhook, safe='')}"


def _note_secret(console: Console, made: dict[str, Any]) -> None:
    """The secret alone on stdout, so that it can be piped where it is needed."""
    hook = made["webhook"]
    until = f"; the one before signs as well until {hook['bothSecretsUntil']}" if hook["bothSecretsUntil"] else ""
    console.note(f"webhook {hook['id']} tells {hook['url']}. This is the only time its secret is shown{until}:")
    console.report(made["secret"])


def _standing(hook: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"{hook['behind']} behind",
        f"{hook['deadLetters']} dead letters",
        hook["error"] or "no error",
    )
