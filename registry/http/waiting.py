"""Registrations that come together are decided by one thread, written by one transaction and answered at once.

Python runs one thread at a time, so many threads decide no faster than one, and to hand each request to a thread of its
own and its answer back took as long as half a registration. So they stand in a line: a thread that leads decides one
after another, has what was decided written together, and wakes the event loop once for all their answers. Of those on
one subject each waits for the one before it, so that none is decided in vain. Nothing rests on that order, so where a
leader gets no further, because a check is at its limits or the disk is slow, another one goes on with the rest.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from itertools import groupby
from threading import Lock
from time import monotonic
from typing import Any, Final, TypeVar

from litestar.connection import ASGIConnection

from registry.errors import StoreError
from registry.model import Origin, Subject, Version
from registry.service.decision import Decision, Proposal, Steps

T = TypeVar("T")
CarryOut = Callable[[Sequence[Proposal]], list[Version | None]]

_PATIENCE: Final = 0.2
"""Seconds that a leader may take for one decision, or to write: longer than most, and soon enough for who waits."""
_LEADERS: Final = 8
_MOST_TOGETHER: Final = 64


@dataclass(slots=True, eq=False)
class _Request:
    """Stands in the line, and in the end has an outcome or an error."""

    subject: Subject
    steps: Steps[Any]
    origin: Origin
    future: asyncio.Future[Any]
    context: Context = field(default_factory=copy_context)
    """On whose behalf it is decided."""
    decision: Decision | None = None
    """Waits to be carried out."""
    outcome: Any = None
    error: BaseException | None = None

    def advance(self, version: Version | None) -> bool:
        """Tell it what came of its decision; whether it has made another one, and is not done."""
        self.decision = None
        try:
            self.decision = self.context.run(self.steps.send, version)
        except StopIteration as end:
            self.outcome = end.value
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for it
            self.error = error
        return self.decision is not None

    def answer(self) -> None:
        """Let the one go on who waits, in the event loop."""
        if self.future.done():  # the client has gone
            return
        if self.error is None:
            self.future.set_result(self.outcome)
        else:
            self.future.set_exception(self.error)


@dataclass(slots=True, eq=False)
class _Leader:
    """A thread that works, what it is at, and since when."""

    since: float
    request: _Request | None = None
    """None: it writes."""


def line_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Line:
    """The line of the application that a request came to."""
    line: Line = connection.app.state.line
    return line


class Line:
    """Those who wait for a registration in this process."""

    def __init__(self, carry_out: CarryOut) -> None:
        self._carry_out = carry_out
        self._threads = ThreadPoolExecutor(_LEADERS, "lineal-writer")
        self._lock = Lock()
        self._ready: deque[_Request] = deque()
        self._behind: dict[Subject, deque[_Request]] = {}
        """By each subject that somebody is at: those who come next on it."""
        self._decided: list[_Request] = []
        self._done: list[_Request] = []
        """Not answered yet."""
        self._leaders: list[_Leader] = []
        self._watched: asyncio.AbstractEventLoop | None = None
        """The event loop that sees to it that a leader gets on."""
        self._standing = 0

    async def settled(self, subject: Subject, steps: Steps[T], origin: Origin) -> T:
        """What comes of these steps, which are taken on behalf of the same caller. Raises what they raise."""
        loop = asyncio.get_running_loop()
        request = _Request(subject, steps, origin, loop.create_future())
        self._standing += 1
        try:
            self._join(request)
            if self._watched is not loop:
                self._watched = loop
                loop.call_later(_PATIENCE, self._watch, loop)
            outcome: T = await request.future
            return outcome
        finally:
            self._standing -= 1

    def _join(self, request: _Request) -> None:
        with self._lock:
            if request.subject in self._behind:
                self._behind[request.subject].append(request)
                return
            self._behind[request.subject] = deque()
            self._ready.append(request)
            if not self._leaders:
                self._call_leader()

    def _call_leader(self) -> None:
        leader = _Leader(monotonic())
        self._leaders.append(leader)
        self._threads.submit(self._lead, leader)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """As long as somebody waits: have another thread lead where none gets on."""
        if not self._standing:
            self._watched = None
            return
        loop.call_later(_PATIENCE, self._watch, loop)
        late = monotonic() - _PATIENCE
        with self._lock:
            if any(leader.since > late for leader in self._leaders):
                return
            for leader in self._leaders:
                if leader.request is not None and (behind := self._behind.get(leader.request.subject)):
                    self._ready.extend(behind)
                    behind.clear()
            if (self._ready or self._decided) and len(self._leaders) < _LEADERS:
                self._call_leader()
        self._answer()

    def _lead(self, leader: _Leader) -> None:
        """Until nothing is left to do."""
        while self._goes_on(leader):
            while (request := self._next(leader)) is not None:
                self._advance(request, None)
            self._answer()
            self._write(self._group(leader))
            self._answer()

    def _goes_on(self, leader: _Leader) -> bool:
        with self._lock:
            if not (self._ready or self._decided):
                self._leaders.remove(leader)
                return False
            return True

    def _next(self, leader: _Leader) -> _Request | None:
        """The one to be decided now, unless there is enough to be written."""
        with self._lock:
            if not self._ready or len(self._decided) >= _MOST_TOGETHER:
                return None
            leader.since, leader.request = monotonic(), self._ready.popleft()
            return leader.request

    def _group(self, leader: _Leader) -> list[_Request]:
        with self._lock:
            leader.since, leader.request = monotonic(), None
            group, self._decided = self._decided, []
            return group

    def _advance(self, request: _Request, version: Version | None) -> None:
        if not request.advance(version):
            self._finish(request)
            return
        with self._lock:
            self._decided.append(request)

    def _finish(self, request: _Request) -> None:
        """It is to be answered, and the next one on its subject can be decided."""
        with self._lock:
            self._done.append(request)
            if behind := self._behind.get(request.subject):
                self._ready.append(behind.popleft())
            else:
                self._behind.pop(request.subject, None)

    def _write(self, group: Sequence[_Request]) -> None:
        """Carry out what was decided; one that fails does so by itself, unless nothing can be written at all."""
        if not group:
            return
        proposals = [Proposal(each.decision, each.origin, each.context) for each in group if each.decision is not None]
        try:
            versions = self._carry_out(proposals)
        except BaseException as error:  # noqa: BLE001 - it belongs to those who wait
            if len(group) == 1 or isinstance(error, StoreError):
                for each in group:
                    each.error = error
                    self._finish(each)
            else:
                for each in group:
                    self._write([each])
            return
        for each, version in zip(group, versions, strict=True):
            self._advance(each, version)

    def _answer(self) -> None:
        """Wake each event loop once for all who wait there."""
        with self._lock:
            done, self._done = self._done, []
        for loop, requests in groupby(done, key=lambda request: request.future.get_loop()):
            with suppress(RuntimeError):  # the loop has ended, and with it whoever has waited
                loop.call_soon_threadsafe(_answer_all, list(requests))


def _answer_all(requests: Sequence[_Request]) -> None:
    for request in requests:
        request.answer()
