"""Real servers with access control, TLS and stock clients."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from registry.access.roles import grant
from registry.following import Follower
from registry.service import Registry
from registry.settings import load
from tests.node import free_port
from tests.patience import eventually

ROOT = Path(__file__).resolve().parents[3]
ORDER = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}'


class Node:
    """``lineal serve`` as a process."""

    def __init__(self, folder: Path, port: int, scheme: str, process: subprocess.Popen[bytes]) -> None:
        self.url = f"{scheme}://127.0.0.1:{port}"
        self.process = process
        self.log = folder / "serve.log"

    def wait(self, **client: Any) -> None:
        eventually(lambda: self._is_ready(**client), self.log.read_text)

    def _is_ready(self, **client: Any) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=5, **client).is_success
        except httpx.TransportError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Node]]:
    """Start ``lineal serve`` with options and settings."""
    running: list[Node] = []

    def run(*options: str, scheme: str = "http", **settings: str) -> Node:
        port = free_port()
        command = [
            sys.executable,
            "-c",
            "from registry.cli import main; main()",
            "serve",
            "--port",
            str(port),
            *options,
        ]
        variables = {f"LINEAL_{name.upper()}": value for name, value in settings.items()}
        with (tmp_path / "serve.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env={"PYTHONPATH": str(ROOT), **variables}, stdout=log, stderr=log
            )
        running.append(Node(tmp_path, port, scheme, process))
        return running[-1]

    yield run
    for node in running:
        node.stop()


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    """A database where dev may register under ``orders``, and somebody may only read there."""
    registry = Registry.open(load({}, database=f"sqlite:///{tmp_path / 'lineal.db'}"))
    made = {name: registry.permissions.create_key(name) for name in ("root", "dev", "reader")}
    registry.permissions.give(grant("root", "admin"))
    registry.permissions.give(grant("dev", "developer", ".", "orders"))
    registry.permissions.give(grant("reader", "reader", ".", "orders"))
    registry.close()
    return {name: one.text for name, one in made.items()} | {f"{name}-id": one.stored.id for name, one in made.items()}


def test_stock_clients_use_keys_and_a_revoked_one_is_no_more(
    serve: Callable[..., Node], keys: dict[str, str], tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'lineal.db'}"
    node = serve("--workers", "2", database=database, access="on", follow_seconds="0.1")
    node.wait()
    basic = {"url": node.url, "basic.auth.user.info": f"{keys['dev-id']}:{keys['dev']}"}
    with SchemaRegistryClient(basic) as client:
        number = client.register_schema("orders-value", Schema(ORDER, "AVRO"))
        assert client.get_schema(number).schema_str == ORDER
        with pytest.raises(SchemaRegistryError) as denied:
            client.register_schema("bank-value", Schema(ORDER, "AVRO"))
        assert (denied.value.http_status_code, denied.value.error_code) == (403, 40301)
    bearer = {
        "url": node.url,
        "bearer.auth.credentials.source": "STATIC_TOKEN",
        "bearer.auth.token": keys["reader"],
        "bearer.auth.logical.cluster": "lsrc",
        "bearer.auth.identity.pool.id": "pool",
    }
    with SchemaRegistryClient(bearer) as client:
        assert client.get_subjects() == ["orders-value"]
        with pytest.raises(SchemaRegistryError) as denied:
            client.register_schema("orders-value", Schema(ORDER.replace("Order", "Other"), "AVRO"))
        assert denied.value.http_status_code == 403
    with SchemaRegistryClient({"url": node.url}) as client, pytest.raises(SchemaRegistryError) as denied:
        client.get_subjects()
    assert (denied.value.http_status_code, denied.value.error_code) == (401, 40101)

    lines = [httpx.get(f"{node.url}/metrics").text.splitlines() for _ in range(6)]
    counted = {line for each in lines for line in each if line.startswith("lineal_requests_total") and "401" in line}
    assert len(counted) == 1, "every worker tells the figures of all of them"

    other = Registry.open(load({}, database=database))  # as the command line does
    other.permissions.revoke_key(keys["dev-id"])
    other.close()
    auth = (keys["dev-id"], keys["dev"])
    eventually(
        lambda: {httpx.get(f"{node.url}/subjects", auth=auth).status_code for _ in range(8)} == {401},
        lambda: "a worker never noticed",
    )


def test_an_event_stream_tells_what_its_reader_may_see_and_ends_when_that_changes(
    serve: Callable[..., Node], keys: dict[str, str], tmp_path: Path
) -> None:
    node = serve(database=f"sqlite:///{tmp_path / 'lineal.db'}", access="on")
    node.wait()
    root = {"Authorization": f"Bearer {keys['root']}"}
    for subject in ("bank-value", "orders-value"):
        body = {"schema": ORDER.replace("Order", subject.split("-")[0])}
        httpx.post(f"{node.url}/subjects/{subject}/versions", json=body, headers=root).raise_for_status()
    reader = {"Authorization": f"Bearer {keys['reader']}"}
    told: list[dict[str, Any]] = []
    with (
        httpx.Client(timeout=30) as http,
        http.stream("GET", f"{node.url}/api/v1/changes/stream", headers=reader) as got,
    ):
        assert got.status_code == 200
        for line in got.iter_lines():
            if line.startswith("data:"):
                told.append(json.loads(line.removeprefix("data:")))
                taken = {"principal": "reader", "role": "reader", "context": ".", "prefix": "orders"}
                httpx.delete(f"{node.url}/api/v1/grants", params=taken, headers=root).raise_for_status()
    assert [(one["type"], one["subject"]) for one in told] == [("SchemaRegistered", "orders-value")]


class Certificates:
    """An authority and what it has signed, as PEM files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self.ca = self._write("ca.pem", self._signed(self._name, self._key, authority=True))

    def issue(self, name: str) -> tuple[str, str]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return self._write(f"{name}.pem", self._signed(subject, key)), self._write(f"{name}.key", private)

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool = False) -> bytes:
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        )
        return made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _write(self, name: str, data: bytes) -> str:
        file = self._folder / name
        file.write_bytes(data)
        return str(file)


