"""An identity provider: keys, tokens and a real HTTP server for its JWKS."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

ISSUER, AUDIENCE = "https://id.example.com/", "lineal"


class Provider:
    """Signs tokens and publishes its keys; ``rotate`` makes a new key."""

    def __init__(self) -> None:
        self.asked = 0
        self.delay = 0.0
        self.keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self.current = ""
        self.rotate("one")
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                time.sleep(provider.delay)
                body = provider.jwks().encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/jwks.json"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def rotate(self, key_id: str) -> None:
        self.keys = {key_id: ec.generate_private_key(ec.SECP256R1())}
        self.current = key_id

    def jwks(self) -> str:
        published = [
            {**json.loads(ECAlgorithm.to_jwk(key.public_key())), "kid": name, "alg": "ES256", "use": "sig"}
            for name, key in self.keys.items()
        ]
        return json.dumps({"keys": published})

    def token(self, subject: str = "anna", **claims: Any) -> str:
        said = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": time.time() + 600, **claims}
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, self.keys[self.current], algorithm="ES256", headers={"kid": self.current})


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def token_settings(provider: Provider) -> Callable[..., dict[str, Any]]:
    def settings(**more: Any) -> dict[str, Any]:
        return {"access": "on", "jwks": provider.url, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE, **more}

    return settings
