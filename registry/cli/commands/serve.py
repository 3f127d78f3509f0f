"""``lineal serve``."""

from __future__ import annotations

import copy
import os
import shutil
import socket
import sys
import threading
import time
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import click
import httpx
from granian import Granian
from granian.constants import Interfaces
from granian.log import LOGGING_CONFIG, LogLevels

from compat.gate.configuration import Configuration
from compat.gate.errors import Misconfigured
from registry import demo
from registry.cli.console import Console
from registry.cli.errors import ServerEnded
from registry.cli.store import as_environment, database_option, opened, settings_of
from registry.settings import Settings

_APPLICATION: Final = "web.app:create_app"
"""Loaded by the server's workers from its name: the pages stand above this package, which must not import them."""

_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 10

_OLD_EVENT: Final = '{"order_id": "o-1", "carrier": "DHL", "parcels": 2, "weight_kg": 12}'
"""One that the demo's upcasters bring up to date."""

_EXAMPLES: Final = """\b
Examples:
  lineal serve --demo
  lineal serve --host 0.0.0.0 --port 8081 --database sqlite:////var/lib/lineal/lineal.db
  lineal serve --database postgresql://lineal@db/lineal --workers 2
  lineal serve --follow http://primary:8081 --port 8082 --database sqlite:///replica.db

\b
Every other setting is an environment variable (LINEAL_COMPATIBILITY=FULL …) or stands in a file: `lineal settings`.
"""


@click.command(epilog=_EXAMPLES)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), default=8081, show_default=True)
@database_option
@click.option(
    "--settings",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file with settings; `lineal settings` prints one with every setting explained.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer.")
@click.option(
    "--follow", metavar="URL", help="Another lineal to copy: answers reads, also when that one is away, refuses writes."
)
@click.option("--demo", "with_demo", is_flag=True, help="Fill it with an ordering domain, a bank and their history.")
@click.pass_obj
def command(
    console: Console,
    host: str,
    port: int,
    database: str | None,
    file: Path | None,
    workers: int,
    follow: str | None,
    *,
    with_demo: bool,
) -> None:
    """Run the registry: the Confluent protocol at /, lineal's own API at /api/v1, the catalog at /catalog.

    Stops gracefully on Ctrl-C or SIGTERM: what was begun is finished first.
    """
    settings = settings_of(database, file, follow=follow)
    if settings.follow and with_demo:
        raise Misconfigured("--demo writes, and a registry that follows another takes no writes: leave one of them out")
    _prepare(console, settings, with_demo=with_demo)
    _require_free(host, port)
    _warn_if_open(console, host)
    os.environ.update(as_environment(settings))
    server = Granian(
        _APPLICATION,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=workers,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=_logging(),
        workers_kill_timeout=_STOP_SECONDS,
    )
    address = f"http://{_in_url(host)}:{port}"
    threading.Thread(target=_announce, args=(console, address, with_demo), daemon=True).start()
    try:
        server.serve()
    except SystemExit as ended:
        raise ServerEnded from ended
    console.note("stopped")


def _prepare(console: Console, settings: Settings, *, with_demo: bool) -> None:
    """Bring the tables up to date and tell the demo, before anything listens."""
    with opened(settings) as registry:
        if with_demo:
            with console.progress("demo", len(demo.story())) as step:
                demo.tell(registry, step)


def _require_free(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as cause:
        raise Misconfigured(
            f"cannot listen at {host}:{port}: {cause.strerror}; choose another --port or --host"
        ) from cause


def _warn_if_open(console: Console, host: str) -> None:
    if not _is_loopback(host):
        console.warn(
            f"listening at {host}, beyond this machine, and NOBODY HAS TO SAY WHO THEY ARE: whoever reaches the port "
            "can read, register and delete. Put a proxy that authenticates in front, or use --host 127.0.0.1"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _announce(console: Console, address: str, with_demo: bool) -> None:  # noqa: FBT001 - a thread's arguments
    """Once it answers, say what to open and what to try."""
    if not _answers(address):
        console.warn(f"{address} has not answered within {_START_SECONDS:.0f} seconds: see the messages above")
        return
    lines = [
        f"lineal serves {console.paint('bold', address)}   (Ctrl-C stops it)",
        "",
        f"  {f'{address}/catalog':<44} the catalog: subjects, versions, differences, refusals, upcasters",
        f"  {f'schema.registry.url={address}':<44} what any Confluent client needs",
        f"  {f'{address}/openapi/lineal.json':<44} lineal's own interface: verdicts with witnesses, upcasters",
        "",
        "  Try, in another terminal:",
        *(f"    {line}" for line in _suggestions(address, with_demo=with_demo)),
    ]
    console.report("\n".join(lines))


def _suggestions(address: str, *, with_demo: bool) -> list[str]:
    """Lines that can be copied into a shell as they are."""
    program = _program()
    at = "" if address == Configuration().registry else f" --registry {address}"
    if not with_demo:
        return [f"curl {address}/subjects", f"{program} push{at}        registers the schema files of a folder"]
    return [
        f"curl {address}/subjects/orders.OrderPlaced/versions/latest",
        f"{program} diff orders.OrderPlaced@2 orders.OrderPlaced@3{at}",
        f"echo '{_OLD_EVENT}' | {program} upcast orders.OrderShipped --from 1 - --trace{at}",
    ]


def _program() -> str:
    """How to call this command from the current folder: by its name where the shell finds it, else by its path."""
    return "lineal" if shutil.which("lineal") else os.path.relpath(sys.argv[0])


def _answers(address: str) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/subjects", timeout=5.0).is_success:
                return True
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    return False


def _logging() -> dict[str, Any]:
    """The server's messages on stderr, where messages belong."""
    configuration = copy.deepcopy(LOGGING_CONFIG)
    for handler in configuration["handlers"].values():  # type: ignore[attr-defined]
        handler["stream"] = "ext://sys.stderr"
    return configuration


def _in_url(host: str) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what to open, not what to bind
    return f"[{shown}]" if ":" in shown else shown
