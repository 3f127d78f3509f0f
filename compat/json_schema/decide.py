"""Decide whether a reader schema reads what a writer schema writes, and say why not.

1. Same text, or proven before (``proofs``): compatible.
2. The state {writer, not reader} has no value: compatible, a completed proof.
3. Otherwise the reader is walked keyword by keyword (``explain``); every keyword that refuses something the writer may
   write is a finding with its own witness, executed by two validators. What cannot be settled stays undecided.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from compat.budget import Budget, BudgetSpent
from compat.json_schema.answer import Status
from compat.json_schema.explain import Explanation
from compat.json_schema.normal import normal
from compat.json_schema.proofs import Proofs
from compat.json_schema.schema import ParsedSchema
from compat.json_schema.solver import Solver
from compat.profile import FormatMode
from compat.verdict import Incompatibility, Reason, Undecided

_TRIES: Final = {
    FormatMode.CONSERVATIVE: ((False, False), (True, True), (False, True)),
    FormatMode.ANNOTATION: ((False, False),),
    FormatMode.ASSERTION: ((True, True),),
}


def incompatibilities(
    reader: ParsedSchema, writer: ParsedSchema, budget: Budget, formats: FormatMode, proofs: Proofs
) -> Iterator[Incompatibility | Undecided]:
    """What keeps the reader from reading; nothing means proven. ``proofs``: what was proven under this mode."""
    if reader.spelling == writer.spelling:
        return
    spelt = any(each.dialect.order == 4 for each in (*reader.documents, *writer.documents))
    solver = Solver(budget, spelt=spelt, asserted=formats is FormatMode.ASSERTION)
    try:
        asserted = formats is not FormatMode.ANNOTATION
        writes, reads = normal(writer, formats=asserted), normal(reader, formats=asserted)
        if proofs.hold(writes.root, reads.root):
            return
        answer = solver.refute(writes.root, reads.root)
    except RecursionError:
        yield Undecided(Reason.BUDGET_SPENT, "the schemas are nested too deeply to be compared", reader.root.place)
        return
    if answer.status is Status.EMPTY or (answer.status is Status.MAYBE and reader.identity == writer.identity):
        proofs.add(writes.root, reads.root)
        return
    try:
        yield from Explanation(reads, writes, solver, _TRIES[formats]).findings(answer)
    except BudgetSpent as spent:
        yield Undecided(Reason.BUDGET_SPENT, str(spent), reader.root.place)
    except RecursionError:
        yield Undecided(Reason.BUDGET_SPENT, "the schemas are nested too deeply to be explained", reader.root.place)
