"""The shape of an event as a TypeScript type."""

from __future__ import annotations

import json
import re
from typing import Final

from upcasters.shape import Anything, Array, Choice, Integer, Member, Never, OneOf, Plain, Record, Shape, Table

_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z", re.ASCII)
_PLAIN: Final = {"null": "null", "boolean": "boolean", "number": "number"}
"""All other simple values are texts in JSON."""


def declaration(before: Shape, after: Shape) -> str:
    """The ``.d.ts`` of a module that turns events of one shape into events of another."""
    return (
        f"/** An event as it was written. */\nexport type Before = {_type(before)};\n\n"
        f"/** The same event, as it is wanted. */\nexport type After = {_type(after)};\n\n"
        "/** Throws where an operation refuses the event. The argument is left as it was. */\n"
        "export declare function upcast(event: Before): After;\n"
    )


def _type(shape: Shape, indent: str = "") -> str:
    match shape:
        case Anything():
            return "unknown"
        case Never():
            return "never"
        case Plain(kind=kind):
            return _PLAIN.get(kind, "string")
        case Integer():
            return "number"
        case Choice(symbols=symbols):
            return " | ".join(json.dumps(symbol, ensure_ascii=False) for symbol in symbols) or "never"
        case Array(items=items):
            return f"Array<{_type(items, indent)}>"
        case Table(values=values):
            return f"Record<string, {_type(values, indent)}>"
        case OneOf(arms=arms):
            return " | ".join(_type(arm, indent) for arm in arms)
        case Record(members=members):
            return _record(members, indent, open=shape.open)


def _record(members: dict[str, Member], indent: str, *, open: bool) -> str:  # noqa: A002 - as the shape calls it
    inner = indent + "  "
    lines = [
        f"{inner}{_name(name)}{'' if member.required else '?'}: {_type(member.shape, inner)};\n"
        for name, member in members.items()
    ]
    if open:
        lines.append(f"{inner}[undeclared: string]: unknown;\n")
    return "{\n" + "".join(lines) + indent + "}" if lines else "Record<string, never>"


def _name(name: str) -> str:
    return name if _IDENTIFIER.match(name) else json.dumps(name, ensure_ascii=False)
