"""Whatever is secret is in no message, answer, log of events, export, figure or table, however much is said."""

from __future__ import annotations

import json
import logging
import re
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from litestar.testing import TestClient

from registry.access.passwords import hashed
from registry.access.sessions import COOKIE
from registry.cli import run
from registry.delivering import Deliverer
from registry.exporting import Exporting
from registry.service import Registry
from registry.settings import Settings
from registry.telemetry.logs import REQUESTS
from tests.receiving import Receiver
from web import address
from web.app import create_app

PASSWORD = "correct-horse-battery"  # noqa: S105
SECRET_KEY = b64encode(b"0123456789abcdefghijklmnopqrstuv").decode()
SESSION_SECRET = "a-long-session-secret-nobody-may-see"  # noqa: S105
CONFIG = {
    "basic.auth.user.info": "copier:exporter-pass-word",
    "bearer.auth.token": "exporter-bearer-token",
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


class Talk:
    """Asks, and keeps everything that is answered, but for the one answer that has to show a secret."""

    def __init__(self, client: TestClient[Any], secrets: set[str]) -> None:
        self._client = client
        self.secrets = secrets
        self.heard: list[str] = []

    def ask(self, method: str, path: str, *, shows: bool = False, **more: Any) -> httpx.Response:
        answer = self._client.request(method, path, follow_redirects=False, **more)
        if not shows:
            self.heard.append(f"{method} {path}: {answer.headers} {answer.text}")
        return answer


def test_no_secret_is_anywhere(
    tmp_path: Path,
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signer = ec.generate_private_key(ec.SECP256R1())
    public = {**ECAlgorithm.to_jwk(signer.public_key(), as_dict=True), "kid": "one", "use": "sig", "alg": "ES256"}
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [public]}))
    kept = hashed(PASSWORD)
    (tmp_path / "access.toml").write_text(f'[users]\nanna = "{kept}"\n')
    settings = Settings(
        database=f"sqlite:///{tmp_path / 'lineal.db'}",
        access="on",
        access_admins="root,anna",
        access_file=str(tmp_path / "access.toml"),
        jwks=str(tmp_path / "jwks.json"),
        jwt_issuer="me",
        jwt_audience="lineal",
        log_requests=True,
        webhook_private_addresses=True,
        exporter_private_addresses=True,
        secret_key=SECRET_KEY,
        session_secret=SESSION_SECRET,
    )
    registry = Registry.open(settings)
    key = registry.permissions.create_key("root").text
    claims = {"iss": "me", "aud": "lineal", "sub": "root", "exp": int(time.time()) + 600}
    token = jwt.encode(claims, signer, "ES256", {"kid": "one"})
    secrets = {SECRET_KEY, SESSION_SECRET, kept, PASSWORD, key, token}
    secrets |= {"exporter-pass-word", CONFIG["bearer.auth.token"]}
    with TestClient(create_app(settings)) as client:
        logging.getLogger().addHandler(caplog.handler)  # the framework has taken it away
        for logger in ("", "registry", "web", REQUESTS.name):
            caplog.set_level(logging.DEBUG, logger=logger)
        talk = Talk(client, secrets)
        _let_in_and_not(talk, key, token)
        bearer = {"Authorization": f"Bearer {key}"}
        _keys_and_connections(talk, receiver, bearer)
        receiver.status = 500
        Deliverer(registry).round(Event())
        Exporting(registry).run_once()
        for path in (
            *("/metrics", "/health/ready", "/api/v1/log", "/api/v1/changes", "/api/v1/export", "/api/v1/keys"),
            *("/api/v1/webhooks", "/api/v1/grants", "/exporters", "/exporters/e", "/exporters/e/config"),
            *("/exporters/e/status", "/v1/metadata/id", "/openapi/lineal.json", "/config"),
            *(address.WEBHOOKS, address.EXPORTERS, address.CATALOG, address.changes(), address.settings()),
        ):
            assert talk.ask("GET", path, headers=bearer).status_code == 200, path
    registry.close()
    monkeypatch.setenv("LINEAL_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("LINEAL_SESSION_SECRET", SESSION_SECRET)
    assert run(["settings"]) == 0
    output = capfd.readouterr()
    assert "LINEAL_SECRET_KEY" in output.out
    places = {
        "messages": caplog.text,
        "output": output.out + output.err,
        "answers": "\n".join(talk.heard),
        "tables": "".join(file.read_bytes().decode("latin-1") for file in tmp_path.glob("lineal.db*")),
    }
    assert len(receiver.requests) > 1, "something was sent"
    assert "POST /subjects/{name}/versions 200 by root" in caplog.text, "something was said"
    found = [(place, secret) for place, text in places.items() for secret in secrets if _is_in(secret, text)]
    assert found == []


def _let_in_and_not(talk: Talk, key: str, token: str) -> None:
    good = (
        {"headers": {"Authorization": f"Bearer {key}"}},
        {"headers": {"Authorization": f"Bearer {token}"}},
        {"auth": ("anna", PASSWORD)},
    )
    for each in good:
        assert talk.ask("GET", "/api/v1/whoami", **each).status_code == 200
    wrong = (
        {"headers": {"Authorization": f"Bearer {key}x"}},
        {"headers": {"Authorization": f"Bearer {token}x"}},
        {"headers": {"Authorization": f"Digest {key}"}},
        {"auth": ("nobody", PASSWORD)},
        {"auth": (key, PASSWORD)},
    )
    for each in wrong:
        assert talk.ask("GET", "/subjects", **each).status_code == 401
        assert talk.ask("POST", "/subjects/s/versions", json={"schema": '"int"'}, **each).status_code == 401
    signed = talk.ask("POST", address.SIGN_IN, data={"user": "anna", "secret": PASSWORD}, shows=True)
    assert PASSWORD not in str(signed.headers)
    talk.secrets.add(signed.cookies[COOKIE])
    talk.ask("POST", address.SIGN_OUT)
    assert talk.ask("POST", address.SIGN_IN, data={"user": "", "secret": f"{key}x"}).status_code == 401


def _keys_and_connections(talk: Talk, receiver: Receiver, bearer: dict[str, str]) -> None:
    made = talk.ask("POST", "/api/v1/keys", json={"principal": "p"}, headers=bearer, shows=True).json()
    talk.secrets.add(made["key"])
    hook = talk.ask("POST", "/api/v1/webhooks", json={"url": receiver.url}, headers=bearer, shows=True).json()
    talk.secrets.add(hook["secret"])
    here = f"/api/v1/webhooks/{hook['webhook']['id']}"
    talk.ask("POST", f"{here}/test", json={}, headers=bearer)
    rotated = talk.ask("POST", f"{here}/rotate", json={"overlapSeconds": 60}, headers=bearer, shows=True).json()
    talk.secrets.add(rotated["secret"])
    talk.ask("GET", address.webhook(hook["webhook"]["id"]), headers=bearer)
    exporter = {"name": "e", "config": {"schema.registry.url": receiver.url, **CONFIG}}
    assert talk.ask("POST", "/exporters", json=exporter, headers=bearer).status_code == 200
    for wrong in (
        {**exporter, "contextType": "SOMETHING"},
        {"name": "f", "config": {**CONFIG, "schema.registry.url": "nowhere"}},
        {"name": "f", "config": {**CONFIG, "schema.registry.url": "http://u:exporter-pass-word@h"}},
        {"name": "f", "config": [CONFIG]},
        exporter,
    ):
        assert talk.ask("POST", "/exporters", json=wrong, headers=bearer).status_code >= 400
    body = f'{{"name": "f", "config": {{"bearer.auth.token": "{CONFIG["bearer.auth.token"]}"'
    json_type = {"Content-Type": "application/json"}
    assert talk.ask("POST", "/exporters", content=body, headers=bearer | json_type).status_code == 400
    assert talk.ask("POST", "/subjects/s/versions", json={"schema": '"int"'}, headers=bearer).status_code == 200


def _is_in(secret: str, text: str) -> bool:
    """Itself, or as it stands inside another text: escaped, or in the base64 of basic authentication."""
    encoded = re.sub("=+$", "", b64encode(f"anna:{secret}".encode()).decode())
    return any(each in text for each in (secret, json.dumps(secret)[1:-1], encoded))


@pytest.mark.parametrize(
    "database",
    [
        "postgresql://lineal:data-base-pass@127.0.0.1:1/lineal",
        "postgresql://lineal:data-base-pass@127.0.0.1:port/lineal",
        "postgresql://lineal:data-base-pass@[::/lineal",
        "mysql://lineal:data-base-pass@127.0.0.1/lineal",
        "postgresql+psycopg2://lineal:data-base-pass@127.0.0.1/lineal",
        "lineal:data-base-pass@127.0.0.1",
    ],
)
def test_the_password_of_a_database_that_cannot_be_used_is_not_said(
    database: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for words in (("serve", "--port", "1", "--database", database), ("verify", "--database", database)):
        assert run(words) != 0
        output = capfd.readouterr()
        said = output.out + output.err
        assert said
        assert "data-base-pass" not in said + caplog.text, said
