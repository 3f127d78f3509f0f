"""Run buf over many pairs at once: each pair in a package of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

BUF = Path(sys.executable).with_name("buf")


def breaking(folder: Path, pairs: Sequence[tuple[str, str]], categories: Sequence[str]) -> list[set[str]]:
    """Per pair (earlier, later) the ids of buf's rules that its change breaks. Works without a network."""
    for side in ("old", "new"):
        root = folder / side
        root.mkdir(parents=True)
        use = ", ".join(categories)
        (root / "buf.yaml").write_text(f"version: v2\nbreaking:\n  use: [{use}]\nlint:\n  use: [MINIMAL]\n")
    for number, sources in enumerate(pairs):
        for side, source in zip(("old", "new"), sources, strict=True):
            path = folder / side / f"p{number}" / "a.proto"
            path.parent.mkdir()
            path.write_text(source.replace("package shop;", f"package p{number};"))
    command = [BUF, "breaking", "new", "--against", "old", "--error-format=json"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    if run.returncode not in {0, 100}:
        raise RuntimeError(run.stderr or run.stdout)
    found: dict[int, set[str]] = defaultdict(set)
    for line in run.stdout.splitlines():
        finding = json.loads(line)
        found[_number(finding)].add(finding["type"])
    return [found[number] for number in range(len(pairs))]


def _number(finding: dict[str, str]) -> int:
    """Which pair a finding is about: by its file, or by its package where a whole package is gone."""
    if "path" in finding:
        return int(Path(finding["path"]).parent.name[1:])
    found = re.search(r'"p(\d+)"', finding["message"])
    if found is None:
        raise RuntimeError(f"buf reports something of no pair: {finding}")
    return int(found[1])
