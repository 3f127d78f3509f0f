"""Replay a file of JSON lines through a chain that makes one event of several; broken off, it goes on where it was.

    report = replay_file(Path("lines.jsonl"), chain, Path("orders.jsonl"), on_failure=letters.append)

The order of the lines is the order of the stream. What is read, written and still open is noted beside the target
every ``CHECKPOINT_EVERY`` events: run again, the job takes that up, and comes to the same file as one that was never
broken off.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Final

import msgspec

from upcasters.chain import Chain
from upcasters.collecting import Counts, Outcome, Replay
from upcasters.errors import UpcastersError, UpcastFailed
from upcasters.integrations.files import ENCODER, LONGEST_LINE, Progress, json_reader, number
from upcasters.stream import Event

CHECKPOINT_EVERY: Final = 1_000
"""Events from one note of how far the job has come to the next."""

Check = Callable[[Any], None]
"""Holds a payload against its schema; raises UpcastFailed."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What became of the events of a file."""

    counts: Counts
    """Events taken, and the groups that became one event, complete or not."""
    made: int
    """Events written."""
    failed: Mapping[str, int]
    """How many events or groups failed, by reason; most frequent first."""
    resumed: int
    """The events that an earlier run had taken already."""


class _Job(msgspec.Struct):
    """How far a job has come: what its checkpoint says."""

    chain: str
    size: int
    """Of the source, when the job began."""
    read: int = 0
    written: int = 0
    made: int = 0
    failed: dict[str, int] = {}
    state: Any = None


def replay_file(
    source: Path,
    chain: Chain,
    target: Path,
    *,
    on_failure: Callable[[UpcastFailed], None] | None = None,
    old: Check | None = None,
    new: Check | None = None,
    progress: Progress | None = None,
) -> ReplayReport:
    """Replay every line of a file; ``target`` appears when it is whole.

    ``old`` and ``new`` check what is read and what is written. Without ``on_failure``, the first failure is raised and
    the job can be run again. Raises UpcastFailed, and UpcastersError where the file is not what it was.
    """
    if target.resolve() == source.resolve():
        raise UpcastersError(f"{source} would be overwritten: give the new file another name")
    partial, checkpoint = (target.with_name(f"{target.name}.{end}") for end in ("partial", "checkpoint"))
    try:
        job = _begun(checkpoint, partial, chain, source)
        resumed = 0 if job.state is None else int(job.state["counts"]["events"])
        replay = chain.replay(job.state)
        with source.open("rb") as given, partial.open("r+b" if partial.exists() else "wb") as out:
            given.seek(job.read)
            out.truncate(job.written)
            out.seek(job.written)
            run = _Run(job, replay, out, checkpoint, on_failure, new)
            read = json_reader(chain.subject, (chain.source, chain.target))
            while line := given.readline(LONGEST_LINE + 1):
                if len(line) > LONGEST_LINE:
                    raise UpcastersError(f"{source}, byte {job.read}: a line longer than {LONGEST_LINE} bytes")
                run.take(line.strip(), read, old)
                job.read += len(line)
                if replay.counts.events % CHECKPOINT_EVERY == 0:
                    run.note()
                    if progress is not None:
                        progress(job.read, replay.counts.events)
            run.settle(replay.finish())
        partial.replace(target)
        checkpoint.unlink(missing_ok=True)
    except OSError as error:
        raise UpcastersError(f"{error.filename or source}: {error.strerror or error}") from error
    if progress is not None:
        progress(job.read, replay.counts.events)
    failed = MappingProxyType(dict(Counter(job.failed).most_common()))
    return ReplayReport(replay.counts, job.made, failed, resumed)


class _Run:
    """The job at work: what comes of events is written and counted, and how far it has come is noted."""

    def __init__(
        self,
        job: _Job,
        replay: Replay,
        out: IO[bytes],
        checkpoint: Path,
        on_failure: Callable[[UpcastFailed], None] | None,
        new: Check | None,
    ) -> None:
        self._job = job
        self._replay = replay
        self._out = out
        self._checkpoint = checkpoint
        self._on_failure = on_failure
        self._new = new

    def take(self, line: bytes, read: Callable[[bytes], Any], old: Check | None) -> None:
        if not line:
            return
        place = self._replay.counts.events + 1
        try:
            payload = read(line)
            if old is not None:
                old(payload)
        except UpcastFailed as error:
            self._replay.counts.events += 1
            self.settle([error])
            return
        self.settle(self._replay.take(Event("", payload, str(place), position=(place,))))

    def settle(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            try:
                if isinstance(outcome, UpcastFailed):
                    raise outcome
                if self._new is not None:
                    self._new(outcome.payload)
            except UpcastFailed as error:
                if self._on_failure is None:
                    raise
                reason = f"v{error.source}->v{error.target}{f', {error.place}' if error.place else ''}: {error.reason}"
                self._job.failed[reason] = self._job.failed.get(reason, 0) + 1
                self._on_failure(error)
                continue
            self._out.write(ENCODER.encode(outcome.payload))
            self._out.write(b"\n")
            self._job.made += 1

    def note(self) -> None:
        """Write down how far the job has come, once what it has written is on the disk."""
        self._out.flush()
        os.fsync(self._out.fileno())
        self._job.written = self._out.tell()
        self._job.state = self._replay.state
        partial = self._checkpoint.with_name(f"{self._checkpoint.name}.new")
        partial.write_bytes(ENCODER.encode(self._job))
        partial.replace(self._checkpoint)


def _begun(checkpoint: Path, partial: Path, chain: Chain, source: Path) -> _Job:
    """The job as its checkpoint has it, or a new one. Raises UpcastersError for one of another file or chain."""
    size = source.stat().st_size
    if not checkpoint.exists():
        return _Job(chain.hash, size)
    job = msgspec.json.Decoder(_Job, float_hook=number).decode(checkpoint.read_bytes())
    if job.chain != chain.hash or job.size > size or not partial.exists() or partial.stat().st_size < job.written:
        raise UpcastersError(f"{checkpoint} is of another file or chain: take it away to begin anew")
    return job
