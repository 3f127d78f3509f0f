"""The steps that need no document of a person: they follow from the two schemas, and from what is proven of them.

Up, such a step holds where the new schema is proven to read what was written with the old one (a JSON Schema that
demands a new member refuses old events until an operation has added it: there generated events decide). Down it holds
where that is proven the other way round. A way down that does not hold is left out rather than guessed.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from compat.definition import Format
from compat.formats import Parsed
from registry.upcasting.drafting import draft
from registry.upcasting.engines import Engine
from registry.upcasting.report import Limits, Report
from registry.upcasting.tighter import reads
from registry.upcasting.verification import verify
from upcasters.document import Document
from upcasters.operations import Operation, Remove

LIMITS = Limits(events=60, seconds=1.0, engine_seconds=3.0)
"""Nobody waits for a proof of what nobody wrote: it is shorter."""


def implied(subject: str, source: int, target: int, old: Parsed, new: Parsed) -> tuple[Document, Report] | None:
    """The step as a document with its proof; None where a person has to decide something."""
    drafted = draft(subject, source, target, old, new)
    document = drafted.document
    by_operations = bool(document.ops) and old.definition.format is Format.JSON
    if not drafted.complete or not (by_operations or reads(new, old)):
        return None
    report = verify(document, old, new, limits=LIMITS)
    if not report.accepted:
        return None
    if report.unreturned is None and (document.ops or reads(old, new)):
        return document, report
    document = msgspec.structs.replace(document, down=_removals(document, old, new) or "none")
    return document, verify(document, old, new, limits=LIMITS)


def agreed(proven: tuple[Document, Report], old: Parsed, new: Parsed, engines: tuple[Engine, ...]) -> Report | None:
    """The proof of an implied step with other engines held to its events; None where one disagrees.

    A step that does nothing either way is the event itself to every compiler, and is asked of none.
    """
    document, report = proven
    if not document.ops and not isinstance(document.down, tuple):
        return report
    report = verify(document, old, new, limits=replace(LIMITS, engines=engines))
    return report if report.accepted else None


def _removals(document: Document, old: Parsed, new: Parsed) -> tuple[Operation, ...]:
    """What the old version cannot hold, taken away, where that alone leads back; else nothing."""
    back = draft(document.subject, document.target, document.source, new, old)
    if not back.document.ops or not all(isinstance(operation, Remove) for operation in back.document.ops):
        return ()
    candidate = msgspec.structs.replace(document, down=back.document.ops)
    return back.document.ops if verify(candidate, old, new, limits=LIMITS).unreturned is None else ()
