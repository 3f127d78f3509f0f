"""The server is about to stop: whatever has no end of its own ends now.

A server finishes the requests in flight before it stops, and an event stream never finishes. The parent process of the
workers sends them this signal as soon as it is told to stop itself.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import Final

STOPPING: Final = signal.SIGUSR1

_log = logging.getLogger(__name__)


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
