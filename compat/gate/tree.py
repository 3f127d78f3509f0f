"""Where schema files are read from: a folder, or a git revision of it (no clone, no checkout)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from compat.gate.errors import CouldNotCheck, Misconfigured

SKIPPED_FOLDERS: Final = frozenset({"node_modules", "__pycache__", "venv"})
"""Folders never searched for schemas; neither is any whose name begins with a dot."""

FILE_BYTES: Final = 4_000_000
"""The largest file that is read."""


class Tree(Protocol):
    """A folder of text files. Paths are relative to its root, with forward slashes."""

    @property
    def name(self) -> str:
        """What a report calls it."""
        ...

    def paths(self) -> Sequence[str]:
        """Every file, sorted."""
        ...

    def read(self, paths: Sequence[str]) -> Mapping[str, str]:
        """The texts of some files. Raises CouldNotCheck if one cannot be read as UTF-8."""
        ...


class FolderTree:
    """The files below a folder as they stand now."""

    def __init__(self, root: Path, name: str = "the working folder") -> None:
        if not root.is_dir():
            raise Misconfigured(f"{root} is not a folder: name one that exists")
        self._root = root
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def paths(self) -> Sequence[str]:
        return sorted(self._walk())

    def read(self, paths: Sequence[str]) -> Mapping[str, str]:
        return {path: self._text(path) for path in paths}

    def _text(self, path: str) -> str:
        file = self._root / path
        try:
            if file.stat().st_size > FILE_BYTES:
                raise CouldNotCheck(f"{path} is larger than {FILE_BYTES:,} bytes: schemas that large are not checked")
            return file.read_bytes().decode("utf-8-sig")
        except OSError as cause:
            raise CouldNotCheck(f"{path} cannot be read: {cause.strerror}") from cause
        except UnicodeDecodeError as cause:
            raise CouldNotCheck(f"{path} is not UTF-8 text (byte {cause.start}): save it as UTF-8") from cause

    def _walk(self) -> Iterator[str]:
        for folder, folders, files in os.walk(self._root):
            folders[:] = sorted(name for name in folders if not _skipped(name))
            for name in files:
                yield (Path(folder) / name).relative_to(self._root).as_posix()


class GitTree:
    """The files below a folder as they stood at a revision, read from git's own store.

    ``root`` is a folder inside a work tree; any revision git understands will do. Raises CouldNotCheck, with the
    exact line that fetches what is missing, when the revision or one of its objects is not in this clone.
    """

    def __init__(self, root: Path, revision: str) -> None:
        self._root = root
        self._revision = revision
        self._commit = self._resolve()
        self._blobs = self._listing()

    @property
    def name(self) -> str:
        return f"git:{self._revision}"

    def paths(self) -> Sequence[str]:
        return sorted(self._blobs)

    def read(self, paths: Sequence[str]) -> Mapping[str, str]:
        if not paths:
            return {}
        asked = "".join(f"{self._blobs[path]}\n" for path in paths).encode()
        answer = self._git("cat-file", "--batch", given=asked)
        if answer is None:
            raise CouldNotCheck(self._missing(f"the files of {self._revision} cannot be read"))
        texts: dict[str, str] = {}
        start = 0
        for path in paths:
            header, _, _ = answer[start : start + 200].partition(b"\n")
            if header.endswith(b" missing"):
                raise CouldNotCheck(self._missing(f"the content of {path} at {self._revision} is not in this clone"))
            begin = start + len(header) + 1
            end = begin + int(header.split()[2])
            texts[path] = self._decoded(path, answer[begin:end])
            start = end + 1  # the newline git writes after each
        return texts

    def _decoded(self, path: str, content: bytes) -> str:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as cause:
            raise CouldNotCheck(f"{path} at {self._revision} is not UTF-8 text (byte {cause.start})") from cause

    def _resolve(self) -> str:
        if self._git("rev-parse", "--is-inside-work-tree") is None:
            raise CouldNotCheck(
                f"{self._root} is not inside a git work tree: use --against dir:PATH, or run `git init`"
            )
        commit = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{self._revision}^{{commit}}")
        if commit is None:
            raise CouldNotCheck(self._missing(f"git does not know the revision {self._revision!r} in this clone"))
        return commit.decode().strip()

    def _listing(self) -> dict[str, str]:
        raw = self._git("ls-tree", "-r", "-z", self._commit)
        if raw is None:
            raise CouldNotCheck(self._missing(f"the files of {self._revision} are not in this clone"))
        blobs = {}
        for entry in raw.decode("utf-8", "surrogateescape").split("\0"):
            about, _, path = entry.partition("\t")
            kind, digest = [*about.split(" "), "", "", ""][1:3]
            if kind == "blob" and not any(_skipped(part) for part in path.split("/")[:-1]):
                blobs[path] = digest
        return blobs

    def _missing(self, what: str) -> str:
        """``what``, with the line that fetches it."""
        remote, _, branch = self._revision.partition("/")
        remotes = (self._git("remote") or b"").decode().split()
        shallow = (self._git("rev-parse", "--is-shallow-repository") or b"").strip() == b"true"
        if not remotes and not shallow:
            return f"{what}: check how it is spelt (`git log --oneline` shows what there is)"
        if branch and remote in remotes:
            fetch = f"git fetch --no-tags --depth=1 {remote} +refs/heads/{branch}:refs/remotes/{remote}/{branch}"
        elif shallow:
            fetch = "git fetch --unshallow"
        else:
            fetch = f"git fetch {remotes[0] if remotes else 'origin'} {self._revision}"
        return f"{what}: run `{fetch}` first (on GitHub: `fetch-depth: 0` in actions/checkout)"

    def _git(self, *arguments: str, given: bytes = b"") -> bytes | None:
        """What git answers to what it is given, None if it refuses. Never asks a remote."""
        environment = {**os.environ, "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        try:
            done = subprocess.run(  # noqa: S603 - fixed program, arguments after --end-of-options or git's own ids
                ["git", "-C", str(self._root), *arguments],  # noqa: S607 - the git of the user's own path
                input=given,
                capture_output=True,
                check=False,
                env=environment,
                timeout=60,
            )
        except FileNotFoundError as cause:
            raise CouldNotCheck("git is not installed: install it, or use --against dir:PATH") from cause
        except subprocess.TimeoutExpired as cause:
            raise CouldNotCheck(f"git did not answer within {cause.timeout:.0f} seconds") from cause
        return done.stdout if done.returncode == 0 else None


def _skipped(folder: str) -> bool:
    return folder.startswith(".") or folder in SKIPPED_FOLDERS
