"""Try faults in code that is loaded: the tests are collected once, each fault lives in a forked process alone.

There the faulty function takes the place of the sound one, and of all tests those that call it run, first those that
are short or have noticed many faults, until one fails. A fault at the top of a module or class, where no function can
be exchanged, is loaded anew with all tests. A test that fails without any fault, for want of time on a busy machine,
takes no part.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib.util
import os
import pickle
import resource
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.prove.faults import Fault, with_fault

EXAMPLES = 40
"""Examples of each property: a fault that matters shows soon, and what survives has met them all."""
MEMORY = 6 << 30
SURVIVED, NOTICED, CRASHED = 0, 1, 99
QUIET = (
    *("-q", "--assert=plain", "--tb=no", "--capture=no", "--no-header", "--no-summary", "--hypothesis-seed=0"),
    *("-p", "no:faulthandler", "-p", "no:cacheprovider"),
)


@dataclass(frozen=True)
class Measured:
    """What one test takes, and the functions of the engine it calls as ``file:function``."""

    name: str
    seconds: float
    calls: frozenset[str]


class Trials:
    """A plugin of pytest that measures the tests it has collected, and then gives the floor to ``work``."""

    def __init__(self, folder: Path, engine: Path, work: Callable[[Trials], None]) -> None:
        self._folder = folder
        self._engine = engine
        self._work = work
        self._items: dict[str, pytest.Item] = {}
        self._measured: list[Measured] = []
        self._functions: dict[tuple[str, str, int], list[FunctionType]] = {}
        self._answers: dict[bytes, bytes] = {}
        self._catches: Counter[str] = Counter()
        """How many faults each test has noticed."""

    # ------------------------------------------------------------------------------------ hooks

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            _hurried(item)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise RuntimeError("the tests cannot even be collected")
        self._items = {item.nodeid: item for item in session.items}
        self._remember_compilations()
        self._measured = self._measure()
        self._remember_functions()
        gc.freeze()
        self._work(self)
        return True

    def _remember_functions(self) -> None:
        for each in gc.get_objects():
            if isinstance(each, FunctionType) and each.__code__.co_filename.startswith(str(self._engine)):
                code = each.__code__
                self._functions.setdefault((code.co_filename, code.co_qualname, code.co_firstlineno), []).append(each)

    # ------------------------------------------------------------------------------------ trials

    def noticed(self, file: str, source: str, fault: Fault) -> str:
        """The test that fails with this fault or takes far too long; empty if none does."""
        tests = self.tests_of(file, fault)
        if not tests:
            return ""
        patience = 20 + 5 * sum(each.seconds for each in tests)
        with tempfile.TemporaryDirectory() as own:
            where = Path(own) / "test"

            def child() -> int:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                for stream in (1, 2):
                    os.dup2(nowhere, stream)
                resource.setrlimit(resource.RLIMIT_CPU, (int(patience), int(patience) + 5))
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
                tree = with_fault(source, fault.number)
                if fault.function:
                    return self._exchanged(file, tree, fault.function, tests, where)
                return self._anew(file, tree, tests, where)

            status = _forked(child, 8 * patience)
            last = where.read_text(encoding="utf-8") if where.exists() else "loading"
            self._catches[last] += status != SURVIVED
            return "" if status == SURVIVED else last

    def tests_of(self, file: str, fault: Fault) -> list[Measured]:
        """The tests that can notice a fault, first those that are short or have noticed many."""
        if not fault.function:
            return self._measured
        able = [each for each in self._measured if f"{file}:{fault.function}" in each.calls]
        return sorted(able, key=lambda each: each.seconds / (1 + self._catches[each.name]))

    def _exchanged(self, file: str, tree: ast.Module, changed: str, tests: Sequence[Measured], where: Path) -> int:
        path = str(self._folder / file)
        for code in _functions_of(compile(tree, path, "exec", dont_inherit=True)):
            if code.co_qualname == changed:
                for function in self._functions.get((path, code.co_qualname, code.co_firstlineno), ()):
                    if code.co_freevars != function.__code__.co_freevars:  # the only ``super()`` is gone
                        return self._anew(file, tree, tests, where)
                    function.__code__ = code
        items = [self._items[each.name] for each in tests]
        for item, following in zip(items, [*items[1:], None], strict=True):
            where.write_text(item.nodeid, encoding="utf-8")
            if any(report.failed for report in runtestprotocol(item, nextitem=following, log=False)):
                return NOTICED
        return SURVIVED

    def _anew(self, file: str, tree: ast.Module, tests: Sequence[Measured], where: Path) -> int:
        for name in [each for each in sys.modules if each.partition(".")[0] in {"compat", "tests"}]:
            del sys.modules[name]
        name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        sys.meta_path.insert(0, _Faulty(name, str(self._folder / file), tree))
        files = dict.fromkeys(each.name.partition("::")[0] for each in tests)
        return int(bool(pytest.main([*QUIET, "-x", *files], plugins=[_Watching(where)])))

    # ------------------------------------------------------------------------------------ measures

    def _remember_compilations(self) -> None:
        """protoc is no part of the engine: what it has answered once need not be asked again by every child."""
        from compat.protobuf.protoc import Protoc

        ask = Protoc._ask

        def remembered(protoc: Protoc, request: bytes) -> bytes:
            if request not in self._answers:
                self._answers[request] = ask(protoc, request)
            return self._answers[request]

        Protoc._ask = remembered  # type: ignore[method-assign, assignment]

    def _measure(self) -> list[Measured]:
        """Run all tests once as they are, in a process of their own. Raises RuntimeError if one fails."""
        with tempfile.TemporaryDirectory() as own:
            result = Path(own) / "measured.json"
            if _forked(lambda: self._measured_into(result), 3600) != SURVIVED:
                raise RuntimeError("the tests could not be measured")
            rows, self._answers = pickle.loads(result.read_bytes())  # noqa: S301 - just written by our own child
        measured = [Measured(name, seconds, frozenset(calls)) for name, seconds, calls in rows]
        return sorted(measured, key=lambda each: each.seconds)

    def _measured_into(self, result: Path) -> int:
        prefix, rows, calls = f"{self._engine}{os.sep}", [], set[CodeType]()

        def called(frame: FrameType, event: str, arg: object) -> None:
            code = frame.f_code
            if code not in calls and code.co_filename.startswith(prefix):
                calls.add(code)

        items = list(self._items.values())
        for item, following in zip(items, [*items[1:], None], strict=True):
            calls.clear()
            start = time.perf_counter()
            threading.settrace(called)
            sys.settrace(called)
            reports = runtestprotocol(item, nextitem=following, log=False)
            sys.settrace(None)
            threading.settrace(None)
            if any(report.failed for report in reports):
                print(f"left out, since it fails without any fault: {item.nodeid}", flush=True)
                continue
            names = {f"{Path(c.co_filename).relative_to(self._folder)}:{_outermost(c)}" for c in calls}
            rows.append((item.nodeid, round(time.perf_counter() - start, 3), sorted(names)))
        result.write_bytes(pickle.dumps((rows, self._answers)))
        return SURVIVED


class _Faulty(SourceFileLoader):
    """Loads one module from a tree in place of its file."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - the loader's protocol
        return compile(self._tree, self.path, "exec", dont_inherit=True)

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)


