"""Real servers that speak TLS, and ask clients for their certificates."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from compat.gate.errors import CouldNotCheck
from registry.cli.connection import Connection
from registry.following import Follower
from registry.service import Registry
from registry.settings import load
from tests.patience import eventually
from tests.serving import Serve

ORDER = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}'


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

    def holding(self, name: str) -> ssl.SSLContext:
        """What a client has that holds a new certificate."""
        context = ssl.create_default_context(cafile=self.ca)
        context.load_cert_chain(*self.issue(name))
        return context

    def withdraw(self, names: Sequence[str], *, since: timedelta, good: timedelta = timedelta(days=1)) -> str:
        """The list of certificates that are withdrawn, made some time ago."""
        made = datetime.now(UTC) - since
        listed = x509.CertificateRevocationListBuilder().issuer_name(self._name).last_update(made)
        listed = listed.next_update(made + good)
        for name in names:
            issued = x509.load_pem_x509_certificate((self._folder / f"{name}.pem").read_bytes())
            one = x509.RevokedCertificateBuilder().serial_number(issued.serial_number).revocation_date(made)
            listed = listed.add_revoked_certificate(one.build())
        signed = listed.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        self._write("new.crl", signed)
        return str((self._folder / "new.crl").rename(self._folder / "clients.crl"))

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


def test_tls_and_client_certificates(serve: Serve, tmp_path: Path) -> None:
    authority = Certificates(tmp_path)
    certificate, key = authority.issue("server")
    database = f"sqlite:///{tmp_path / 'tls.db'}"
    options = ("--tls-cert", certificate, "--tls-key", key, "--tls-client-ca", authority.ca)
    node = serve(*options, scheme="https", database=database)
    known = authority.holding("client")
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
    with Connection(node.url) as command, pytest.raises(CouldNotCheck, match="is not trusted here"):
        command.get("/subjects", list)


def test_a_client_certificate_names_the_principal(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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

    ci = authority.holding("ci")
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
    assert httpx.get(f"{node.url}/subjects", verify=authority.holding("newcomer")).json() == [], (
        "no grant shows anything"
    )
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


def _let_in(url: str, context: ssl.SSLContext) -> bool:
    try:
        return httpx.get(f"{url}/subjects", verify=context).is_success
    except httpx.TransportError:
        return False


def test_a_certificate_that_is_withdrawn_opens_nothing_from_then_on(serve: Serve, tmp_path: Path) -> None:
    authority = Certificates(tmp_path)
    certificate, key = authority.issue("server")
    good, gone, doomed = (authority.holding(name) for name in ("good", "gone", "doomed"))
    crl = authority.withdraw(["gone"], since=timedelta(minutes=3))
    node = serve(
        *("--tls-cert", certificate, "--tls-key", key, "--tls-client-ca", authority.ca, "--tls-client-crl", crl),
        *("--workers", "2"),
        scheme="https",
        database=f"sqlite:///{tmp_path / 'revoked.db'}",
        limit_wait_seconds="600",
    )
    node.wait(verify=good)
    assert [_let_in(node.url, each) for each in (good, gone, doomed)] == [True, False, True]

    with (
        httpx.Client(verify=doomed, base_url=node.url) as open_before,
        httpx.Client(verify=doomed, base_url=node.url, timeout=60) as listening,
        listening.stream("GET", "/api/v1/changes/stream") as events,
    ):
        assert "connection" not in open_before.get("/subjects").headers
        authority.withdraw(["gone", "doomed"], since=timedelta(minutes=2))
        events.read()  # ends, though the log stands still
        assert [_let_in(node.url, each) for each in (good, gone, doomed)] == [True, False, False], "on every worker"
        assert not _let_in(node.url, doomed)
        # what was begun before is finished, and then the certificate has to be shown again
        assert open_before.get("/subjects").headers["connection"] == "close"
        with pytest.raises(httpx.TransportError):
            open_before.get("/subjects")

    older = authority.holding("older")
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    assert not _let_in(node.url, older), "a session of TLS 1.2 that is taken up again would show no certificate"

    authority.withdraw([], since=timedelta(minutes=1), good=timedelta(seconds=1))
    assert not _let_in(node.url, doomed), "a list that ran out says nothing: the one before still counts"
    assert "ran out on" in node.log.read_text()
    (tmp_path / "clients.crl").write_text("no list")
    assert [_let_in(node.url, each) for each in (good, doomed)] == [True, False], "nor does what is no list"
    authority.withdraw([], since=timedelta())
    eventually(lambda: _let_in(node.url, doomed), node.log.read_text)


@pytest.mark.parametrize(("options", "said"), [((), "name that too"), (("--tls-client-ca",), "no revocation list")])
def test_a_revocation_list_that_cannot_be_one_is_told_at_the_start(
    serve: Serve, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    authority = Certificates(tmp_path)
    certificate, key = authority.issue("server")
    named = [word for option in options for word in (option, authority.ca)]
    node = serve(*named, "--tls-cert", certificate, "--tls-key", key, "--tls-client-crl", authority.ca)
    assert node.process.wait(30) == 2
    assert said in node.log.read_text()
