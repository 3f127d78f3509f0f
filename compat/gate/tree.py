"""Where schema files are read from: a folder, or a git revision of it (no clone, no checkout)."""

from __future__ import annotations

import os
import posixpath
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from compat.gate.errors import CouldNotCheck, Misconfigured

SKIPPED_FOLDERS: Final = frozenset({"node_modules", "__pycache__", "venv"})
"""Folders never searched for schemas; neither is any whose name begins with a dot."""

FILE_BYTES: Final = 4_000_000
"""The largest file that is read."""

_LINK: Final = "120000"
"""The mode of a symbolic link in a tree of git."""
_LINKS: Final = 8
"""How many links may lead from one to the next."""

_CLONE: Final = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""What would tell git which clone is meant."""


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


@dataclass(frozen=True, slots=True)
class _Blob:
    """The content of a file, in the clone that has it: a submodule's is another one."""

    clone: Path
    digest: str


class GitTree:
    """The files below a folder as they stood at a revision, read from git's own store.

    ``root`` is a folder inside a work tree; any revision git understands will do. What a symbolic link names and the
    submodules that are checked out belong to it, as they belong to the folder; before the first commit HEAD has no
    files. Raises CouldNotCheck, with the exact line that fetches what is missing, when the revision or one of its
    objects is not in this clone.
    """

    def __init__(self, root: Path, revision: str) -> None:
        self._root = root
        self._revision = revision
        commit = self._resolve()
        self._blobs = {} if commit is None else self._listing(commit)

    @property
    def name(self) -> str:
        return f"git:{self._revision}"

    def paths(self) -> Sequence[str]:
        return sorted(self._blobs)

    def read(self, paths: Sequence[str]) -> Mapping[str, str]:
        contents = self._contents([self._blobs[path] for path in paths])
        texts: dict[str, str] = {}
        for path in paths:
            content = contents[self._blobs[path]]
            if content is None:
                raise CouldNotCheck(self._missing(f"the content of {path} at {self._revision} is not in this clone"))
            texts[path] = self._decoded(path, content)
        return texts

    def _contents(self, blobs: Sequence[_Blob]) -> dict[_Blob, bytes | None]:
        """What blobs hold, None where a clone lacks one."""
        found: dict[_Blob, bytes | None] = {}
        for clone in {blob.clone for blob in blobs}:
            asked = [blob for blob in blobs if blob.clone == clone]
            answer = _git(clone, "cat-file", "--batch", given="".join(f"{blob.digest}\n" for blob in asked).encode())
            if answer is None:
                raise CouldNotCheck(self._missing(f"the files of {self._revision} cannot be read"))
            start = 0
            for blob in asked:
                header, _, _ = answer[start : start + 200].partition(b"\n")
                begin = start + len(header) + 1
                if header.endswith(b" missing"):
                    found[blob], start = None, begin
                    continue
                end = begin + int(header.split()[2])
                found[blob] = answer[begin:end]
                start = end + 1  # the newline git writes after each
        return found

    def _decoded(self, path: str, content: bytes) -> str:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as cause:
            raise CouldNotCheck(f"{path} at {self._revision} is not UTF-8 text (byte {cause.start})") from cause

    def _resolve(self) -> str | None:
        """The commit that the revision names; None for HEAD where nothing was committed yet."""
        if _git(self._root, "rev-parse", "--is-inside-work-tree") is None:
            raise CouldNotCheck(
                f"{self._root} is not inside a git work tree: use --against dir:PATH, or run `git init`"
            )
        named = ("--verify", "--quiet", "--end-of-options", f"{self._revision}^{{commit}}")
        commit = _git(self._root, "rev-parse", *named)
        if commit is not None:
            return commit.decode().strip()
        if self._revision == "HEAD" and _git(self._root, "symbolic-ref", "--quiet", "HEAD") is not None:
            return None
        raise CouldNotCheck(self._missing(f"git does not know the revision {self._revision!r} in this clone"))

    def _listing(self, commit: str) -> dict[str, _Blob]:
        raw = _git(self._root, "ls-tree", "-r", "-z", commit)
        if raw is None:
            raise CouldNotCheck(self._missing(f"the files of {self._revision} are not in this clone"))
        blobs: dict[str, _Blob] = {}
        links: dict[str, _Blob] = {}
        for entry in raw.decode("utf-8", "surrogateescape").split("\0"):
            about, _, path = entry.partition("\t")
            mode, kind, digest = [*about.split(" "), "", "", ""][:3]
            if any(_skipped(part) for part in path.split("/")[:-1]):
                continue
            if kind == "blob":
                (links if mode == _LINK else blobs)[path] = _Blob(self._root, digest)
            elif kind == "commit" and (self._root / path / ".git").exists():
                blobs |= self._submodule(path, digest)
        return blobs | self._linked(links, blobs)

    def _submodule(self, path: str, commit: str) -> dict[str, _Blob]:
        try:
            tree = GitTree(self._root / path, commit)
        except CouldNotCheck as cause:
            raise CouldNotCheck(f"the submodule {path}, as {self._revision} has it: {cause}") from cause
        return {f"{path}/{inner}": blob for inner, blob in tree._blobs.items()}

    def _linked(self, links: Mapping[str, _Blob], blobs: Mapping[str, _Blob]) -> dict[str, _Blob]:
        """What links to files of the same tree stand for; where others lead is not the revision's."""
        contents = self._contents(list(links.values()))
        targets = {
            path: posixpath.normpath(
                posixpath.join(posixpath.dirname(path), (contents[blob] or b"").decode("utf-8", "surrogateescape"))
            )
            for path, blob in links.items()
        }
        found: dict[str, _Blob] = {}
        for path, target in targets.items():
            for _ in range(_LINKS):
                if target not in targets:
                    break
                target = targets[target]
            if target in blobs:
                found[path] = blobs[target]
        return found

    def _missing(self, what: str) -> str:
        """``what``, with the line that fetches it."""
        remote, _, branch = self._revision.partition("/")
        remotes = (_git(self._root, "remote") or b"").decode().split()
        shallow = (_git(self._root, "rev-parse", "--is-shallow-repository") or b"").strip() == b"true"
        if not remotes and not shallow:
            return f"{what}: check how it is spelt (`git log --oneline` shows what there is)"
        if branch and remote in remotes:
            fetch = f"git fetch --no-tags --depth=1 {remote} +refs/heads/{branch}:refs/remotes/{remote}/{branch}"
        elif shallow:
            fetch = "git fetch --unshallow"
        else:
            fetch = f"git fetch {remotes[0] if remotes else 'origin'} {self._revision}"
        return f"{what}: run `{fetch}` first (on GitHub: `fetch-depth: 0` in actions/checkout)"


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes | None:
    """What git answers to what it is given, None if it refuses. Never asks a remote.

    The folder says which clone is meant: a hook runs with variables (``GIT_DIR``) that name another one, or its top.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _CLONE}
    environment = {**kept, "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed program, arguments after --end-of-options or git's own ids
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the git of the user's own path
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
