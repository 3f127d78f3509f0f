"""Programs that judge: one line of JSON in, one line of JSON out."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).parent


class NotHere(Exception):
    """What a judge needs is not on this machine."""


class Judge:
    """A running program that answers each question with one line."""

    def __init__(self, command: Sequence[str | Path]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, question: Mapping[str, object]) -> dict[str, Any]:
        """Raises RuntimeError if the program has ended."""
        asked, answered = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answered is not None
        asked.write(json.dumps(question) + "\n")
        asked.flush()
        line = answered.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """Let the program end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


def java(program: str) -> Judge:
    """A program of ``java/``, compiled as it is started. Raises NotHere."""
    libraries = HERE / "java" / "target" / "lib"
    if shutil.which("java") is None or not libraries.is_dir():
        raise NotHere("it needs Java 17 and Maven")
    return Judge(["java", "-Xss4m", "-cp", f"{libraries}/*", HERE / "java" / f"{program}.java"])


def javascript(program: str) -> Judge:
    """A program of ``javascript/``. Raises NotHere."""
    if shutil.which("node") is None or not (HERE / "javascript" / "node_modules").is_dir():
        raise NotHere("it needs Node.js and npm")
    return Judge(["node", HERE / "javascript" / f"{program}_judge.mjs"])
