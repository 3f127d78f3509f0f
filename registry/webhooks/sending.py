"""One request to a webhook: an event, or the question whether it wants any.

The question is the validation handshake of CloudEvents' HTTP web hooks:
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from typing import Final

import httpx

from registry.addresses import Checked, Reach
from registry.errors import InvalidRequest
from registry.patience import within
from registry.webhooks.message import Message, headers

_AGENT: Final = {"User-Agent": "lineal"}
_ASKED: Final = "WebHook-Request-Origin"
_ALLOWED: Final = "WebHook-Allowed-Origin"
_RATE: Final = "WebHook-Allowed-Rate"
_ANY: Final = "*"
_MOST: Final = 1_000_000


class Sender:
    """Sends from one origin, no further than a reach."""

    def __init__(self, reach: Reach, seconds: float, origin: str) -> None:
        """``seconds``: how long an answer may take; ``origin``: the DNS name of this registry, or empty."""
        self._reach = reach
        self._seconds = seconds
        self._origin = origin

    @cached_property
    def _http(self) -> httpx.Client:
        """Made when something is sent: reading the authorities of this machine takes a moment."""
        return httpx.Client(transport=Checked(self._reach), timeout=self._seconds, trust_env=False)

    def send(self, url: str, sent: Message, secrets: Sequence[str], *, handshake: bool = False) -> str:
        """What went wrong; empty where the webhook has taken it. ``handshake``: it has agreed to this origin."""
        said = headers(sent, secrets, int(time.time())) | _AGENT | ({"Origin": self._origin} if handshake else {})
        try:
            with (
                within(self._seconds),
                self._http.stream("POST", url, content=sent.body, headers=said) as answer,
            ):
                if answer.is_redirect:
                    return f"it answered {answer.status_code}: redirects are not followed, register where it leads"
                return "" if answer.is_success else f"it answered {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return str(error) or type(error).__name__

    def handshake(self, url: str) -> int:
        """The events a minute that a webhook allows this origin, 0 for any number. Raises InvalidRequest."""
        if not self._origin:
            raise InvalidRequest(
                "A handshake says who asks: set LINEAL_WEBHOOK_ORIGIN to the DNS name of this registry"
            )
        try:
            with (
                within(self._seconds),
                self._http.stream("OPTIONS", url, headers=_AGENT | {_ASKED: self._origin}) as answer,
            ):
                allowed, rate = answer.headers.get(_ALLOWED, ""), answer.headers.get(_RATE, _ANY).strip()
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            why = str(error) or type(error).__name__
            raise InvalidRequest(f"The webhook did not answer the handshake: {why}") from error
        # the status says nothing: a server may answer OPTIONS without knowing of handshakes
        if allowed.strip().lower() not in {self._origin.lower(), _ANY}:
            raise InvalidRequest(
                f"The webhook answered {status} to the handshake and does not allow the origin {self._origin}: "
                f"it has to answer OPTIONS with {_ALLOWED}: {self._origin}"
            )
        if rate == _ANY:
            return 0
        if not (rate.isascii() and rate.isdigit() and 0 < int(rate[:9]) <= _MOST):
            raise InvalidRequest(f"The webhook answered the handshake with {_RATE}: {rate[:20]!r}, no number of events")
        return int(rate)
