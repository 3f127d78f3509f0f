"""The rules of Avro as they are published: what each says, why it hurts, what to do, and what others call it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from compat.avro.differences import CHANGES
from compat.definition import Format
from compat.verdict import Rule, Severity


def _rule(
    name: str, severity: Severity, summary: str, why: str, remedy: str, confluent: tuple[str, ...] = ()
) -> tuple[str, Rule]:
    return name, Rule(name, Format.AVRO, severity, summary, why, remedy, confluent)


INCOMPATIBILITIES: Final[Mapping[str, Rule]] = MappingProxyType(
    dict(
        [
            _rule(
                "TYPE_MISMATCH",
                Severity.ERROR,
                "The reader expects another type than was written.",
                "Avro data carry no types: a reader that expects another one cannot make sense of the bytes.",
                "Keep the type, use a promotion (int to long, float or double; long to float or double; float to "
                "double; string to bytes), or add a new field and fill it beside the old one.",
                ("TYPE_MISMATCH",),
            ),
            _rule(
                "NAME_MISMATCH",
                Severity.ERROR,
                "A record, enum or fixed type was renamed without an alias.",
                "Named types match by name. Some readers compare no record names, most do.",
                "Add the old full name to the aliases of the renamed type in the reader schema.",
                ("NAME_MISMATCH",),
            ),
            _rule(
                "FIXED_SIZE_MISMATCH",
                Severity.ERROR,
                "A fixed type has another size.",
                "A fixed value is read by its size alone, so what follows would be read from the wrong byte.",
                "Keep the size and add a new fixed type beside it, or use bytes from the start.",
                ("FIXED_SIZE_MISMATCH",),
            ),
            _rule(
                "ENUM_SYMBOL_MISSING",
                Severity.ERROR,
                "A symbol that can be written is unknown to the reader, whose enum has no default.",
                "Events with this symbol stop the reader. The default of the field does not help, only the enum's.",
                "Give the reader's enum a default, or keep the symbol.",
                ("MISSING_ENUM_SYMBOLS",),
            ),
            _rule(
                "ENUM_SYMBOL_DEFAULTED",
                Severity.INFO,
                "A symbol that can be written is read as the default of the reader's enum.",
                "The reader cannot tell such an event from one that was written with the default itself.",
                "Nothing, where the default stands for the unknown; else let the reader learn the symbol first.",
            ),
            _rule(
                "READER_FIELD_WITHOUT_DEFAULT",
                Severity.ERROR,
                "The reader has a field that was never written and has no default.",
                "The reader has nothing to put into the field, so it refuses every event.",
                "Give the field a default; if it was renamed, add its old name to the field's aliases.",
                ("READER_FIELD_MISSING_DEFAULT_VALUE",),
            ),
            _rule(
                "ALIAS_AMBIGUOUS",
                Severity.ERROR,
                "Names and aliases join fields in more than one way.",
                "Libraries resolve such a clash differently: some throw, some drop a value or put it into another "
                "field, some fail to read. Where all read, but not the same, it is LOSSY.",
                "Let every reader field claim one written field, by its name or by one alias that is no other's name.",
            ),
            _rule(
                "ALIAS_OUT_OF_REACH",
                Severity.DATA_DEPENDENT,
                "A field was renamed with an alias while the full name of its record changed without one.",
                "The Java library rewrites the writer's fields only in records whose full name the reader knows.",
                "Add the record's old full name to the record's aliases.",
            ),
            _rule(
                "UNION_BRANCH_MISSING",
                Severity.ERROR,
                "No branch of the reader's union takes a type that can be written.",
                "Events that hold this type cannot be read.",
                "Add a branch for it to the reader's union.",
                ("MISSING_UNION_BRANCH",),
            ),
            _rule(
                "UNION_BRANCH_AMBIGUOUS",
                Severity.ERROR,
                "Readers take different branches of a union, and one of them cannot read the data.",
                "The specification takes the first branch that matches by name, the Java library prefers the same full "
                "name, then a fitting structure. A schema that only one of them reads is not portable. Where both read "
                "but not as one type (LOSSY), or only one of them promotes a value (INFO), it does not block.",
                "Give the branches names that differ in more than their namespace, keep full names, and put the "
                "intended branch first.",
                ("MISSING_UNION_BRANCH",),
            ),
            _rule(
                "BYTES_READ_AS_STRING",
                Severity.DATA_DEPENDENT,
                "Bytes are read as a string.",
                "Bytes that are not UTF-8 stop some readers and become replacement characters in others.",
                "Keep bytes, or add a string field beside it.",
            ),
            _rule(
                "PRECISION_LOST",
                Severity.LOSSY,
                "Whole numbers are read as floating point numbers that cannot hold all of them.",
                "Large numbers, identifiers among them, silently change in their last digits.",
                "Keep int or long; int may become double.",
            ),
            _rule(
                "LOGICAL_TYPE_CHANGED",
                Severity.LOSSY,
                "The logical type, a decimal's digits or a time unit differs.",
                "Readers ignore the difference and give the bytes another meaning: an amount is off by powers of ten, "
                "a time by powers of a thousand.",
                "Keep the logical type, and add a new field for the new unit or scale.",
            ),
        ]
    )
)
"""What can keep a reader from reading, or change what it reads."""

RULES: Final[Mapping[str, Rule]] = MappingProxyType({**CHANGES, **INCOMPATIBILITIES})
"""Every rule a finding or a difference can name."""
