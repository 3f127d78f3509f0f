"""The server is about to stop: whatever has no end of its own ends now.

A server finishes the requests in flight before it stops, and an event stream never finishes. The parent process of the
workers sends them this signal as soon as it is told to stop itself. It ends, too, when certificates were withdrawn: its
client comes back and shows its own again.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from typing import Any, Final

from litestar.connection import ASGIConnection

STOPPING: Final = signal.SIGUSR1

OUTDATED: Final = "lineal.outdated"
"""Where the ASGI scope of a client with a certificate has the question whether others were withdrawn since it came."""

_log = logging.getLogger(__name__)


def is_outdated(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether the client has to come back, to show its certificate again."""
    asked: Callable[[], bool] | None = connection.scope.get(OUTDATED)  # type: ignore[assignment]
    return asked is not None and asked()


class Stopping:
    """Whether the end has begun."""

    def __init__(self) -> None:
        self.begun = False

    def listen(self) -> None:
        """Hear of the end. Where signals cannot be had (outside the main thread), streams end with their clients."""
        try:
            asyncio.get_running_loop().add_signal_handler(STOPPING, self._begin)
        except (RuntimeError, ValueError):
            _log.debug("no signals here: event streams end when their clients do")

    def _begin(self) -> None:
        self.begun = True
