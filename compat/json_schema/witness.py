"""Witnesses: a payload becomes one only by being executed here, by two validators on both sides."""

from __future__ import annotations

from typing import Any

from compat.engine import Violation
from compat.json_schema import text
from compat.json_schema.execute import Executors, executors_of
from compat.json_schema.judge import explain
from compat.json_schema.schema import ParsedSchema
from compat.stopwatch import timed
from compat.verdict import Witness


@timed
def execute(
    writer: ParsedSchema, reader: ParsedSchema, payload: Any, *, formats: tuple[tuple[bool, bool], ...]
) -> Witness | None:
    """The witness, if both validators accept the payload under the writer and refuse it under the reader.

    ``formats`` lists what to try: whether formats are asserted on the (writer's, reader's) side.
    """
    for on_writer, on_reader in formats:
        if executors_of(writer, payload, formats=on_writer).accepts(payload) is not True:
            continue
        reads = executors_of(reader, payload, formats=on_reader)
        if reads.accepts(payload) is False:
            asserted = " with formats asserted" if on_reader else ""
            return Witness(
                payload=text.plain(payload),
                encoded=text.write(payload).encode("utf-8", "surrogatepass"),
                executor=reads.name + asserted,
                writer_result="valid under the writer schema",
                reader_error=_reader_error(reads, payload),
            )
    return None


def _reader_error(reads: Executors, payload: Any) -> str:
    said = next(explain(reads, payload), Violation("", "refused"))
    return f"{said.pointer or 'the root'}: {said.message}"
