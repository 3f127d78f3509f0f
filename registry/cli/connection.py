"""The connection to a registry: who asks, and in plain words what went wrong where no answer came to rely on."""

from __future__ import annotations

import os
import re
import ssl
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from compat.gate.errors import CouldNotCheck, Misconfigured
from registry.addresses import showing
from registry.cli.errors import Refusal
from registry.errors import InvalidRequest

T = TypeVar("T")

TOKEN: Final = "LINEAL_TOKEN"  # noqa: S105 - the name of a variable
CLIENT_CERT: Final = "LINEAL_CLIENT_CERT"
CLIENT_KEY: Final = "LINEAL_CLIENT_KEY"

_MEDIA_TYPE: Final = "application/vnd.schemaregistry.v1+json"
_SECONDS: Final = 30.0
_UNAUTHENTICATED: Final = 401
_FORBIDDEN: Final = 403
_NUMBER: Final = re.compile(r"\[Errno -?\d+\] ")
_SHOWN: Final = 300


class Connection:
    """To one registry. Use it as a context manager. Raises CouldNotCheck where it gives no answer to rely on."""

    def __init__(self, address: str, *, user: str = "", password: str = "", token: str = "") -> None:
        """Credentials are those given, else in the address, else in the environment.

        Raises Misconfigured for what is no address, and for a certificate that cannot be used.
        """
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Misconfigured(f"{address!r} is not the address of a registry: write http://host:port")
        self.address = address.rstrip("/")
        if parts.password:
            self.address = self.address.replace(f"{parts.username}:{parts.password}@", "")
        token = token or os.environ.get(TOKEN, "")
        certificate = os.environ.get(CLIENT_CERT, "")
        shown = (user, "--user"), (parts.password, "the address"), (token, TOKEN), (certificate, CLIENT_CERT)
        self._shown = next((where for what, where in shown if what), "")
        self._uncertified = parts.scheme == "https" and not certificate
        headers = {"Accept": f"{_MEDIA_TYPE}, application/json"}
        self._http = httpx.Client(
            base_url=address.rstrip("/"),
            headers=headers | ({"Authorization": f"Bearer {token}"} if token else {}),
            auth=(user, password) if user else None,
            timeout=_SECONDS,
            verify=_showing(certificate) if certificate else parts.scheme == "https",  # else no authority need be read
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, kind: type[T]) -> T:
        """What a path answers, read as ``kind``. Raises Refusal, CouldNotCheck."""
        return self._answer(self._http.build_request("GET", path), kind)

    def post(self, path: str, body: dict[str, Any], kind: type[T], seconds: float = _SECONDS) -> T:
        """What a path answers to a body, read as ``kind``, within so many seconds. Raises Refusal, CouldNotCheck."""
        return self._answer(self._with_body("POST", path, body, seconds), kind)

    def put(self, path: str, body: dict[str, Any], kind: type[T]) -> T:
        """What a path answers to what is set there, read as ``kind``. Raises Refusal, CouldNotCheck."""
        return self._answer(self._with_body("PUT", path, body), kind)

    def patch(self, path: str, body: dict[str, Any], kind: type[T]) -> T:
        """What a path answers to changes of it, read as ``kind``. Raises Refusal, CouldNotCheck."""
        return self._answer(self._with_body("PATCH", path, body), kind)

    def delete(self, path: str, kind: type[T]) -> T:
        """What a path answers when it is taken away, read as ``kind``. Raises Refusal, CouldNotCheck."""
        return self._answer(self._http.build_request("DELETE", path), kind)

    def _with_body(self, method: str, path: str, body: dict[str, Any], seconds: float = _SECONDS) -> httpx.Request:
        content, headers = msgspec.json.encode(body), {"Content-Type": _MEDIA_TYPE}
        return self._http.build_request(method, path, content=content, headers=headers, timeout=seconds)

    def _answer(self, request: httpx.Request, kind: type[T]) -> T:
        try:
            response = self._http.send(request)
        except httpx.HTTPError as cause:
            raise CouldNotCheck(self._silence(cause)) from cause
        code, message = _message(response)
        if response.status_code in {_UNAUTHENTICATED, _FORBIDDEN}:
            raise CouldNotCheck(self._not_let_in(response.status_code, message))
        if response.is_error and not code:
            raise CouldNotCheck(
                f"{self.address} answered {response.status_code} without the registry protocol's error code: "
                f"is this the address of a registry?{f' It said: {message}' if message else ''}"
            )
        if response.is_server_error:
            raise CouldNotCheck(f"{self.address} failed with {response.status_code}: {message}")
        if response.is_error:
            raise Refusal(response.status_code, code, message)
        try:
            return msgspec.json.decode(response.content or b"null", type=kind)
        except msgspec.DecodeError as cause:
            raise CouldNotCheck(f"{self.address} does not speak the registry protocol: {cause}") from cause

    def _silence(self, cause: httpx.HTTPError) -> str:
        why = _NUMBER.sub("", str(cause)) or type(cause).__name__
        if "CERTIFICATE_VERIFY_FAILED" in why:
            return (
                f"the certificate of {self.address} is not trusted here ({why}): "
                "name the file of its authority in SSL_CERT_FILE"
            )
        if "WRONG_VERSION_NUMBER" in why:
            return f"the registry at {self.address} does not speak TLS: write http:// in its address"
        wanted = f"; if it asks for a client certificate, name one in {CLIENT_CERT}" if self._uncertified else ""
        return (
            f"the registry at {self.address} does not answer ({why}): is it running, is the address right? "
            f"Start one with `lineal serve`, name another with --registry URL{wanted}"
        )

    def _not_let_in(self, status: int, message: str) -> str:
        said = f": {message}" if message else ""
        if status == _FORBIDDEN:
            return f"{self.address} does not allow this to whoever asks (403){said}"
        if self._shown:
            return f"{self.address} does not take the credentials in {self._shown} (401){said}"
        return (
            f"{self.address} wants to know who asks (401): set {TOKEN}, put user:password@ into the address, "
            f"or name a certificate in {CLIENT_CERT}"
        )


class _Refused(msgspec.Struct, frozen=True):
    error_code: int
    message: str = ""


def _message(response: httpx.Response) -> tuple[int, str]:
    """Code and message of a refusal; the code is 0 where the body is not the protocol's, a page is no message."""
    if not response.is_error:
        return 0, ""
    try:
        refusal = msgspec.json.decode(response.content, type=_Refused)
    except msgspec.DecodeError:
        return 0, "" if "<" in response.text else response.text.strip()[:_SHOWN]
    return refusal.error_code, refusal.message


def _showing(certificate: str) -> ssl.SSLContext:
    """Raises Misconfigured."""
    try:
        return showing(certificate, os.environ.get(CLIENT_KEY, ""), CLIENT_CERT.removesuffix("_CERT"))
    except InvalidRequest as error:
        raise Misconfigured(error.message) from error
