"""Replay files of events through a chain that makes one event of several; broken off, it goes on where it was.

    report = replay_file(Path("lines.jsonl"), chain, Path("orders.jsonl"), on_failure=letters.append)
    report = replay_parquet("lines/*.parquet", chain, Path("orders.parquet"), document="payload")

The order of the file is the order of the stream. What is read, written and still open is noted beside the target
every ``CHECKPOINT_EVERY`` events: run again, the job takes that up, and comes to the same file as one that was never
broken off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

import msgspec

from upcasters.chain import Chain
from upcasters.collecting import Counts, Outcome, Replay, require_payloads
from upcasters.compile.targets import result_shape
from upcasters.errors import UpcastersError, UpcastFailed
from upcasters.failures import count
from upcasters.integrations import event_files
from upcasters.integrations.event_files import Source, Target
from upcasters.integrations.files import Check, Progress, avro_check, reader_of, refuse_overwriting
from upcasters.stream import Event

CHECKPOINT_EVERY: Final = 1_000
"""Events from one note of how far the job has come to the next."""

Policy: TypeAlias = Literal["raise", "skip"] | Callable[[Outcome], None]
"""``raise`` the first failure, ``skip`` what fails, or hand it to a dead letter: the error and the events' numbers."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What became of the events of a file."""

    counts: Counts
    """Events taken, and the groups that became one event, complete or not."""
    made: int
    """Events written."""
    dropped: int
    """Events that a step dropped."""
    failed: Mapping[str, int]
    """How many events or groups failed, by reason; most frequent first."""
    resumed: int
    """The events that an earlier run had taken already."""


@dataclass(frozen=True, slots=True)
class Handling:
    """What a job does to each event on its way in and out, and where it fails."""

    read: Callable[[Any], Any] | None = None
    """Makes an event of what is stored; raises UpcastFailed."""
    new: Sequence[Check] = ()
    """What holds for each event that is written."""
    show: Callable[[Any], Any] | None = None
    """Makes of an event what is written."""
    on_failure: Policy = "raise"
    progress: Progress | None = None


def replay_file(
    source: Path,
    chain: Chain,
    target: Path,
    *,
    on_failure: Policy = "raise",
    schema: Any = None,
    read: Callable[[Any], Any] | None = None,
    new: Check | None = None,
    show: Callable[[Any], Any] | None = None,
    progress: Progress | None = None,
) -> ReplayReport:
    """Replay every event of a file; ``target`` appears when it is whole.

    The arguments are those of ``upcast_file``. Under ``raise`` the job can be run again, and goes on before the events
    that were not noted. Raises UpcastFailed, UpcastersError where a file is not what it seems or was, NotAPayload for a
    chain that splits or renames events, and NotPortable where events have no columns.
    """
    refuse_overwriting(source, target)
    ends = (chain.subject, (chain.source, chain.target))
    checks = [check for check in (new, avro_check(target, schema, *ends)) if check]
    handling = Handling(read or reader_of(source, *ends), checks, show, on_failure, progress)
    stored = event_files.source(source, chain.shape)
    marker = bytes.fromhex(chain.hash)[:16]

    def out(written: int) -> Target:
        return event_files.target(target, schema=schema, shape=result_shape(chain), written=written, marker=marker)

    return _run(stored, chain, target, out, handling)


def replay_parquet(
    source: str | Path | Sequence[str | Path],
    chain: Chain,
    target: Path,
    *,
    document: str = "",
    only: Mapping[str, str] = MappingProxyType({}),
    version: str = "",
    keep: Sequence[str] = (),
    on_failure: Policy = "raise",
    read: Callable[[Any], Any] | None = None,
    new: Check | None = None,
    show: Callable[[Any], Any] | None = None,
    progress: Progress | None = None,
) -> ReplayReport:
    """Replay every event of Parquet files (or a glob of them: by name) into one new file.

    ``document`` names the column with events as JSON, all others stay; without it each row is an event, and ``keep``
    names columns that are none of its members. A row that was made of several has what the last of them had in the
    columns that stay. In a table with events of many types and versions, ``only`` says which texts its columns have in
    the rows of this chain, and ``version`` names the column with the version: all other rows stay as they are.
    The rest, and what it raises, is as in ``replay_file``.
    """
    from upcasters.integrations.parquet_rows import Documents, ParquetRows, ParquetTarget

    if (only or version) and not document:
        raise UpcastersError("rows are chosen where a column holds events as JSON: name it as document")
    paths = [source] if isinstance(source, str | Path) else list(source)
    for path in paths:
        refuse_overwriting(Path(path), target)
    documents = Documents(document, only, version) if document else None
    rows = ParquetRows(paths, chain.shape, documents, keep, chain.source)
    reader = read or event_files.json_reader(chain.subject, (chain.source, chain.target))
    partial = event_files.partial_of(target)

    def out(written: int) -> Target:
        return ParquetTarget(partial, rows, result_shape(chain), written, chain.target)

    handling = Handling(reader, [new] if new else [], show, on_failure, progress)
    return _run(rows, chain, target, out, handling)


