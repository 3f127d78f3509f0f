"""``lineal serve``."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import shutil
import signal
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import Any, Final
from urllib.parse import urlsplit

import click
import httpx
import msgspec
from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.log import LOGGING_CONFIG, LogLevels

from compat.gate.configuration import Configuration
from compat.gate.errors import Misconfigured
from registry import demo, following
from registry.cli.console import Console
from registry.cli.errors import ServerEnded
from registry.cli.store import as_environment, database_option, opened, settings_of
from registry.errors import InvalidRequest
from registry.http import identifying, revoking
from registry.http.stopping import STOPPING
from registry.settings import Settings
from registry.telemetry import logs

_APPLICATION: Final = "web.app:create_app"
"""Loaded by the server's workers from its name: the pages stand above this package, which must not import them."""

_LOOK_SECONDS: Final = 0.1
_START_SECONDS: Final = 60.0
_PATH: Final = click.Path(exists=True, dir_okay=False, path_type=Path)

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
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that answer; else LINEAL_WORKERS, else 1.")
@click.option(
    "--follow", metavar="URL", help="Another lineal to copy: answers reads, also when that one is away, refuses writes."
)
@click.option("--tls-cert", type=_PATH, help="Certificate (chain) of the server, PEM; then it speaks only TLS.")
@click.option("--tls-key", type=_PATH, help="Its private key, PEM.")
@click.option(
    "--tls-client-ca",
    type=_PATH,
    help="Only clients with a certificate that this authority signed, PEM; it says who they are.",
)
@click.option(
    "--tls-client-crl",
    type=_PATH,
    help="The authority's list of certificates that it has withdrawn, PEM; read again when the file changes.",
)
@click.option("--demo", "with_demo", is_flag=True, help="Fill it with an ordering domain, a bank and their history.")
@click.pass_obj
def command(
    console: Console,
    host: str,
    port: int,
    database: str | None,
    file: Path | None,
    workers: int | None,
    follow: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_client_ca: Path | None,
    tls_client_crl: Path | None,
    *,
    with_demo: bool,
) -> None:
    """Run the registry: the Confluent protocol at /, lineal's own API at /api/v1, the catalog at /catalog.

    Stops gracefully on Ctrl-C or SIGTERM: what was begun is finished first.
    """
    settings = settings_of(database, file, follow=follow, workers=workers)
    if settings.follow:
        _require_follower(settings.follow, with_demo=with_demo)
    tls = _Tls.of(tls_cert, tls_key, tls_client_ca, tls_client_crl)
    _prepare(console, settings, with_demo=with_demo)
    _require_free(host, port)
    if settings.access == "off":
        _warn_if_open(console, host)
    elif tls is None:
        _warn_if_plain(console, host)
    os.environ.update(as_environment(_with_session_secret(settings)))
    address = f"{'http' if tls is None else 'https'}://{_in_url(host)}:{port}"
    ready = _listens if tls is not None and tls.client_ca is not None else _answers
    threading.Thread(target=_announce, args=(console, address, ready, with_demo), daemon=True).start()
    try:
        with tempfile.TemporaryDirectory(prefix="lineal-metrics-") as folder:
            if settings.workers > 1:
                os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # where the workers keep figures for each other
            _serve(settings, host, port, tls)
    except SystemExit as ended:
        raise ServerEnded from ended
    console.note("stopped")


def _serve(settings: Settings, host: str, port: int, tls: _Tls | None) -> None:
    """Answer requests until a signal ends it. Raises SystemExit where that cannot begin."""
    logging = logs.configuration(LOGGING_CONFIG, settings.log, requests=settings.log_requests)
    # Python's threads take turns, so an allocator that keeps memory for each of sixteen at once only keeps more of it
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    # fresh processes: a fork would copy the locks that other threads hold at that moment, and wait for them for ever
    multiprocessing.set_start_method("spawn", force=True)
    if tls is not None and tls.client_ca is not None and (settings.access == "on" or tls.client_crl is not None):
        identifying.serve(
            _APPLICATION,
            host=host,
            port=port,
            workers=settings.workers,
            cert=tls.cert,
            key=tls.key,
            client_ca=tls.client_ca,
            client_crl=tls.client_crl,
            logging=logging,
            stop_seconds=settings.stop_seconds,
        )
        return
    server = Granian(
        _APPLICATION,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=settings.workers,
        respawn_failed_workers=True,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=logging,
        workers_kill_timeout=settings.stop_seconds,
        **({} if tls is None else tls.options),
    )
    server.on_startup(_tell_workers_to_stop)
    server.serve()


