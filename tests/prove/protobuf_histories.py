"""Every version of the real histories against all before it, both ways: ``python -m tests.prove.protobuf_histories``.

Prints figures; exits with 1 on an undecided question, a blocking finding without a witness, or a crash.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

from compat.budget import Budget
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from compat.verdict import Incompatibility, Severity
from tests.compat.protobuf.histories import histories

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"


def main() -> int:
    """Run, print, and answer with the exit status."""
    if not CORPORA.is_dir():
        print(f"needs the real schema histories in {CORPORA}")
        return 1
    engine = ProtobufEngine()
    counts: Counter[str] = Counter()
    start = time.perf_counter()
    for name, versions in histories(CORPORA).items():
        schemas = {v.definition.digest(): v.definition for v in versions}
        parsed = {digest: engine.parse(definition) for digest, definition in schemas.items()}
        distinct = list(parsed.values())
        for newer, new in enumerate(distinct):
            for old in distinct[:newer]:
                project = name.partition(" ")[0]
                _judge(engine, f"{project} backward", new, old, counts)
                _judge(engine, f"{project} forward", old, new, counts)
    for name, count in sorted(counts.items()):
        print(f"{name:60} {count:8,}")
    print(f"{'seconds':60} {time.perf_counter() - start:8.1f}")
    return 1 if counts["undecided"] or counts["blocking without witness"] else 0


def _judge(engine: ProtobufEngine, where: str, reader: Schema, writer: Schema, counts: Counter[str]) -> None:
    causes = list(engine.incompatibilities(reader, writer, Budget()))
    findings = [cause for cause in causes if isinstance(cause, Incompatibility)]
    blocking = [finding for finding in findings if finding.severity.blocks]
    lossy = any(finding.severity is Severity.LOSSY for finding in findings)
    counts["undecided"] += len(causes) - len(findings)
    counts["blocking without witness"] += sum(finding.witness is None for finding in blocking)
    counts[f"{where}: pairs"] += 1
    counts[f"{where}: {'incompatible' if blocking else 'compatible, lossy' if lossy else 'compatible'}"] += 1
    counts.update({f"{where}: pairs with {finding.difference.rule}" for finding in blocking})


if __name__ == "__main__":
    sys.exit(main())
