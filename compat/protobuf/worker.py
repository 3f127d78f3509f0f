"""The process in which protoc runs: started by ``protoc.py`` by path, never imported by the service.

protoc is C++ reading hostile text, so it gets a process of its own with hard limits. It answers one request at a time
over the socket whose descriptor is its first argument, frames being a length (4 bytes, big endian) and MessagePack.
No file is written: each source is an anonymous memory file that protoc is told to find under its import path.
"""

from __future__ import annotations

import os
import re
import resource
import socket
import sys

import msgspec
from grpc_tools import _protoc_compiler

_FOUND = re.compile(r"^(?P<file>[^:\n]+):(?:(?P<line>\d+):(?P<column>\d+):)? (?P<message>.*)$")
_LOG_LINE = re.compile(r"^(?:[IWEF]\d{4} |WARNING: All log messages before absl)")
_WORST_ANSWER = 64 * 1024 * 1024


def main() -> None:
    """Serve until the other end closes the socket."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    memory_bytes, cpu_seconds = int(sys.argv[2]), int(sys.argv[3])
    includes = sys.argv[4:]
    os.chdir("/")
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_WORST_ANSWER, _WORST_ANSWER))
    while (request := _receive(channel)) is not None:
        _allow_more_cpu(cpu_seconds)
        answer = msgspec.msgpack.encode(_compile(msgspec.msgpack.decode(request), includes))
        channel.sendall(len(answer).to_bytes(4, "big") + answer)


def _receive(channel: socket.socket) -> bytes | None:
    header = _exactly(channel, 4)
    return None if header is None else _exactly(channel, int.from_bytes(header, "big"))


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        piece = channel.recv(min(size - len(data), 1 << 20))
        if not piece:
            return None
        data += piece
    return bytes(data)


def _allow_more_cpu(seconds: int) -> None:
    """The limit counts the whole life of the process: move it along with each request."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + 1 + seconds, resource.RLIM_INFINITY))


def _compile(request: dict[str, object], includes: list[str]) -> dict[str, object]:
    """``{"files": [[import path, text], ...]}``, the last to be compiled, becomes a set or a list of errors."""
    files: list[tuple[str, bytes]] = request["files"]  # type: ignore[assignment]
    opened: list[int] = []
    try:
        mapped: dict[str, str] = {}
        arguments = ["protoc", "--include_imports", "--include_source_info", *(f"-I{path}" for path in includes)]
        for name, text in files:
            path = _memory_file(opened, text)
            mapped[path] = name
            arguments.append(f"-I{name}={path}")
        arguments += [f"--descriptor_set_out={_memory_file(opened)}", files[-1][0]]
        result = opened[-1]
        _memory_file(opened)
        complaints = opened[-1]
        if _run(arguments, complaints) == 0:
            return {"set": _content(result)}
        return {"errors": _errors(_content(complaints).decode("utf-8", "replace"), mapped)}
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _memory_file(opened: list[int], content: bytes = b"") -> str:
    descriptor = os.memfd_create("protoc")
    opened.append(descriptor)
    while content:
        content = content[os.write(descriptor, content) :]
    return f"/proc/self/fd/{descriptor}"


def _content(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    data = bytearray()
    while len(data) < size and (piece := os.pread(descriptor, size - len(data), len(data))):
        data += piece
    return bytes(data)


def _run(arguments: list[str], complaints: int) -> int:
    kept = os.dup(2)
    os.dup2(complaints, 2)
    try:
        return int(_protoc_compiler.run_main([argument.encode() for argument in arguments]))
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _errors(text: str, mapped: dict[str, str]) -> list[list[object]]:
    """protoc's complaints as ``[file, line, column, message]``; line and column are 1-based, 0 where it names none."""
    errors: list[list[object]] = []
    for line in text.splitlines():
        if _LOG_LINE.match(line):
            continue
        found = _FOUND.match(line)
        if found:
            file = mapped.get(found["file"], found["file"])
            errors.append([file, int(found["line"] or 0), int(found["column"] or 0), found["message"]])
        elif errors:
            errors[-1][3] = f"{errors[-1][3]} {line.strip()}"
        else:
            errors.append(["", 0, 0, line])
    return errors


if __name__ == "__main__":
    main()