@dataclass(frozen=True, slots=True)
class _Tls:
    """How the server speaks TLS."""

    cert: Path
    key: Path
    client_ca: Path | None
    client_crl: Path | None

    @classmethod
    def of(cls, cert: Path | None, key: Path | None, client_ca: Path | None, client_crl: Path | None) -> _Tls | None:
        """None: it does not. Raises Misconfigured."""
        if not any((cert, key, client_ca, client_crl)):
            return None
        if cert is None or key is None:
            raise Misconfigured("TLS needs --tls-cert and --tls-key")
        if client_crl is not None and client_ca is None:
            raise Misconfigured("--tls-client-crl says which clients of --tls-client-ca are not let in: name that too")
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=client_ca).load_cert_chain(cert, key)
        except (ssl.SSLError, OSError) as error:
            raise Misconfigured(f"the certificate or key of TLS cannot be used: {error}") from error
        if client_crl is not None:
            _require_list(client_crl)
        return cls(cert, key, client_ca, client_crl)

    @property
    def options(self) -> dict[str, Any]:
        """As the server takes them."""
        shown = {"ssl_cert": self.cert, "ssl_key": self.key, "ssl_protocol_min": SSLProtocols.tls12}
        return shown | ({} if self.client_ca is None else {"ssl_ca": self.client_ca, "ssl_client_verify": True})


def _require_list(file: Path) -> None:
    try:
        tuple(revoking.lists(file))
    except (InvalidRequest, OSError) as error:
        raise Misconfigured(f"--tls-client-crl: {error}") from error


def _with_session_secret(settings: Settings) -> Settings:
    """One secret for all workers of this server."""
    if settings.access == "off" or settings.session_secret:
        return settings
    return msgspec.structs.replace(settings, session_secret=secrets.token_hex(32))


def _tell_workers_to_stop() -> None:
    """When the server is told to stop: event streams, which have no end of their own, are ended at once."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _telling(signal.getsignal(number)))


def _telling(following: Any) -> Callable[[int, FrameType | None], None]:
    def told(number: int, frame: FrameType | None) -> None:
        for child in multiprocessing.active_children():
            if child.pid is not None:
                os.kill(child.pid, STOPPING)
        following(number, frame)

    return told


def _require_follower(primary: str, *, with_demo: bool) -> None:
    if with_demo:
        raise Misconfigured("--demo writes, and a registry that follows another takes no writes: leave one of them out")
    try:
        following.address(primary)
    except InvalidRequest as error:
        raise Misconfigured(error.message) from error


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
            "can read, register and delete. Set LINEAL_ACCESS=on (`lineal key create`), or use --host 127.0.0.1"
        )


def _warn_if_plain(console: Console, host: str) -> None:
    if not _is_loopback(host):
        console.warn(
            f"listening at {host}, beyond this machine, without TLS: keys and passwords can be read on the way. "
            "Use --tls-cert and --tls-key, or put a proxy that ends TLS in front"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _announce(console: Console, address: str, ready: Callable[[str], bool], with_demo: bool) -> None:  # noqa: FBT001
    """Once it is ready, say what to open and what to try."""
    if not _within_seconds(ready, address):
        console.warn(f"{address} has not answered within {_START_SECONDS:.0f} seconds: see the messages above")
        return
    lines = [
        f"lineal serves {console.paint('bold', address)}   (Ctrl-C stops it)",
        "",
        f"  {f'{address}/catalog':<44} the catalog: subjects, differences, refusals, upcasters, who reads what",
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
        f"{program} reader matrix orders.OrderPlaced{at}",
        f"echo '{_OLD_EVENT}' | {program} upcast orders.OrderShipped --from 1 - --trace{at}",
    ]


def _program() -> str:
    """How to call this command: by its name where the shell finds it, else by the shorter of its paths."""
    program = Path(sys.argv[0]).absolute()
    return "lineal" if shutil.which("lineal") else min(os.path.relpath(program), str(program), key=len)


def _within_seconds(ready: Callable[[str], bool], address: str) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            return ready(address)
        except (OSError, httpx.HTTPError):
            time.sleep(_LOOK_SECONDS)
    return False


def _answers(address: str) -> bool:
    """Whether it answers; our own certificate need not be one that this machine trusts."""
    return bool(httpx.get(f"{address}/health/live", timeout=5.0, verify=False).status_code)  # noqa: S501


def _listens(address: str) -> bool:
    """Where it answers only to clients with a certificate, that it listens must do."""
    parts = urlsplit(address)
    socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5.0).close()
    return True


def _in_url(host: str) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what to open, not what to bind
    return f"[{shown}]" if ":" in shown else shown
