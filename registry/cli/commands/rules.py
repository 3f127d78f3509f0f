"""``lineal rules``."""

from __future__ import annotations

import json
from dataclasses import asdict
from textwrap import shorten

import click

from compat.gate.rules import every_rule
from registry.cli.console import Console


@click.command(
    epilog="""\b
Examples:
  lineal rules
  lineal rules --format json | jq '.[].name'
"""
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def command(console: Console, form: str) -> None:
    """List every rule: what it is about and how it weighs. `lineal explain RULE` tells the rest."""
    rules = every_rule()
    if form == "json":
        console.report(json.dumps([asdict(rule) for rule in rules], ensure_ascii=False, indent=2))
        return
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        about = f"{rule.applies_to:<9} {rule.severity:<15} {shorten(rule.summary, 90)}"
        console.report(f"{console.paint('bold', f'{rule.name:<{width}}')}  {about}")