def test_tls_and_client_certificates(serve: Callable[..., Node], tmp_path: Path) -> None:
    authority = Certificates(tmp_path)
    certificate, key = authority.issue("server")
    database = f"sqlite:///{tmp_path / 'tls.db'}"
    options = ("--tls-cert", certificate, "--tls-key", key, "--tls-client-ca", authority.ca)
    node = serve(*options, scheme="https", database=database)
    known = ssl.create_default_context(cafile=authority.ca)
    known.load_cert_chain(*authority.issue("client"))
    node.wait(verify=known)
    assert httpx.get(f"{node.url}/subjects", verify=known).json() == []
    without = ssl.create_default_context(cafile=authority.ca)
    stranger = ssl.create_default_context(cafile=authority.ca)
    (tmp_path / "elsewhere").mkdir()
    stranger.load_cert_chain(*Certificates(tmp_path / "elsewhere").issue("stranger"))
    for context in (without, stranger):
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{node.url}/subjects", verify=context)
    with pytest.raises(httpx.TransportError):
        httpx.get(node.url.replace("https", "http"))


def test_a_client_certificate_names_the_principal(
    serve: Callable[..., Node], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Certificates(tmp_path)
    certificate, key = authority.issue("server")
    node = serve(
        *("--tls-cert", certificate, "--tls-key", key, "--tls-client-ca", authority.ca, "--workers", "2"),
        scheme="https",
        database=f"sqlite:///{tmp_path / 'mutual.db'}",
        access="on",
        access_admins="CN=ci",
        stop_seconds="300",
    )

    def holding(name: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=authority.ca)
        context.load_cert_chain(*authority.issue(name))
        return context

    ci = holding("ci")
    node.wait(verify=ci)
    stock = {
        "url": node.url,
        "ssl.ca.location": authority.ca,
        "ssl.certificate.location": str(tmp_path / "ci.pem"),
        "ssl.key.location": str(tmp_path / "ci.key"),
    }
    with SchemaRegistryClient(stock) as client:
        client.register_schema("orders-value", Schema(ORDER, "AVRO"))
    changes = httpx.get(f"{node.url}/api/v1/changes", verify=ci).json()["entries"]
    assert [entry["actor"] for entry in changes if entry["subject"] == "orders-value"] == ["CN=ci"]
    assert httpx.get(f"{node.url}/subjects", verify=holding("newcomer")).json() == [], "no grant shows anything"
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{node.url}/subjects", verify=ssl.create_default_context(cafile=authority.ca))
    monkeypatch.setenv("SSL_CERT_FILE", authority.ca)
    replica = Registry.open(
        load(
            {},
            database=f"sqlite:///{tmp_path / 'replica.db'}",
            follow=node.url,
            follow_client_cert=stock["ssl.certificate.location"],
            follow_client_key=stock["ssl.key.location"],
        )
    )
    follower = Follower(replica)
    follower.round(threading.Event())
    assert replica.catalog.position() > 0, "a follower shows its certificate"
    follower._http.close()
    replica.close()
    with httpx.Client(verify=ci, timeout=60) as http, http.stream("GET", f"{node.url}/api/v1/changes/stream") as events:
        node.process.terminate()
        events.read()  # ends long before the server would give up waiting: the stream is told that it stops
        assert node.process.wait(60) == 0, node.log.read_text()


def test_a_server_that_stops_finishes_what_it_has_begun(serve: Callable[..., Node], tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'stopping.db'}"
    node = serve(database=database, log="json", log_requests="true")
    node.wait()
    answered: list[tuple[str, int, int]] = []
    broken: list[str] = []
    events: list[int] = []
    ended: list[float] = []

    def write(client: int) -> None:
        with httpx.Client(base_url=node.url, timeout=20) as http:
            for number in range(10_000):
                text = f'{{"type":"record","name":"R{client}_{number}","fields":[]}}'
                try:
                    answer = http.post(f"/subjects/s{client}-{number}/versions", json={"schema": text})
                except httpx.ConnectError:
                    return
                except httpx.TransportError as error:
                    broken.append(repr(error))
                    return
                answered.append((f"s{client}-{number}", answer.status_code, answer.json().get("version", 0)))

    def listen() -> None:
        with httpx.Client(timeout=60) as http, http.stream("GET", f"{node.url}/api/v1/changes/stream") as stream:
            events.extend(1 for line in stream.iter_lines() if line.startswith("id:"))
        ended.append(time.monotonic())

    threads = [threading.Thread(target=write, args=(client,)) for client in range(4)]
    threads.append(threading.Thread(target=listen))
    for thread in threads:
        thread.start()
    eventually(lambda: len(answered) >= 20, node.log.read_text)
    told = time.monotonic()
    assert node.stop() == 0
    for thread in threads:
        thread.join(30)
    assert ended, "the event stream ended with the server"
    assert ended[0] - told < 9, "and not because it was cut off"
    assert events
    assert {status for _, status, _ in answered} == {200}
    registry = Registry.open(load({}, database=database))
    try:
        kept = {str(subject) for subject in registry.lookup.subjects()}
        assert {subject for subject, _, _ in answered} <= kept
    finally:
        registry.close()
    lines = [json.loads(line) for line in node.log.read_text().splitlines() if '"lineal.requests"' in line]
    registered = [line for line in lines if line["route"] == "POST /subjects/{name}/versions"]
    assert len(registered) >= len(answered)
    assert registered[0].keys() == {
        *("time", "level", "logger", "message"),
        *("request_id", "principal", "route", "status", "ms"),
    }
    assert not broken, broken
