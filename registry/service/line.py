"""Registrations that come together are decided by one thread, written by one transaction and answered at once.

Python runs one thread at a time, so many threads decide no faster than one, and each would wait for the disk by itself.
So they stand in a line: a thread that leads takes the steps of one after another, has what was decided written
together, and tells all who wait. Of those on one subject each waits for the one before it, so that none is decided in
vain. Nothing rests on that order, so where a leader gets no further, because a check is at its limits or the disk is
slow, another one goes on with the rest.

A thread that comes when nobody leads does so itself, until it has what it came for: who is alone wakes no other thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from itertools import groupby
from threading import Lock
from time import monotonic
from typing import Any, Final, TypeVar

from registry.errors import StoreError
from registry.model import Origin, Subject, Version
from registry.service.decision import Decision, Proposal, Steps

T = TypeVar("T")
CarryOut = Callable[[Sequence[Proposal]], list[Version | None]]

PATIENCE: Final = 0.2
"""Seconds that a leader may take for one decision, or to write: longer than most, and soon enough for who waits."""
_LEADERS: Final = 8
_MOST_TOGETHER: Final = 64


@dataclass(slots=True, eq=False)
class Request:
    """Stands in the line, and in the end has an outcome or an error."""

    subject: Subject
    steps: Steps[Any]
    origin: Origin
    tell: Callable[[Sequence[Request]], None]
    """Called with those that are done, once for all that are told in the same way."""
    context: Context = field(default_factory=copy_context)
    """On whose behalf it is decided."""
    decision: Decision | None = None
    """Waits to be carried out."""
    done: bool = False
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


@dataclass(slots=True, eq=False)
class _Leader:
    """A thread that works, what it is at, and since when."""

    since: float
    mine: Request | None = None
    """What the thread has come for; None: it leads as long as anything is left."""
    request: Request | None = None
    """None: it writes."""


class Line:
    """Those who wait for a registration in this process."""

    def __init__(self, carry_out: CarryOut) -> None:
        self._carry_out = carry_out
        self._threads = ThreadPoolExecutor(_LEADERS, "lineal-writer")
        self._lock = Lock()
        self._ready: deque[Request] = deque()
        self._behind: dict[Subject, deque[Request]] = {}
        """By each subject that somebody is at: those who come next on it."""
        self._decided: list[Request] = []
        self._done: list[Request] = []
        """Not told yet."""
        self._leaders: list[_Leader] = []

    def settled(self, subject: Subject, steps: Steps[T], origin: Origin) -> T:
        """What comes of these steps, which are taken on behalf of the same caller. Raises what they raise."""
        called = Lock()
        called.acquire()
        request = Request(subject, steps, origin, lambda _: called.release())
        leader = _Leader(monotonic(), request)
        if self._stands(request, leader):
            self._lead(leader)
        while not called.acquire(timeout=PATIENCE):
            self.look()
        if request.error is not None:
            raise request.error
        outcome: T = request.outcome
        return outcome

    def join(self, request: Request) -> None:
        """Stand in the line until told; whoever joins sees to it that somebody looks as long as any one waits."""
        leader = _Leader(monotonic())
        if self._stands(request, leader):
            self._threads.submit(self._lead, leader)

    def look(self) -> None:
        """Have another thread lead where none gets on: to be called every ``PATIENCE`` while somebody waits."""
        late = monotonic() - PATIENCE
        with self._lock:
            if any(leader.since > late for leader in self._leaders):
                return
            for leader in self._leaders:
                if leader.request is not None and (behind := self._behind.get(leader.request.subject)):
                    self._ready.append(behind.popleft())
            self._call_leader()
        self._tell()

    def _stands(self, request: Request, leader: _Leader) -> bool:
        """Put a request into the line; whether ``leader`` has to lead."""
        with self._lock:
            if request.subject in self._behind:
                self._behind[request.subject].append(request)
                return False
            self._behind[request.subject] = deque()
            self._ready.append(request)
            if self._leaders:
                return False
            self._leaders.append(leader)
            return True

    def _call_leader(self) -> None:
        if (self._ready or self._decided) and len(self._leaders) < _LEADERS:
            leader = _Leader(monotonic())
            self._leaders.append(leader)
            self._threads.submit(self._lead, leader)

    def _lead(self, leader: _Leader) -> None:
        """Until nothing is left to do, or what the thread has come for is done: then another one goes on."""
        while self._goes_on(leader):
            while (request := self._next(leader)) is not None:
                self._advance(request, None)
            self._tell()
            self._write(self._group(leader))
            self._tell()

    def _goes_on(self, leader: _Leader) -> bool:
        with self._lock:
            if (self._ready or self._decided) and not (leader.mine and leader.mine.done):
                return True
            self._leaders.remove(leader)
            if not self._leaders:
                self._call_leader()
            return False

    def _next(self, leader: _Leader) -> Request | None:
        """The one to be decided now, unless there is enough to be written."""
        with self._lock:
            if not self._ready or len(self._decided) >= _MOST_TOGETHER:
                return None
            leader.since, leader.request = monotonic(), self._ready.popleft()
            return leader.request

    def _group(self, leader: _Leader) -> list[Request]:
        with self._lock:
            leader.since, leader.request = monotonic(), None
            group, self._decided = self._decided, []
            return group

    def _advance(self, request: Request, version: Version | None) -> None:
        if not request.advance(version):
            self._finish(request)
            return
        with self._lock:
            self._decided.append(request)

    def _finish(self, request: Request) -> None:
        """It is to be told, and the next one on its subject can be decided."""
        request.done = True
        with self._lock:
            self._done.append(request)
            if behind := self._behind.get(request.subject):
                self._ready.append(behind.popleft())
            else:
                self._behind.pop(request.subject, None)

    def _write(self, group: Sequence[Request]) -> None:
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

    def _tell(self) -> None:
        with self._lock:
            done, self._done = self._done, []
        for tell, requests in groupby(done, key=lambda request: request.tell):
            tell(list(requests))
