"""``lineal key``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from compat.gate.errors import Misconfigured
from registry.access import passwords
from registry.access.keys import StoredKey
from registry.cli.console import Console
from registry.cli.store import database_option, of_the_operator, opened, settings_of
from registry.errors import InvalidRequest, NotFound


@click.group(
    epilog="""\b
Examples:
  lineal key create ci --label "pipeline of orders" --days 365
  lineal key list
  lineal key revoke 3f9a0c1d2e4b
"""
)
def command() -> None:
    """Make, list and revoke API keys, on the database itself: whoever has that needs no role."""


@command.command()
@click.argument("principal")
@click.option("--label", default="", help="What the key is for.")
@click.option("--days", type=click.IntRange(min=1), help="Days until it expires; never without.")
@database_option
@click.pass_obj
def create(console: Console, principal: str, label: str, days: int | None, database: str | None) -> None:
    """Make an API key for PRINCIPAL and show it, this once."""
    expires = None if days is None else datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    with opened(settings_of(database)) as registry:
        try:
            made = registry.permissions.create_key(principal, label, expires, of_the_operator())
        except InvalidRequest as error:
            raise Misconfigured(error.message) from error
    console.note("This is the only time the key is shown. Send it as a bearer token, or with basic authentication:")
    console.note(f"basic.auth.user.info={made.stored.id}:{made.text}")
    console.report(made.text)


@command.command(name="list")
@database_option
@click.pass_obj
def list_keys(console: Console, database: str | None) -> None:
    """List every key ever made: id, principal, state, since when, what for."""
    with opened(settings_of(database), existing=True) as registry:
        for key in registry.permissions.every_key():
            console.report(
                "  ".join([key.id, key.principal, _state(key), f"made {key.created:%Y-%m-%d}", key.label]).rstrip()
            )


@command.command()
@click.argument("key_id")
@database_option
@click.pass_obj
def revoke(console: Console, key_id: str, database: str | None) -> None:
    """Take the key KEY_ID out of use, on every node within half a second."""
    with opened(settings_of(database), existing=True) as registry:
        try:
            key = registry.permissions.revoke_key(key_id, of_the_operator())
        except NotFound as error:
            raise Misconfigured(error.message) from error
    console.report(f"revoked: {key.id} of {key.principal}")


@command.command()
@click.password_option(help="Asked for where it is not given.")
@click.pass_obj
def password(console: Console, password: str) -> None:
    """Print the hash of a password, for the users in the access file."""
    console.report(passwords.hashed(password))


def _state(key: StoredKey) -> str:
    if key.revoked is not None:
        return f"revoked {key.revoked:%Y-%m-%d}"
    if key.expires is None:
        return "good"
    return f"{'good until' if key.expires > datetime.now(UTC) else 'expired'} {key.expires:%Y-%m-%d}"
