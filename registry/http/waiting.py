"""How a request waits for its registration: it stands in the line, and the event loop is woken once for many answers.

To hand each request to a thread of its own and its answer back took as long as half a registration.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from litestar.connection import ASGIConnection

from registry.model import Origin, Subject
from registry.service.decision import Steps
from registry.service.line import PATIENCE, Line, Request

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Awaited(Request):
    future: asyncio.Future[Any] = field(kw_only=True)


def waiting_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Waiting:
    """Where requests wait in the application that one came to."""
    waiting: Waiting = connection.app.state.waiting
    return waiting


class Waiting:
    """Those in the line who must not hold up the event loop meanwhile."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._standing = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        """Looks after the line as long as somebody stands in it."""
        self._tell: Callable[[Sequence[Request]], None] = _nobody

    async def settled(self, subject: Subject, steps: Steps[T], origin: Origin) -> T:
        """``Line.settled``, awaited."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._tell = loop, partial(_wake, loop)
            loop.call_later(PATIENCE, self._look, loop)
        future: asyncio.Future[T] = loop.create_future()
        self._standing += 1
        try:
            self._line.join(_Awaited(subject, steps, origin, self._tell, future=future))
            return await future
        finally:
            self._standing -= 1

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._standing:
            self._loop = None
            return
        loop.call_later(PATIENCE, self._look, loop)
        self._line.look()


def _nobody(_: Sequence[Request]) -> None:
    """Nobody has come yet."""


def _wake(loop: asyncio.AbstractEventLoop, requests: Sequence[Request]) -> None:
    with suppress(RuntimeError):  # the loop has ended, and with it whoever has waited
        loop.call_soon_threadsafe(_answer, requests)


def _answer(requests: Sequence[Any]) -> None:
    for request in requests:
        future: asyncio.Future[Any] = request.future
        if future.done():  # the client has gone
            continue
        if request.error is None:
            future.set_result(request.outcome)
        else:
            future.set_exception(request.error)
