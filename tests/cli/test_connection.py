"""What a person reads where a registry gives no answer to rely on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


@pytest.fixture
def answering() -> Iterator[Callable[[int, str], str]]:
    """The address of something that answers every request with this status and body."""
    running: list[HTTPServer] = []

    def made(status: int, body: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                """Nothing: not of interest."""

        running.append(HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=running[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"127.0.0.1:{running[-1].server_port}"

    yield made
    for each in running:
        each.shutdown()
        each.server_close()


def error(code: int, message: str) -> str:
    return json.dumps({"error_code": code, "message": message})


@pytest.mark.parametrize(
    ("status", "body", "credentials", "said"),
    [
        (401, error(40101, "Say who you are"), "", "wants to know who asks (401): set LINEAL_TOKEN"),
        (401, error(40101, "it is revoked"), "ann:pw@", "the credentials in the address (401): it is revoked"),
        (403, error(40301, "it needs the role reader"), "ann:pw@", "(403): it needs the role reader"),
        (404, "<html><h1>Not here</h1></html>", "", "is this the address of a registry?\n"),
        (502, "upstream is down", "", "is this the address of a registry? It said: upstream is down\n"),
        (500, error(50001, "the disk is full"), "", "failed with 500: the disk is full"),
        (200, "<html>Welcome</html>", "", "does not speak the registry protocol"),
    ],
)
def test_what_went_wrong_is_said_with_what_to_do(work, answering, status, body, credentials, said):
    done = work.lineal("pull", "--registry", f"http://{credentials}{answering(status, body)}")
    assert done.returncode == 3
    assert done.stderr.startswith("error: http://127.0.0.1:")
    assert said in done.stderr
    assert "pw" not in done.stderr


def test_a_client_certificate_that_cannot_be_used(work, monkeypatch):
    monkeypatch.setenv("LINEAL_CLIENT_CERT", "nowhere.pem")
    done = work.lineal("pull", "--registry", "https://127.0.0.1:1")
    assert (done.returncode, "LINEAL_CLIENT_KEY" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", ["verify", "rebuild"])
def test_a_database_that_is_not_there_is_not_made(work, command):
    done = work.lineal(command, "--database", "sqlite:///mistyped.db")
    assert done.returncode == 2
    assert (
        done.stderr == "error: there is no database at mistyped.db: name another with --database or LINEAL_DATABASE\n"
    )
    assert not (work.root / "mistyped.db").exists()
