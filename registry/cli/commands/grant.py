"""``lineal grant``."""

from __future__ import annotations

import click

from compat.gate.errors import Misconfigured
from registry.access.roles import EVERY_CONTEXT, Grant, Role, grant
from registry.cli.console import Console
from registry.cli.store import database_option, of_the_operator, opened, settings_of
from registry.errors import RegistryError


@click.group(
    epilog="""\b
Examples:
  lineal grant give ci developer --context . --prefix orders.
  lineal grant give group:platform admin
  lineal grant give anonymous reader
  lineal grant list
"""
)
def command() -> None:
    """Give, list and withdraw roles, on the database itself: whoever has that needs no role."""


_principal = click.argument("principal")
_role = click.argument("role", type=click.Choice([role.value for role in Role]))
_context = click.option("--context", default=EVERY_CONTEXT, show_default=True, help="A context, or * for every one.")
_prefix = click.option("--prefix", default="", help="What the names of the subjects begin with.")


@command.command()
@_principal
@_role
@_context
@_prefix
@database_option
@click.pass_obj
def give(console: Console, principal: str, role: str, context: str, prefix: str, database: str | None) -> None:
    """Give PRINCIPAL (or group:NAME, or anonymous) a ROLE over an area."""
    given = _grant(principal, role, context, prefix)
    with opened(settings_of(database)) as registry:
        registry.permissions.give(given, of_the_operator())
    console.report(str(given))


@command.command()
@_principal
@_role
@_context
@_prefix
@database_option
@click.pass_obj
def withdraw(console: Console, principal: str, role: str, context: str, prefix: str, database: str | None) -> None:
    """Take a ROLE over an area from PRINCIPAL."""
    taken = _grant(principal, role, context, prefix)
    with opened(settings_of(database), existing=True) as registry:
        try:
            registry.permissions.withdraw(taken, of_the_operator())
        except RegistryError as error:
            raise Misconfigured(error.message) from error
    console.report(f"withdrawn: {taken}")


@command.command(name="list")
@database_option
@click.pass_obj
def list_grants(console: Console, database: str | None) -> None:
    """List the roles that are given in the log."""
    with opened(settings_of(database), existing=True) as registry:
        for one in registry.permissions.every_grant():
            console.report(str(one))


def _grant(principal: str, role: str, context: str, prefix: str) -> Grant:
    try:
        return grant(principal, role, context, prefix)
    except RegistryError as error:
        raise Misconfigured(error.message) from error
