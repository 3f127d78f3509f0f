"""A file of stored events sent through a chain, each result held against the schema it must fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from compat.definition import Format
from compat.engine import Form
from compat.errors import CompatError, InvalidPayload
from compat.formats import Parsed, parse
from compat.gate.errors import CouldNotCheck, Misconfigured
from registry.cli import upcasting
from registry.cli.remote import Remote, RemoteVersion
from upcasters.collecting import collects
from upcasters.errors import UpcastersError, UpcastFailed
from upcasters.failures import FIRST_FAILURES, Report
from upcasters.integrations.files import Progress, json_reader, upcast_file
from upcasters.integrations.replay import ReplayReport, replay_file


class Replay:
    """A chain of a registry, with the schemas at its two ends. Raises Refusal where there is none."""

    def __init__(self, remote: Remote, subject: str, source: str, target: str) -> None:
        self.chain = upcasting.chain(remote, subject, source, target)
        self._old = _schema(remote, subject, self.chain.source)
        self._new = _schema(remote, subject, self.chain.target)

    def run(self, file: Path, out: Path | None, progress: Progress) -> Report:
        """Replay a file; valid results go to ``out``. Raises Misconfigured for a file that cannot be used."""
        for path in (file, out):
            if path and path.suffix.lower() == ".avro" and self._new.definition.format is not Format.AVRO:
                raise Misconfigured(f"{path}: events of {self.chain.subject} are not Avro: name a .jsonl file")
        to_avro = out is not None and out.suffix.lower() == ".avro"
        try:
            return upcast_file(
                file,
                self._valid,
                out,
                on_failure="skip",
                schema=self._avro_schema() if to_avro else None,
                read=self._from_avro if file.suffix.lower() == ".avro" else self._from_json(),
                show=None if to_avro else self._to_json,
                progress=progress,
            )
        except UpcastersError as error:
            raise Misconfigured(str(error)) from error

    @property
    def gathers(self) -> bool:
        """Whether the chain makes one event of several."""
        return any(collects(step.ops) for step in self.chain.steps)

    def gather(self, file: Path, out: Path | None, progress: Progress) -> tuple[ReplayReport, list[UpcastFailed]]:
        """Replay a file through a chain that gathers events; a run that was broken off is taken up.

        Gives the first failures too. Raises Misconfigured for a file or a format that cannot be used.
        """
        if self._old.definition.format is not Format.JSON:
            raise Misconfigured("only events of JSON Schema are gathered by command: use Chain.replay() in Python")
        if out is None or {path.suffix.lower() for path in (file, out)} - {".jsonl", ".ndjson"}:
            raise Misconfigured("the chain makes one event of several: name two .jsonl files, --replay and --out")
        first: list[UpcastFailed] = []

        def note(error: UpcastFailed) -> None:
            if len(first) < FIRST_FAILURES:
                first.append(error)

        try:
            report = replay_file(
                file,
                self.chain,
                out,
                on_failure=note,
                old=lambda payload: self._hold(self._old, self.chain.source, payload),
                new=lambda payload: self._hold(self._new, self.chain.target, payload),
                progress=progress,
            )
        except UpcastersError as error:
            raise Misconfigured(str(error)) from error
        return report, first

    def _valid(self, event: Any) -> Any:
        """The event in the new version. Raises UpcastFailed, also where the result is none of that version."""
        result = self.chain(event)
        self._hold(self._new, self.chain.target, result)
        return result

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
        return json.loads(self._new.text(Form.RESOLVED))


def _schema(remote: Remote, subject: str, number: int) -> Parsed:
    """A version as it is parsed here; old events may be of one that was deleted since."""
    path = f"/subjects/{quote(subject, safe='')}/versions/{number}?deleted=true"
    try:
        return parse(remote.definition(remote.get(path, RemoteVersion)))
    except CompatError as error:
        raise CouldNotCheck(f"version {number} of {subject} cannot be read here: {error}") from error
