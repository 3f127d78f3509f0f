"""Folders of schema files, and git repositories of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest


def record(name: str, *fields: tuple[str, object] | dict[str, object], namespace: str = "shop") -> str:
    """An Avro record as text; a field is (name, type) or the whole object."""
    written = [field if isinstance(field, dict) else {"name": field[0], "type": field[1]} for field in fields]
    return json.dumps({"type": "record", "name": name, "namespace": namespace, "fields": written}, indent=2)


class Folder:
    """Files in a temporary folder, with git where a test wants it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: Mapping[str, str]) -> Folder:
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text, encoding="utf-8")
        return self

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.email=ada@example.org", "-c", "user.name=Ada", "-c", "init.defaultBranch=main"]
        done = subprocess.run(
            ["git", "-C", str(self.root), *identity, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout

    def commit(self, message: str = "schemas") -> str:
        if not (self.root / ".git").exists():
            self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD").strip()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
