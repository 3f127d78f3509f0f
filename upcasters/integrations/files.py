"""For archives: files of old events, as JSON lines or Avro object container files, brought to one version.

    report = upcast_file(Path("orders.jsonl"), chain, Path("orders-v5.jsonl"), on_failure="skip")

Events stream through: one line, or one Avro block, is in memory at a time. Avro needs fastavro. Output appears under
its name when it is whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from upcasters.chain import Chain
from upcasters.errors import UpcastersError, UpcastFailed
from upcasters.failures import SKIPPED, Account, Policy, Report

LONGEST_LINE: Final = 64 * 1024 * 1024
"""Bytes of one JSON event, at most."""
PROGRESS_EVERY: Final = 1_000
"""Events from one call of ``progress`` to the next."""
SUFFIXES: Final = {".jsonl": "json", ".ndjson": "json", ".avro": "avro"}

Progress = Callable[[int, int], None]
"""Told how many bytes and events of the source are done."""


def upcast_file(
    source: Path,
    chain: Chain | Callable[[Any], Any],
    target: Path | None = None,
    *,
    on_failure: Policy = "raise",
    schema: Any = None,
    read: Callable[[Any], Any] | None = None,
    show: Callable[[Any], Any] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Bring every event of a file over; what comes of them goes to ``target``, if there is one.

    ``schema`` is the target version's Avro schema, needed where ``target`` is an Avro file; each event is checked
    against it. ``read`` makes an event of what is stored (a line as bytes, an Avro datum), ``show`` what is written of
    what came out; JSON lines are parsed and printed with exact numbers without them. Dead letters get what is stored.

    Raises UpcastFailed under ``raise``, and UpcastersError where a file is not what its suffix says.
    """
    kind, out_kind = _kind(source), _kind(target) if target else None
    if target and target.resolve() == source.resolve():
        raise UpcastersError(f"{source} would be overwritten: give the new file another name")
    if out_kind == "avro" and (schema is None or on_failure == "pass_raw"):
        raise UpcastersError("an Avro file has one schema: give it, and let no event through raw")
    account = Account(on_failure)
    upcast = _checked(chain, schema) if out_kind == "avro" else chain
    reader = read or (json_reader(*_ends(chain)) if kind == "json" else None)
    try:
        with source.open("rb") as file:
            stored = _noted(file, _json_lines(file, source) if kind == "json" else _avro(file, source), progress)
            results = (account.bring(one, upcast, reader) for one in stored)
            kept = (result for result in results if result is not SKIPPED)
            if target is None:
                for _ in kept:
                    pass
            else:
                _write(target, kept if show is None else map(show, kept), schema if out_kind == "avro" else None)
    except OSError as error:
        raise UpcastersError(f"{error.filename or source}: {error.strerror or error}") from error
    return account.report()


def json_reader(subject: str, versions: tuple[int, int], *, exact: bool = True) -> Callable[[bytes], Any]:
    """A reader of lines of JSON; with ``exact``, numbers that no float holds are Decimal. It raises UpcastFailed."""
    decode = msgspec.json.Decoder(float_hook=number if exact else None).decode

    def read(line: bytes) -> Any:
        try:
            return decode(line)
        except (ValueError, RecursionError, msgspec.DecodeError) as error:
            raise UpcastFailed(subject, versions, "", "", f"not JSON: {error}") from error

    return read


def number(text: str) -> float | Decimal:
    """A JSON number that is not whole: as a float if that is exact. Raises ValueError."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is out of range")
    exact = Decimal(text)
    return value if Decimal(repr(value)) == exact else exact


ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
"""Writes payloads as JSON with exact numbers."""


def _kind(path: Path) -> str:
    try:
        return SUFFIXES[path.suffix.lower()]
    except KeyError:
        raise UpcastersError(f"{path}: events are read from .jsonl, .ndjson and .avro files") from None


def _json_lines(file: IO[bytes], path: Path) -> Iterator[bytes]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise UpcastersError(f"{path}, line {number}: longer than {LONGEST_LINE} bytes")
        line = line.strip()
        if line:
            yield line


def _avro(file: IO[bytes], path: Path) -> Iterator[Any]:
    import fastavro

    try:
        yield from fastavro.reader(file)
    except (ValueError, EOFError, TypeError, LookupError, fastavro.schema.SchemaParseException) as error:
        raise UpcastersError(f"{path} is no whole Avro object container file: {error}") from error


def _noted(file: IO[bytes], stored: Iterable[Any], progress: Progress | None) -> Iterator[Any]:
    done = 0
    for one in stored:
        yield one
        done += 1
        if progress is not None and done % PROGRESS_EVERY == 0:
            progress(file.tell(), done)
    if progress is not None:
        progress(file.tell(), done)


def _checked(chain: Callable[[Any], Any], schema: Any) -> Callable[[Any], Any]:
    """The chain, its results tried against an Avro schema."""
    import fastavro
    from fastavro.validation import ValidationError

    parsed = fastavro.parse_schema(schema)

    def upcast(event: Any) -> Any:
        result = chain(event)
        try:
            fastavro.validate(result, parsed)
        except ValidationError as error:
            raise UpcastFailed(*_ends(chain), "", "", f"what came out does not fit the schema: {error}") from error
        return result

    return upcast


def _ends(chain: Callable[[Any], Any]) -> tuple[str, tuple[int, int]]:
    return (chain.subject, (chain.source, chain.target)) if isinstance(chain, Chain) else ("", (0, 0))


def _write(target: Path, events: Iterable[Any], schema: Any) -> None:
    """Write events as JSON lines, or with a schema as Avro; the file has its name once it is whole."""
    partial = target.with_name(f"{target.name}.partial")
    try:
        with partial.open("wb") as file:
            if schema is not None:
                import fastavro

                fastavro.writer(file, fastavro.parse_schema(schema), events, codec="deflate")
            else:
                for event in events:
                    file.write(event if isinstance(event, bytes) else ENCODER.encode(event))
                    file.write(b"\n")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
