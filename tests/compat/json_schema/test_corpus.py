"""Every step of the real schemas of web analytics, in both directions: proven one way or the other."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from compat.errors import InvalidSchema
from compat.verdict import Undecided
from tests.compat.json_schema.laws import findings, outcome, parse, unproven

pytestmark = pytest.mark.corpus

STEPS = 141


def steps(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Consecutive versions of each schema: files named MODEL-REVISION-ADDITION.json."""
    versions: dict[Path, list[tuple[tuple[int, ...], Path]]] = defaultdict(list)
    for path in folder.glob("*/*/*.json"):
        if re.fullmatch(r"\d+-\d+-\d+", path.stem):
            versions[path.parent].append((tuple(map(int, path.stem.split("-"))), path))
    for _, found in sorted(versions.items()):
        ordered = [path for _, path in sorted(found)]
        yield from pairwise(ordered)


def test_every_step_of_the_real_histories(corpora: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts: Counter[str] = Counter()
    reasons: list[str] = []
    pairs = list(steps(corpora / "json-schema" / "iglu"))
    assert len(pairs) == STEPS
    for before, after in pairs:
        old, new = parse(before.read_text()), parse(after.read_text())
        for writer, reader, direction in ((old, new, "backward"), (new, old, "forward")):
            found = findings(writer, reader)
            assert unproven(writer, reader, found) is None, after
            counts[f"{direction} {outcome(found)}"] += 1
            reasons += [f"{after}: {each.reason} {each.message}" for each in found if isinstance(each, Undecided)]
    with capsys.disabled():
        print(f"\nIglu, {STEPS} steps: {dict(sorted(counts.items()))}, undecided: {reasons or 'none'}")
    unknown = sum(count for name, count in counts.items() if name.endswith("unknown"))
    assert unknown <= 0.03 * 2 * STEPS
    assert counts["backward compatible"] > 30
    assert counts["backward incompatible"] > 40


def test_every_real_schema_is_read_and_has_samples_unless_it_refers_to_what_is_not_there(corpora: Path) -> None:
    paths = sorted((corpora / "json-schema" / "iglu").glob("*/*/*.json"))
    refused = []
    for path in paths:
        try:
            parse(path.read_text())
        except InvalidSchema as error:
            refused.append(f"{path.parent.name}: {error}")
    assert len(paths) > 600
    assert all("instance-iglu-only" in each for each in refused)
    assert len(refused) <= 1
