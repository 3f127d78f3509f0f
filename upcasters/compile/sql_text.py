"""Texts and names as SQL writes them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from upcasters.errors import NotPortable

Kind: TypeAlias = Literal["json", "int", "string", "boolean"]
"""What an SQL expression is of: JSON, an exact whole number, text or a truth value."""

Sql: TypeAlias = str


def quoted(text: str) -> Sql:
    """A text as an SQL literal. Raises NotPortable for NUL, which no engine stores."""
    if "\0" in text:
        raise NotPortable("SQL", "a text holds the character NUL")
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> Sql:
    """A name as a quoted SQL identifier."""
    if "\0" in name or not name:
        raise NotPortable("SQL", f"{name!r} cannot name a column")
    return '"' + name.replace('"', '""') + '"'
