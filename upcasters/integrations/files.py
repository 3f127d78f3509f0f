"""For archives: files of old events, as JSON lines, Avro object container files or Parquet, brought to one version.

    report = upcast_file(Path("orders.jsonl"), chain, Path("orders-v5.jsonl"), on_failure="skip")

Events stream through: one line, or one Avro block, is in memory at a time. Avro needs fastavro, Parquet duckdb. Output
appears under its name when it is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from upcasters.chain import Chain
from upcasters.compile.targets import result_shape
from upcasters.errors import UpcastersError, UpcastFailed
from upcasters.failures import SKIPPED, Account, Policy, Report
from upcasters.integrations import event_files
from upcasters.integrations.event_files import json_reader
from upcasters.shape import ANYTHING, Shape

PROGRESS_EVERY: Final = 1_000
"""Events from one call of ``progress`` to the next."""

Progress = Callable[[int, int], None]
"""Told how many bytes and events of the source are done."""

Check = Callable[[Any], None]
"""Holds a payload against its schema; raises UpcastFailed."""


def upcast_file(
    source: Path,
    chain: Chain | Callable[[Any], Any],
    target: Path | None = None,
    *,
    on_failure: Policy = "raise",
    schema: Any = None,
    read: Callable[[Any], Any] | None = None,
    new: Check | None = None,
    show: Callable[[Any], Any] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Bring every event of a file over; what comes of them goes to ``target``, if there is one.

    ``schema`` is the target version's Avro schema, needed where ``target`` is an Avro file; each event is checked
    against it. ``read`` makes an event of what is stored (a line or a row as bytes, an Avro datum), ``new`` checks what
    came out, ``show`` makes of it what is written; JSON is parsed and printed with exact numbers without them. A row of
    Parquet is an event, its columns the members; with a ``target`` of Parquet the chain has to know the shape of its
    events. Dead letters get what is stored.

    Raises UpcastFailed under ``raise``, UpcastersError where a file is not what its suffix says, and NotPortable where
    events have no columns.
    """
    refuse_overwriting(source, target)
    if target and on_failure == "pass_raw" and event_files.kind(target) != "json":
        raise UpcastersError(f"{target} holds events of one version: let no event through raw")
    shape = chain.shape if isinstance(chain, Chain) else ANYTHING
    stored = event_files.source(source, shape)
    reader = read or reader_of(source, *_ends(chain))
    account = Account(on_failure)
    upcast = _checked(chain, [check for check in (new, avro_check(target, schema, *_ends(chain))) if check])
    try:
        out = event_files.target(target, schema=schema, shape=_result(chain)) if target else None
        try:
            for place, one in enumerate(stored.events(), 1):
                result = account.bring(one, upcast, reader)
                if out is not None and result is not SKIPPED:
                    out.write(result if show is None else show(result), place)
                if progress is not None and place % PROGRESS_EVERY == 0:
                    progress(stored.done(), place)
            if out is not None and target is not None:
                out.finish(target)
        finally:
            if out is not None and target is not None:
                out.close()
                event_files.partial_of(target).unlink(missing_ok=True)
    except OSError as error:
        raise UpcastersError(f"{error.filename or source}: {error.strerror or error}") from error
    report = account.report()
    if progress is not None:
        progress(stored.done(), report.events)
    return report


def refuse_overwriting(source: Path, target: Path | None) -> None:
    """Raises UpcastersError where a file would be written over while it is read."""
    if target and target.resolve() == source.resolve():
        raise UpcastersError(f"{source} would be overwritten: give the new file another name")


def reader_of(source: Path, subject: str, versions: tuple[int, int]) -> Callable[[Any], Any] | None:
    """What makes an event of what is stored in a file, if it is not one."""
    return None if event_files.kind(source) == "avro" else json_reader(subject, versions)


def avro_check(target: Path | None, schema: Any, subject: str, versions: tuple[int, int]) -> Check | None:
    """What holds an event against the schema of the Avro file that it goes to, if it goes to one."""
    if target is None or event_files.kind(target) != "avro":
        return None
    if schema is None:
        raise UpcastersError("an Avro file has one schema: give it")
    import fastavro
    from fastavro.validation import ValidationError

    parsed = fastavro.parse_schema(schema)

    def check(event: Any) -> None:
        try:
            fastavro.validate(event, parsed)
        except ValidationError as error:
            raise UpcastFailed(subject, versions, "", "", f"what came out does not fit the schema: {error}") from error

    return check


def _checked(chain: Callable[[Any], Any], checks: Sequence[Check]) -> Callable[[Any], Any]:
    """The chain, its results tried by checks."""
    if not checks:
        return chain

    def upcast(event: Any) -> Any:
        result = chain(event)
        for check in checks:
            check(result)
        return result

    return upcast


def _ends(chain: Callable[[Any], Any]) -> tuple[str, tuple[int, int]]:
    return (chain.subject, (chain.source, chain.target)) if isinstance(chain, Chain) else ("", (0, 0))


def _result(chain: Callable[[Any], Any]) -> Shape:
    return result_shape(chain) if isinstance(chain, Chain) else ANYTHING
