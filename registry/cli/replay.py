"""A file of stored events sent through a chain, each result held against the schema it must fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from compat.definition import Format
from compat.engine import Form
from compat.errors import CompatError, InvalidPayload
from compat.formats import Parsed, parse
from compat.gate.errors import CouldNotCheck, Misconfigured
from registry.cli import upcasting
from registry.cli.remote import Remote, RemoteVersion
from upcasters.collecting import Outcome
from upcasters.errors import UpcastersError, UpcastFailed
from upcasters.failures import FIRST_FAILURES, Report
from upcasters.integrations.event_files import json_reader
from upcasters.integrations.files import Progress, upcast_file
from upcasters.integrations.replay import ReplayReport, replay_file, replay_parquet

_NEW_FILE: Final = ("the rows of a table go into a new one", "the chain drops events or makes one of several")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of events, as a Parquet file has it."""

    document: str
    """The column with an event as JSON."""
    only: Mapping[str, str]
    """Columns and what they have in rows of the subject."""
    version: str
    """The column with the version; empty if there is none."""


class Replay:
    """A chain of a registry, with the schemas at its two ends. Raises Refusal where there is none."""

    def __init__(self, remote: Remote, subject: str, source: str, target: str) -> None:
        self.chain = upcasting.chain(remote, subject, source, target)
        self._old = _schema(remote, subject, self.chain.source)
        self._new = _schema(remote, subject, self.chain.target)

    def run(self, file: Path, out: Path | None, progress: Progress) -> Report:
        """Replay a file; valid results go to ``out``. Raises Misconfigured for a file that cannot be used."""
        self._require_kinds(file, out)
        try:
            return upcast_file(
                file,
                self.chain,
                out,
                on_failure="skip",
                schema=self._avro_schema(),
                read=self._reader(file),
                new=self._check_new,
                show=self._shower(out),
                progress=progress,
            )
        except UpcastersError as error:
            raise Misconfigured(str(error)) from error

    @property
    def whole_events(self) -> bool:
        """Whether the chain drops events or makes one of several."""
        return any(step.stream_level for step in self.chain.steps)

    def gather(
        self, file: Path, out: Path | None, progress: Progress, table: Table | None = None
    ) -> tuple[ReplayReport, list[Outcome]]:
        """Replay a file through a chain that gathers events, or a table; a run that was broken off is taken up.

        Gives the first failures too. Raises Misconfigured for a file that cannot be used.
        """
        self._require_kinds(file, out)
        if out is None:
            raise Misconfigured(f"{_NEW_FILE[table is None]}: name two files, --replay and --out")
        if table and {file.suffix.lower(), out.suffix.lower()} != {".parquet"}:
            raise Misconfigured("a column that holds events is one of Parquet: name two .parquet files")
        first: list[Outcome] = []

        def note(outcome: Outcome) -> None:
            if len(first) < FIRST_FAILURES:
                first.append(outcome)

        how: dict[str, Any] = {
            "on_failure": note,
            "new": self._check_new,
            "show": self._shower(out),
            "progress": progress,
        }
        try:
            if table:
                where: dict[str, Any] = {"document": table.document, "only": table.only, "version": table.version}
                report = replay_parquet(file, self.chain, out, read=self._from_json(), **where, **how)
            else:
                schema, read = self._avro_schema(), self._reader(file)
                report = replay_file(file, self.chain, out, schema=schema, read=read, **how)
        except UpcastersError as error:
            raise Misconfigured(str(error)) from error
        return report, first

    def _require_kinds(self, *files: Path | None) -> None:
        """Raises Misconfigured for files of a kind that cannot be read or written here."""
        for path in filter(None, files):
            kind = path.suffix.lower()
            if kind == ".avro" and self._new.definition.format is not Format.AVRO:
                raise Misconfigured(f"{path}: events of {self.chain.subject} are not Avro: name a .jsonl file")
            if kind == ".parquet" and find_spec("duckdb") is None:
                raise Misconfigured(f"{path}: Parquet needs the package duckdb, which is not installed")

    def _reader(self, file: Path) -> Callable[[Any], Any]:
        return self._from_avro if file.suffix.lower() == ".avro" else self._from_json()

    def _shower(self, out: Path | None) -> Callable[[Any], Any] | None:
        return None if out is not None and out.suffix.lower() == ".avro" else self._to_json

    def _from_json(self) -> Callable[[bytes], Any]:
        ends = (self.chain.source, self.chain.target)
        decode = json_reader(self.chain.subject, ends, exact=self._old.definition.format is Format.JSON)

        def read(line: bytes) -> Any:
            value = decode(line)
            try:
                return self._old.engine.from_json(self._old.schema, value)
            except InvalidPayload as error:
                raise self._failed(self.chain.source, error.pointer, error.message) from error
            except CompatError as error:
                raise self._failed(self.chain.source, "", str(error)) from error

        return read

    def _from_avro(self, event: Any) -> Any:
        self._hold(self._old, self.chain.source, event)
        return event

    def _check_new(self, event: Any) -> None:
        self._hold(self._new, self.chain.target, event)

    def _to_json(self, event: Any) -> Any:
        return self._new.engine.to_json(self._new.schema, event)

    def _hold(self, schema: Parsed, version: int, event: Any) -> None:
        try:
            for violation in schema.engine.violations(schema.schema, event):
                raise self._failed(version, violation.pointer, violation.message)
        except CompatError as error:
            raise self._failed(version, "", str(error)) from error

    def _failed(self, version: int, pointer: str, message: str) -> UpcastFailed:
        chain = self.chain
        what = "what came out" if version == chain.target and chain.steps else "the event"
        ends = (chain.source, chain.target)
        return UpcastFailed(chain.subject, ends, "", pointer, f"{what} is none of version {version}: {message}")

    def _avro_schema(self) -> Any:
        return json.loads(self._new.text(Form.RESOLVED)) if self._new.definition.format is Format.AVRO else None


def _schema(remote: Remote, subject: str, number: int) -> Parsed:
    """A version as it is parsed here; old events may be of one that was deleted since."""
    path = f"/subjects/{quote(subject, safe='')}/versions/{number}?deleted=true"
    try:
        return parse(remote.definition(remote.get(path, RemoteVersion)))
    except CompatError as error:
        raise CouldNotCheck(f"version {number} of {subject} cannot be read here: {error}") from error
