"""Whom client certificates name, and whose word about them counts."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from litestar.testing import TestClient
from litestar.types import Receive, Scope, Send

from registry.access.certificates import Certificates
from registry.errors import InvalidRequest, Unauthenticated
from registry.http.app import create_app
from registry.settings import load

SUBJECT = "serialNumber=7,emailAddress=ci@example.org,CN=ci,OU=build\\, test,O=Example"


def certificate(subject: str = "CN=ci,O=Example", *others: x509.GeneralName) -> str:
    """As PEM."""
    oids = {"emailAddress": x509.NameOID.EMAIL_ADDRESS, "serialNumber": x509.NameOID.SERIAL_NUMBER}
    name = x509.Name.from_rfc4514_string(subject, oids)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    if others:
        made = made.add_extension(x509.SubjectAlternativeName(others), critical=False)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


SPIFFE = x509.UniformResourceIdentifier("spiffe://example.org/ci")
PEM = certificate(SUBJECT, SPIFFE, x509.DNSName("ci.example.org"), x509.DNSName("ci"))
DER = b64encode(ssl.PEM_cert_to_DER_cert(PEM)).decode()
ENVOY = f'By=spiffe://example.org/lineal;Hash=00ff;Subject="{SUBJECT.replace(chr(92), chr(92) * 2)}";URI=spiffe://example.org/ci'


def behind(header: str, principal: str = "subject") -> Certificates:
    settings = load(
        {}, proxy_addresses="10.0.0.0/8, ::1", proxy_certificate_header=header, certificate_principal=principal
    )
    return Certificates(settings)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ssl-client-subject-dn", SUBJECT),
        ("X-SSL-Client-Cert", quote(PEM)),
        ("Client-Cert", f":{DER}:"),
        ("X-Forwarded-Client-Cert", ENVOY),
        ("X-Forwarded-Client-Cert", f'Hash=00;Cert="{quote(PEM, safe="")}"'),
        ("X-Forwarded-Client-Cert", f'Hash=1;Subject="CN=root",{ENVOY}'),
    ],
)
def test_every_way_to_say_it_names_the_same_principal(header: str, value: str) -> None:
    assert behind(header).said([value]) == SUBJECT
    assert behind(header, "common-name").said([value]) == "ci"
    assert behind(header).said([]) == behind(header).said([""]) == ""


def test_the_server_itself_has_verified_a_certificate() -> None:
    assert behind("Client-Cert").shown(PEM) == SUBJECT
    assert behind("X-Forwarded-Client-Cert", "uri").said([ENVOY]) == "spiffe://example.org/ci"
    assert behind("Client-Cert", "uri").shown(PEM) == "spiffe://example.org/ci"
    with pytest.raises(Unauthenticated, match="2 names"):
        behind("Client-Cert", "dns").shown(PEM)
    with pytest.raises(Unauthenticated, match="0 names"):
        behind("Client-Cert", "uri").shown(certificate())


@pytest.mark.parametrize(
    ("header", "values", "wrong"),
    [
        ("ssl-client-subject-dn", ["CN=ci", "CN=root"], "more than once"),
        ("ssl-client-subject-dn", ["CN=ci,CN=root"], "2 names"),
        ("ssl-client-subject-dn", ["/O=Example/CN=ci"], "RFC 4514"),
        ("ssl-client-subject-dn", ["CN=anonymous"], "stands for many"),
        ("ssl-client-subject-dn", ["CN=group:admins"], "stands for many"),
        ("Client-Cert", [DER], "between colons"),
        ("Client-Cert", [":bm8=:"], "cannot be read"),
        ("X-Forwarded-Client-Cert", ['Subject="CN=a";Subject="CN=b"'], "more than one"),
        ("X-Forwarded-Client-Cert", ["nonsense"], "Envoy"),
        ("X-Forwarded-Client-Cert", ['Subject="CN=a" CN=b'], "Envoy"),
        ("ssl-client-subject-dn", ["CN=" + "x" * 40_000], "too long"),
    ],
)
def test_what_is_not_clear_names_nobody(header: str, values: list[str], wrong: str) -> None:
    with pytest.raises(Unauthenticated, match=wrong):
        behind(header, "common-name").said(values)


def test_a_header_needs_proxies_and_proxies_need_a_header() -> None:
    for settings in ({"proxy_addresses": "10.0.0.1"}, {"proxy_certificate_header": "Client-Cert"}):
        with pytest.raises(InvalidRequest, match="need each other"):
            Certificates(load({}, **settings))
    with pytest.raises(InvalidRequest, match="PROXY_ADDRESSES"):
        Certificates(load({}, proxy_addresses="10.0.0.1/8", proxy_certificate_header="Client-Cert"))
    trusts = behind("Client-Cert").trusts
    assert trusts("10.2.3.4")
    assert trusts("::ffff:10.2.3.4")
    assert not any(trusts(peer) for peer in ("11.0.0.1", "::2", "", "localhost"))


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., TestClient[Any]]]:
    """Clients of one registry, connected from somewhere, perhaps with a certificate that the server has verified."""
    app = create_app(
        load(
            {},
            database=f"sqlite:///{tmp_path / 'lineal.db'}",
            access="on",
            access_admins="ci,key",
            certificate_principal="common-name",
            proxy_addresses="10.0.0.7",
            proxy_certificate_header="ssl-client-subject-dn",
        )
    )
    with ExitStack() as stack:
        stack.enter_context(TestClient(app))

        def made(peer: str, pem: str = "") -> TestClient[Any]:
            async def connected(scope: Scope, receive: Receive, send: Send) -> None:
                if scope["type"] == "http":
                    scope["client"] = (peer, 1)
                    scope["extensions"] = {"tls": {"client_cert_chain": [pem]}} if pem else {}
                    await app(scope, receive, send)

            return TestClient(connected)  # type: ignore[arg-type]

        yield made


SAID = {"ssl-client-subject-dn": "CN=ci"}


def who(client: TestClient[Any], **more: Any) -> Any:
    answer = client.get("/api/v1/whoami", **more)
    return answer.json()["principal"] if answer.status_code == 200 else answer.json()["error_code"]


def test_only_a_proxys_word_counts_and_from_there_nothing_else(connect: Callable[..., TestClient[Any]]) -> None:
    assert who(connect("10.0.0.7"), headers=SAID) == "ci"
    assert who(connect("10.0.0.7")) == 40101
    assert who(connect("10.0.0.8"), headers=SAID) == 40101
    assert who(connect("10.0.0.8", certificate())) == "ci"
    assert who(connect("10.0.0.8", certificate("CN=guest")), headers=SAID) == "guest"
    assert who(connect("10.0.0.7", certificate("CN=key"))) == 40101, "that is the proxy's own certificate"
    assert who(connect("10.0.0.7"), headers=SAID | {"Authorization": "Bearer lk_unknown"}) == 40101, (
        "a key is looked at"
    )


def test_another_sites_page_cannot_write_with_a_browsers_certificate(connect: Callable[..., TestClient[Any]]) -> None:
    client = connect("10.0.0.8", certificate())
    body = {"compatibility": "NONE"}
    assert client.put("/config", json=body, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 401
    assert client.put("/config", json=body, headers={"Origin": "https://evil.example"}).status_code == 401
    assert client.put("/config", json=body, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    changes = client.get("/api/v1/changes").json()["entries"]
    assert [entry["actor"] for entry in changes if entry["type"] == "ConfigurationChanged"] == ["ci"]
