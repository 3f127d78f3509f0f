"""One engine, and so one pair of protoc workers, for all tests of the format."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from compat.budget import Budget
from compat.definition import Definition, Format, Reference
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from compat.protobuf.protoc import Protoc
from compat.verdict import Incompatibility

Parse = Callable[..., Schema]
Find = Callable[[Schema, Schema], list[Incompatibility]]


@pytest.fixture(scope="session")
def engine() -> Iterator[ProtobufEngine]:
    protoc = Protoc(workers=1)
    yield ProtobufEngine(protoc)
    protoc.close()


@pytest.fixture(scope="session")
def parse(engine: ProtobufEngine) -> Parse:
    """Source text, and the texts it imports by path, as a schema."""

    def parse(text: str, **imports: str) -> Schema:
        references = tuple(Reference(name, Definition(Format.PROTOBUF, source)) for name, source in imports.items())
        return engine.parse(Definition(Format.PROTOBUF, text, references))

    return parse


@pytest.fixture(scope="session")
def find(engine: ProtobufEngine) -> Find:
    """All findings of a reader against a writer; none may be undecided."""

    def find(reader: Schema, writer: Schema) -> list[Incompatibility]:
        causes = list(engine.incompatibilities(reader, writer, Budget()))
        assert all(isinstance(cause, Incompatibility) for cause in causes), causes
        return [cause for cause in causes if isinstance(cause, Incompatibility)]

    return find


@pytest.fixture(scope="session")
def find_in_json(engine: ProtobufEngine) -> Find:
    """All findings of a reader against a writer that speak JSON; none may be undecided."""

    def find(reader: Schema, writer: Schema) -> list[Incompatibility]:
        causes = list(engine.json_incompatibilities(reader, writer, Budget()))
        assert all(isinstance(cause, Incompatibility) for cause in causes), causes
        return [cause for cause in causes if isinstance(cause, Incompatibility)]

    return find