class _Watching:
    """Notes the test that runs."""

    def __init__(self, where: Path) -> None:
        self._where = where

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            _hurried(item)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._where.write_text(nodeid, encoding="utf-8")


def _hurried(item: pytest.Item) -> None:
    """Fewer examples of a property, and none made smaller: that it fails is enough."""
    from hypothesis import Phase, settings

    function: Any = getattr(item, "obj", None)
    own = getattr(function, "_hypothesis_internal_use_settings", None)
    if own is not None:
        function = getattr(function, "__func__", function)
        function._hypothesis_internal_use_settings = settings(
            own, max_examples=min(own.max_examples, EXAMPLES), deadline=None, database=None,
            phases=(Phase.explicit, Phase.generate),
        )  # fmt: skip


def _outermost(code: CodeType) -> str:
    return code.co_qualname.partition(".<locals>")[0]


def _functions_of(code: CodeType) -> Iterator[CodeType]:
    """The functions and methods that a module declares, not what is inside them."""
    for each in code.co_consts:
        if isinstance(each, CodeType):
            if each.co_flags & 0x2:  # a function's locals: it has a new namespace; the body of a class has not
                yield each
            else:
                yield from _functions_of(each)


def _forked(work: Callable[[], int], seconds: float) -> int:
    """What a child makes of it; NOTICED if it has to be ended."""
    child = os.fork()
    if child == 0:
        os.setsid()
        status = CRASHED
        try:
            status = work()
        except BaseException:  # noqa: BLE001 - whatever it is, it is this fault's result
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    deadline = time.monotonic() + seconds
    done, code = 0, 0
    while not done and time.monotonic() < deadline:
        done, code = os.waitpid(child, os.WNOHANG)
        time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # the tests' own helpers too
    if not done:
        os.waitpid(child, 0)
        return NOTICED
    return os.waitstatus_to_exitcode(code)
