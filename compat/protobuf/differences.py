from __future__ import annotations
from compat.protobuf.model import Schema
from collections.abc import Iterator
from compat.verdict import Difference
def differences(old: Schema, new: Schema) -> Iterator[Difference]:
    yield from ()
