"""``lineal explain``."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from textwrap import indent, wrap
from typing import Final

import click

from compat.definition import Format
from compat.gate.errors import Misconfigured
from compat.gate.examples import example_of
from compat.gate.reports.text import DIRECTIONS
from compat.gate.rules import Explanation, every_rule, explanations
from registry.cli.console import Console

_WIDTH: Final = 96


@click.command(
    epilog="""\b
Examples:
  lineal explain READER_FIELD_WITHOUT_DEFAULT
  lineal rules                                  every rule there is
"""
)
@click.argument("rule")
@click.pass_obj
def command(console: Console, rule: str) -> None:
    """Say what RULE means, why it hurts a reader, what to do instead, with a small before and after."""
    authority, colon, bare = rule.rpartition(":")
    name = authority.lower() + colon + bare.upper().replace("-", "_")
    found = explanations(name)
    if not found:
        names = sorted({known.name for known in every_rule()})
        near = get_close_matches(name, names, n=3, cutoff=0.4)
        hint = f": did you mean {', '.join(near)}?" if near else ""
        raise Misconfigured(f"there is no rule {rule}{hint or '.'} `lineal rules` lists them")
    console.report("\n\n".join("\n".join(_lines(console, explanation)) for explanation in found))


def _lines(console: Console, rule: Explanation) -> Iterator[str]:
    yield f"{console.paint('bold', rule.name)}   {rule.applies_to}   {rule.severity}"
    yield ""
    yield from wrap(rule.summary, _WIDTH)
    for title, text in (("Why it hurts", rule.why), ("Instead", rule.remedy)):
        if text:
            yield ""
            yield console.paint("dim", title)
            yield from wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    if rule.equivalents:
        yield ""
        yield console.paint("dim", "Elsewhere")
        yield from wrap(", ".join(rule.equivalents), _WIDTH, initial_indent="  ", subsequent_indent="  ")
    if rule.applies_to != "any" and (example := example_of(rule.name, Format(rule.applies_to))) is not None:
        for title, text in (("Before", example.before), ("After", example.after)):
            yield ""
            yield console.paint("dim", title)
            yield indent(text.rstrip("\n"), "  ")
        yield ""
        yield f"Found where {DIRECTIONS[example.direction]} ({example.direction})."