class _Job(msgspec.Struct):
    """How far a job has come: what its checkpoint says."""

    chain: str
    size: int
    """Of the source, when the job began."""
    written: int = 0
    made: int = 0
    dropped: int = 0
    failed: dict[str, int] = {}
    state: Any = None


def _run(source: Source, chain: Chain, path: Path, target: Callable[[int], Target], handling: Handling) -> ReplayReport:
    require_payloads(chain.steps)
    checkpoint = path.with_name(f"{path.name}.checkpoint")
    try:
        job = _begun(checkpoint, event_files.partial_of(path), chain, source)
        replay = chain.replay(job.state)
        resumed = replay.counts.events
        out = target(job.written)
        try:
            work = _Work(job, replay, out, handling)
            for stored in source.events(after=resumed):
                work.take(stored)
                if replay.counts.events % CHECKPOINT_EVERY == 0:
                    work.note(checkpoint)
                    if handling.progress is not None:
                        handling.progress(source.done(), replay.counts.events)
            work.settle(replay.finish())
            out.finish(path)
        finally:
            out.close()
        checkpoint.unlink(missing_ok=True)
    except OSError as error:
        raise UpcastersError(f"{error.filename or path}: {error.strerror or error}") from error
    if handling.progress is not None:
        handling.progress(source.done(), replay.counts.events)
    failed = MappingProxyType(dict(Counter(job.failed).most_common()))
    return ReplayReport(replay.counts, job.made, job.dropped, failed, resumed)


class _Work:
    """The job at work: what comes of events is written and counted, and how far it has come is noted."""

    def __init__(self, job: _Job, replay: Replay, out: Target, handling: Handling) -> None:
        self._job = job
        self._replay = replay
        self._out = out
        self._handling = handling

    def take(self, stored: Any) -> None:
        place = self._replay.counts.events + 1
        read = self._handling.read
        try:
            payload = stored if read is None else read(stored)
        except UpcastFailed as error:
            self._replay.counts.events += 1
            self.settle([Outcome(error, ((place,),))])
            return
        self.settle(self._replay.take(Event("", payload, str(place), position=(place,))))

    def settle(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            match outcome.result:
                case None:
                    self._job.dropped += 1
                case UpcastFailed():
                    self._fail(outcome)
                case Event(payload=payload, position=position):
                    try:
                        for check in self._handling.new:
                            check(payload)
                    except UpcastFailed as error:
                        self._fail(Outcome(error, outcome.origins))
                        continue
                    show = self._handling.show
                    self._out.write(payload if show is None else show(payload), position[0])
                    self._job.made += 1

    def _fail(self, outcome: Outcome) -> None:
        error = outcome.result
        assert isinstance(error, UpcastFailed)  # noqa: S101 - handed on as such
        if self._handling.on_failure == "raise":
            raise error
        count(self._job.failed, error)
        if callable(self._handling.on_failure):
            self._handling.on_failure(outcome)

    def note(self, checkpoint: Path) -> None:
        """Write down how far the job has come, once what it has written is on the disk."""
        self._job.written = self._out.mark()
        self._job.state = self._replay.state
        partial = checkpoint.with_name(f"{checkpoint.name}.new")
        partial.write_bytes(msgspec.json.encode(self._job))
        partial.replace(checkpoint)


def _begun(checkpoint: Path, partial: Path, chain: Chain, source: Source) -> _Job:
    """The job as its checkpoint has it, or a new one. Raises UpcastersError for one of another file or chain."""
    size = source.size
    if not checkpoint.exists():
        return _Job(chain.hash, size)
    job = msgspec.json.decode(checkpoint.read_bytes(), type=_Job)
    left = partial.stat().st_size if partial.exists() else 0
    if job.chain != chain.hash or job.size > size or 0 < left < job.written:
        raise UpcastersError(f"{checkpoint} is of another file or chain: take it away to begin anew")
    return job if left else _Job(chain.hash, size)
