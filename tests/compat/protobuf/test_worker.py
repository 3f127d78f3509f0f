"""protoc lives in a process of its own: whatever happens to it, the service goes on."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from compat.definition import Definition, Format
from compat.errors import CompatError, LimitExceeded
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.protoc import Protoc, WorkerLimits

GOOD = [("a.proto", 'syntax = "proto3"; message A { int32 x = 1; }')]


@pytest.fixture
def protoc() -> Iterator[Protoc]:
    pool = Protoc(workers=2)
    yield pool
    pool.close()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_nothing_runs_before_it_is_needed(protoc: Protoc) -> None:
    assert protoc.worker_pids() == []
    assert protoc.compile(GOOD).set
    assert len(protoc.worker_pids()) == 1


def test_one_process_serves_many_requests(protoc: Protoc) -> None:
    protoc.compile(GOOD)
    pids = protoc.worker_pids()
    for _ in range(20):
        protoc.compile(GOOD)
    assert protoc.worker_pids() == pids


def test_a_killed_worker_is_replaced(protoc: Protoc) -> None:
    protoc.compile(GOOD)
    [pid] = protoc.worker_pids()
    os.kill(pid, signal.SIGKILL)
    assert protoc.compile(GOOD).set
    assert protoc.worker_pids() != [pid]
    assert not alive(pid)


def test_a_hanging_worker_is_ended_at_the_deadline() -> None:
    pool = Protoc(workers=1, limits=WorkerLimits(seconds=1.5))
    pool.compile(GOOD)
    [pid] = pool.worker_pids()
    os.kill(pid, signal.SIGSTOP)
    start = time.monotonic()
    with pytest.raises(LimitExceeded, match="time of the Protobuf compiler"):
        pool.compile(GOOD)
    assert time.monotonic() - start < 6
    assert not alive(pid)
    assert pool.compile(GOOD).set
    pool.close()


def test_a_flood_of_memory_ends_the_worker_alone() -> None:
    pool = Protoc(workers=1, limits=WorkerLimits(memory_bytes=150_000_000))
    fields = "\n".join(f"  repeated string field_with_a_long_name_{n} = {n};" for n in range(1, 18_000))
    many = "\n".join(f"message M{m} {{\n{fields}\n}}" for m in range(8))
    with pytest.raises(LimitExceeded, match="memory or time"):
        pool.compile([("a.proto", f'syntax = "proto3";\n{many}')])
    assert pool.compile(GOOD).set
    pool.close()


def test_too_much_processor_time_ends_the_worker_alone() -> None:
    pool = Protoc(workers=1, limits=WorkerLimits(cpu_seconds=0, seconds=30))
    fields = "\n".join(f"  string f{n} = {n};" for n in range(1, 15_000))
    many = "\n".join(f"message M{m} {{\n{fields}\n}}" for m in range(80))
    with pytest.raises(LimitExceeded):
        pool.compile([("a.proto", f'syntax = "proto3";\n{many}')])
    assert pool.compile(GOOD).set
    pool.close()


def test_threads_share_the_workers(protoc: Protoc) -> None:
    def compile_one(n: int) -> bool:
        answer = protoc.compile([("a.proto", f'syntax = "proto3"; message A{n} {{ int32 x = 1; }}')])
        return answer.set is not None and f"A{n}".encode() in answer.set

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(compile_one, range(200)))
    assert len(protoc.worker_pids()) <= 2


def test_a_worker_is_replaced_after_its_share_of_requests() -> None:
    pool = Protoc(workers=1, limits=WorkerLimits(requests=3))
    seen = set()
    for _ in range(7):
        pool.compile(GOOD)
        seen.update(pool.worker_pids())
    assert len(seen) == 3
    pool.close()


def test_closing_ends_the_processes(protoc: Protoc) -> None:
    protoc.compile(GOOD)
    pids = protoc.worker_pids()
    protoc.close()
    assert not any(map(alive, pids))
    assert protoc.compile(GOOD).set, "and a later request starts a new one"


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_its_own_workers(protoc: Protoc) -> None:
    protoc.compile(GOOD)
    pids = protoc.worker_pids()
    child = os.fork()
    if child == 0:  # pragma: no cover - runs in the child
        good = protoc.worker_pids() == [] and protoc.compile(GOOD).set is not None and protoc.worker_pids() != pids
        protoc.close()
        os._exit(0 if good else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert protoc.worker_pids() == pids
    assert protoc.compile(GOOD).set


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    child = os.fork()
    if child == 0:  # pragma: no cover - runs in the child
        pool = Protoc(workers=1)
        pool.compile(GOOD)
        note.write_text(str(pool.worker_pids()[0]))
        os._exit(0)  # no clean-up: the closed socket has to do
    os.waitpid(child, 0)
    pid = int(note.read_text())
    for _ in range(100):
        if not alive(pid) or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            break
        time.sleep(0.02)
    else:
        pytest.fail("the worker outlived its parent")


def expect_the_deadline(pool: Protoc) -> None:
    with pytest.raises(LimitExceeded):
        pool.compile(GOOD)


HOSTILE = {
    "deep nesting": 'syntax = "proto3";' + "message M {" * 5000,
    "deep option": 'syntax = "proto3"; option (x) = ' + "{a:" * 20_000,
    "endless string": 'syntax = "proto3"; package "' + "a" * 900_000,
    "many groups": 'syntax = "proto2"; message A {' + "optional group G = 1 {" * 3000,
    "control characters": "".join(chr(n) for n in range(1, 32)) * 1000,
    "a huge number": 'syntax = "proto3"; message A { int32 x = ' + "9" * 500_000 + "; }",
    "a cycle of imports": 'syntax = "proto3"; import "schema.proto";',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused_quickly(engine: ProtobufEngine, text: str) -> None:
    start = time.monotonic()
    with pytest.raises(CompatError):
        engine.parse(Definition(Format.PROTOBUF, text))
    assert time.monotonic() - start < 5


def test_no_thread_is_left_waiting_when_all_workers_are_busy() -> None:
    pool = Protoc(workers=1, limits=WorkerLimits(seconds=2))
    pool.compile(GOOD)
    os.kill(pool.worker_pids()[0], signal.SIGSTOP)
    slow = threading.Thread(target=expect_the_deadline, args=[pool])
    slow.start()
    time.sleep(0.05)
    assert pool.compile(GOOD).set, "waits for the deadline of the other, then is served"
    slow.join()
    pool.close()


def test_the_compiler_sees_no_file_of_this_machine(protoc: Protoc, tmp_path: Path) -> None:
    secret = tmp_path / "secret.proto"
    secret.write_text('syntax = "proto3"; message Secret {}')
    for path in (str(secret), f"../../..{secret}", "/etc/passwd", "schema.proto/../x.proto"):
        text = f'syntax = "proto3"; import "{path}"; message A {{ Secret s = 1; }}'
        answer = protoc.compile([("schema.proto", text)])
        assert answer.set is None, path


def test_a_forgotten_pool_ends_its_processes() -> None:
    pool = Protoc(workers=1)
    pool.compile(GOOD)
    [pid] = pool.worker_pids()
    del pool
    gc.collect()
    assert not alive(pid)
