"""Copy the log of another lineal, entry by entry, and answer reads from the copy."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Final

import httpx
import msgspec

from registry.addresses import showing
from registry.errors import InvalidRequest, RegistryError
from registry.events import Line
from registry.service import Registry

_log = logging.getLogger(__name__)

_AT_ONCE: Final = 500
_WAIT_SECONDS: Final = 2.0
"""How long the primary may keep a question open while nothing happens; a node that is stopped waits for it."""
_TIMEOUT_SECONDS: Final = 10.0
_AGAIN_SECONDS: Final = 1.0


class LogPage(msgspec.Struct, frozen=True):
    """Entries of a log as they are kept."""

    lines: list[Line]
    position: int
    """Of the last entry of the log."""


class Follower:
    """The task that keeps the copy up to date. Raises InvalidRequest for an address that cannot be one."""

    name = "follow"

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._primary = address(registry.settings.follow)
        cert = registry.settings.follow_client_cert
        self._http = httpx.Client(
            base_url=self._primary,
            timeout=_TIMEOUT_SECONDS,
            auth=_bearer(registry.settings.follow_token_file),
            verify=showing(cert, registry.settings.follow_client_key, "LINEAL_FOLLOW_CLIENT") if cert else True,
        )
        self._same_log = False
        """Whether this log has been found to be the beginning of the primary's, since it last answered."""

    def wanted(self) -> bool:
        """Always: that is what the node is for."""
        return True

    def round(self, stop: Event) -> float:
        """Copy what is new; 0 as long as the primary answers."""
        try:
            self._copy(stop)
        except (httpx.HTTPError, msgspec.DecodeError, RegistryError) as error:
            self._fail(error)
            return _AGAIN_SECONDS
        return 0.0

    def _copy(self, stop: Event) -> None:
        position = self._registry.catalog.position()
        if not self._same_log:
            self._require_same_log(position)
        page = self._ask(position, wait=_WAIT_SECONDS)
        if page.lines or page.position < position:  # a standby may have taken over there without a word
            self._require_same_log(position)
        while page.lines and not stop.is_set():
            self._registry.transfer.adopt(page.lines)
            position = page.lines[-1].position
            self._registry.replication.heard(page.position)
            if position == page.position:
                return
            page = self._ask(position, wait=0.0)
        self._registry.replication.heard(page.position)

    def _require_same_log(self, position: int) -> None:
        """Raises InvalidRequest unless the last entry here is the primary's at the same position."""
        if position:
            here, _ = self._registry.transfer.lines(position - 1, 1)
            there = self._ask(position - 1, wait=0.0, limit=1)
            if there.position < position:
                raise InvalidRequest(
                    f"the log of {self._primary} ends at {there.position:,} and this copy at {position:,}: it has lost "
                    "entries, restored from an older backup perhaps; follow anew with an empty database"
                )
            if there.lines != here:
                raise InvalidRequest(
                    f"entry {position:,} of this database is not the one of {self._primary}: it holds another log; "
                    "follow with an empty database"
                )
        self._same_log = True

    def _ask(self, after: int, *, wait: float, limit: int = _AT_ONCE) -> LogPage:
        answer = self._http.get("/api/v1/log", params={"after": after, "limit": limit, "wait": wait})
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=LogPage)

    def _fail(self, error: Exception) -> None:
        self._same_log = False
        words = _words(error, self._primary)
        if self._registry.replication.standing().error != words:
            _log.warning("following: %s", words)
        self._registry.replication.failed(words)


def _words(error: Exception, primary: str) -> str:
    match error:
        case httpx.HTTPStatusError(response=response):
            return f"{primary} answered {response.status_code}: {response.text[:200]}"
        case httpx.HTTPError():
            return f"{primary} does not answer: {str(error) or type(error).__name__}"
        case msgspec.DecodeError():
            return f"{primary} does not speak as lineal does: {error}"
        case _:
            return str(error)


def address(url: str) -> str:
    """The registry to follow. Raises InvalidRequest for what is no address, or one with a secret in it."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InvalidRequest(f"LINEAL_FOLLOW is no address of a registry: {error}") from error
    if parts.userinfo:
        raise InvalidRequest("LINEAL_FOLLOW holds a user or password: put a token into LINEAL_FOLLOW_TOKEN_FILE")
    if parts.scheme not in {"http", "https"} or not parts.host:
        raise InvalidRequest(f"LINEAL_FOLLOW is {url!r}, not the address of a registry: write http://host:port")
    return url.rstrip("/")


def _bearer(file: str) -> Callable[[httpx.Request], httpx.Request] | None:
    """Shows the token in the file, which may be another one by the next request. Raises InvalidRequest."""
    if not file:
        return None

    def token() -> str:
        try:
            return Path(file).read_text("utf-8").strip()
        except OSError as error:
            raise InvalidRequest(f"LINEAL_FOLLOW_TOKEN_FILE {file} cannot be read: {error.strerror}") from error

    def with_token(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {token()}"
        return request

    token()  # who starts with a wrong path is told at once
    return with_token
