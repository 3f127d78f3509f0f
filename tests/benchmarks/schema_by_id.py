"""Schema by id from a warm node against a bare ASGI application that returns the same bytes, on the same server.

The same node is asked once more with access control on: by an API key whose principal may read a part of the subjects.
Run with ``python tests/benchmarks/schema_by_id.py``; prints requests per second of both, in turns, and their ratio.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from registry.access.roles import grant
from registry.service import Registry
from registry.settings import load as load_settings

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS = 16
SECONDS = 2.0
ROUNDS = 5
FIELDS = ",".join(f'{{"name":"f{number}","type":"string","doc":"Field number {number}"}}' for number in range(12))
SCHEMA = f'{{"type":"record","name":"Order","fields":[{FIELDS}]}}'

BARE = """
BODY = {body!r}
HEADERS = [(b"content-type", b"application/vnd.schemaregistry.v1+json"), (b"content-length", str(len(BODY)).encode())]

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({{"type": message["type"] + ".complete"}})
            if message["type"] == "lifespan.shutdown":
                return
    await send({{"type": "http.response.start", "status": 200, "headers": HEADERS}})
    await send({{"type": "http.response.body", "body": BODY}})
"""


def serve(target: str, folder: Path, *options: str, **environment: str) -> tuple[subprocess.Popen[bytes], int]:
    """One granian worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--port", str(port), *options, target]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(200):
        try:
            httpx.get(f"http://127.0.0.1:{port}/subjects", timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return process, port
    raise SystemExit("the server did not come up")


async def load(port: int, path: str, headers: str = "") -> float:
    """Requests per second over some connections that each ask again as soon as they are answered."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n{headers}\r\n".encode()
    deadline = time.perf_counter() + SECONDS

    async def connection() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        done = 0
        while time.perf_counter() < deadline:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            done += 1
        writer.close()
        return done

    return sum(await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))) / SECONDS


def reader_key(database: str) -> str:
    """The key of somebody who may read the orders, and nothing else."""
    registry = Registry.open(load_settings({}, database=database))
    registry.permissions.give(grant("reader", "reader", ".", "orders"))
    made = registry.permissions.create_key("reader")
    registry.close()
    return made.text


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lineal, port = serve(
            "registry.http.app:create_app", folder, "--factory", LINEAL_DATABASE=f"sqlite:///{folder / 'lineal.db'}"
        )
        url = f"http://127.0.0.1:{port}"
        httpx.post(f"{url}/subjects/orders/versions", json={"schema": SCHEMA}).raise_for_status()
        body = httpx.get(f"{url}/schemas/ids/1").content
        key = reader_key(f"sqlite:///{folder / 'lineal.db'}")
        guarded, guarded_port = serve(
            "registry.http.app:create_app",
            folder,
            "--factory",
            LINEAL_DATABASE=f"sqlite:///{folder / 'lineal.db'}",
            LINEAL_ACCESS="on",
        )
        (folder / "bare_application.py").write_text(BARE.format(body=body))
        bare, bare_port = serve("bare_application:app", folder)
        try:
            paths = {
                "schema by id": "/schemas/ids/1",
                "version by number": "/subjects/orders/versions/1",
                "latest version": "/subjects/orders/versions/latest",
            }
            with_key = f"Authorization: Bearer {key}\r\n"
            titles = ["bare application", *paths, *(f"{title}, with access control" for title in paths)]
            rates: dict[str, list[float]] = {title: [] for title in titles}
            for _ in range(ROUNDS):
                rates["bare application"].append(asyncio.run(load(bare_port, "/")))
                for title, path in paths.items():
                    rates[title].append(asyncio.run(load(port, path)))
                    rates[f"{title}, with access control"].append(asyncio.run(load(guarded_port, path, with_key)))
        finally:
            for process in (lineal, guarded, bare):
                process.terminate()
                process.wait()
    base = statistics.median(rates["bare application"])
    for title, found in rates.items():
        rate = statistics.median(found)
        print(f"{title:40} {rate:8,.0f}/s   {rate / base:4.0%} of the bare application")


if __name__ == "__main__":
    main()
