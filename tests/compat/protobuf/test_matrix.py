"""Every scalar type read as every other, singular in proto3: the engine's severity is what the runtime did.

The table is the executed one of the project's reference on formats: = the same value, ~ equal but bool against number,
c and C another value for some or all, D dropped to the unknown fields, e and E a parse error for some or all.
"""

from __future__ import annotations

import pytest

from compat.verdict import Severity
from tests.compat.protobuf.conftest import Find, Parse
from tests.compat.protobuf.laws import proven

_SCALARS = (
    "int32 int64 uint32 uint64 bool enum sint32 sint64 fixed32 sfixed32 fixed64 sfixed64 float double string bytes"
)
COLUMNS = [*_SCALARS.split(), "message"]

TABLE = """
int32      =   =   c   c   c    =    C   C   D   D    D   D    D   D   D   D   D
int64      c   =   c   c   c    c    C   C   D   D    D   D    D   D   D   D   D
uint32     c   =   =   =   c    c    C   C   D   D    D   D    D   D   D   D   D
uint64     c   c   c   =   c    c    C   C   D   D    D   D    D   D   D   D   D
bool       ~   ~   ~   ~   =    ~    C   C   D   D    D   D    D   D   D   D   D
enum       =   =   c   c   c    =    C   C   D   D    D   D    D   D   D   D   D
sint32     C   C   C   C   c    C    =   =   D   D    D   D    D   D   D   D   D
sint64     C   C   C   C   c    C    c   =   D   D    D   D    D   D   D   D   D
fixed32    D   D   D   D   D    D    D   D   =   c    D   D    C   D   D   D   D
sfixed32   D   D   D   D   D    D    D   D   c   =    D   D    C   D   D   D   D
fixed64    D   D   D   D   D    D    D   D   D   D    =   c    D   C   D   D   D
sfixed64   D   D   D   D   D    D    D   D   D   D    c   =    D   C   D   D   D
float      D   D   D   D   D    D    D   D   C   C    D   D    =   D   D   D   D
double     D   D   D   D   D    D    D   D   D   D    C   C    D   =   D   D   D
string     D   D   D   D   D    D    D   D   D   D    D   D    D   D   =   =   E
bytes      D   D   D   D   D    D    D   D   D   D    D   D    D   D   e   =   E
message    D   D   D   D   D    D    D   D   D   D    D   D    D   D   E   C   =
"""
"""Two rows are stricter than the reference's: an open enum holds negative numbers, which unsigned types change
(the reference tried declared values only), and a message with a number above 127 is no UTF-8 text."""

MEANING = {
    "=": Severity.INFO,
    "~": Severity.INFO,
    "c": Severity.LOSSY,
    "C": Severity.LOSSY,
    "D": Severity.DROPPED,
    "e": Severity.ERROR,
    "E": Severity.ERROR,
}
NAMED = {"enum": "State", "message": "Inner"}
SOURCE = """
syntax = "proto3";
message Event {{ {type} value = 1; }}
message Inner {{ int32 number = 1; string text = 2; }}
enum State {{ NEW = 0; PAID = 1; SENT = 2; }}
"""
CELLS = [
    (row.split()[0], column, symbol)
    for row in TABLE.strip().splitlines()
    for column, symbol in zip(COLUMNS, row.split()[1:], strict=True)
]


@pytest.mark.parametrize("row", COLUMNS)
def test_matrix(row: str, parse: Parse, find: Find) -> None:
    writer = parse(SOURCE.format(type=NAMED.get(row, row)))
    wrong = {}
    for before, after, symbol in CELLS:
        if before != row:
            continue
        reader = parse(SOURCE.format(type=NAMED.get(after, after)))
        findings = find(reader, writer)
        worst = max((finding.severity for finding in findings), key=list(Severity)[::-1].index, default=Severity.INFO)
        if worst is not MEANING[symbol]:
            wrong[after] = f"{worst}, not {MEANING[symbol]}"
        assert not any(proven(reader, writer, finding) for finding in findings)
        if before != after:
            assert findings, f"{before} to {after} is not even mentioned"
    assert not wrong
