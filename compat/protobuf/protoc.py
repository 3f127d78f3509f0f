"""Compile Protobuf sources with the real protoc, in worker processes that may die without harm.

A worker is started when it is first needed, bounded in memory and CPU time, given a deadline for each request,
and replaced when it dies or has served long enough.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources, util
from pathlib import Path
from typing import Final

import msgspec

from compat.errors import LimitExceeded

_WORKER: Final = str(Path(__file__).with_name("worker.py"))
_AT_ONCE: Final = 0.25
"""Seconds within which the death of a worker is not blamed on the request."""
_INCLUDE: Final = Path(__file__).with_name("include")


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What one worker may use."""

    memory_bytes: int = 1 << 30
    """Address space of the process."""
    cpu_seconds: int = 10
    """Processor time of one request."""
    seconds: float = 15.0
    """Wall-clock seconds of one request, the wait for a free worker apart."""
    requests: int = 5_000
    """Requests after which a worker is replaced."""
    answer_bytes: int = 64 * 1024 * 1024
    """Size of one answer."""


class SourceError(msgspec.Struct, frozen=True, array_like=True):
    """One complaint of protoc; line and column are 1-based, 0 where it names none."""

    file: str
    line: int
    column: int
    message: str


class Answer(msgspec.Struct, frozen=True):
    """A serialized FileDescriptorSet (dependencies first), or why there is none."""

    set: bytes | None = None
    errors: list[SourceError] = []


class _WorkerDied(Exception):
    """The process ended before it answered."""


class _Worker:
    """One process and the socket to it."""

    def __init__(self, limits: WorkerLimits) -> None:
        self._limits = limits
        self.served = 0
        self._socket, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own file, no shell
                [
                    sys.executable,
                    "-I",
                    _WORKER,
                    str(theirs.fileno()),
                    str(limits.memory_bytes),
                    str(limits.cpu_seconds),
                    *_includes(),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, request: bytes) -> bytes:
        """Raises TimeoutError at the deadline, _WorkerDied if the process ends."""
        self.served += 1
        deadline = time.monotonic() + self._limits.seconds
        try:
            self._socket.settimeout(self._limits.seconds)
            self._socket.sendall(len(request).to_bytes(4, "big") + request)
            size = int.from_bytes(self._exactly(4, deadline), "big")
            if size > self._limits.answer_bytes:
                raise _WorkerDied
            return self._exactly(size, deadline)
        except (BrokenPipeError, ConnectionError) as error:
            raise _WorkerDied from error

    def _exactly(self, size: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < size:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError
            self._socket.settimeout(remaining)
            piece = self._socket.recv(min(size - len(data), 1 << 20))
            if not piece:
                raise _WorkerDied
            data += piece
        return bytes(data)

    def close(self) -> None:
        """End the process: politely by closing the socket, else by force."""
        self._socket.close()
        try:
            self._process.wait(0.2 if self._process.poll() is None else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        self._process.kill()
        self.close()

    def forget(self) -> None:
        """In a forked child: the worker belongs to the parent, so let go of it without ending it."""
        self._socket.close()
        self._process.returncode = 0


class Protoc:
    """A small pool of workers; safe to share between threads, and across a fork."""

    def __init__(self, workers: int = 2, limits: WorkerLimits | None = None) -> None:
        self._limits = limits or WorkerLimits()
        self._workers = workers
        self._idle: list[_Worker] = []
        self._fresh_locks()
        weakref.finalize(self, _close_all, self._idle)
        os.register_at_fork(after_in_child=_Forked(self))

    def _fresh_locks(self) -> None:
        self._free = threading.BoundedSemaphore(self._workers)
        self._lock = threading.Lock()

    def compile(self, files: Sequence[tuple[str, str]]) -> Answer:
        """Compile the last of ``files`` (import path, text), which may import the others and the bundled ones.

        Raises LimitExceeded when protoc takes too long or dies of the input.
        """
        request = msgspec.msgpack.encode({"files": [(name, text.encode()) for name, text in files]})
        if not self._free.acquire(timeout=4 * self._limits.seconds):
            raise LimitExceeded(
                "waiting for the Protobuf compiler (seconds)", 4 * self._limits.seconds, "try again later"
            )
        try:
            return msgspec.msgpack.decode(self._ask(request), type=Answer)
        finally:
            self._free.release()

    def close(self) -> None:
        """End every idle worker; a later request starts new ones."""
        with self._lock:
            idle = self._idle.copy()
            self._idle.clear()
        _close_all(idle)

    def worker_pids(self) -> list[int]:
        """The processes that wait for work."""
        with self._lock:
            return [worker.pid for worker in self._idle]

    def _ask(self, request: bytes) -> bytes:
        # A worker that was killed while it was idle answers nothing at once: its successor gets a second try.
        for last in (False, True):
            worker = self._take()
            start = time.monotonic()
            try:
                answer = worker.ask(request)
            except TimeoutError:
                worker.kill()
                raise LimitExceeded(
                    "time of the Protobuf compiler (seconds)", self._limits.seconds, "simplify the schema"
                ) from None
            except _WorkerDied:
                worker.kill()
                if last or time.monotonic() - start > _AT_ONCE:
                    raise LimitExceeded(
                        "memory or time of the Protobuf compiler (bytes)",
                        self._limits.memory_bytes,
                        "the compiler died of this schema: simplify it",
                    ) from None
            except BaseException:
                worker.kill()
                raise
            else:
                self._give_back(worker)
                return answer
        raise AssertionError

    def _take(self) -> _Worker:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _Worker(self._limits)

    def _give_back(self, worker: _Worker) -> None:
        if worker.served >= self._limits.requests:
            worker.close()
            return
        with self._lock:
            self._idle.append(worker)

    def _after_fork(self) -> None:
        for worker in self._idle:
            with contextlib.suppress(OSError):
                worker.forget()
        self._idle.clear()
        self._fresh_locks()


def _close_all(idle: list[_Worker]) -> None:
    """What also runs when a pool is forgotten, or the process ends."""
    for worker in idle:
        worker.close()


class _Forked:
    """What runs in a forked child; holds the pool weakly, since a fork hook cannot be withdrawn."""

    def __init__(self, pool: Protoc) -> None:
        self._pool = weakref.ref(pool)

    def __call__(self) -> None:
        if (pool := self._pool()) is not None:
            pool._after_fork()  # noqa: SLF001 - the other half of the same class


def _includes() -> list[str]:
    """Where protoc finds what every schema may import without a reference, as its ``-I`` arguments.

    google/protobuf comes with grpcio-tools; confluent/ is ours; google/type, google/api and google/rpc are there
    where googleapis-common-protos is installed.
    """
    found = [str(resources.files("grpc_tools") / "_proto"), f"confluent={_INCLUDE / 'confluent'}"]
    for package in ("type", "api", "rpc"):
        try:
            spec = util.find_spec(f"google.{package}")
        except ModuleNotFoundError:
            continue
        locations = (spec.submodule_search_locations or []) if spec else []
        found += [f"google/{package}={location}" for location in locations]
    return found
