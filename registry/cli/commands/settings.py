"""``lineal settings``."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from textwrap import dedent

import click
import msgspec

from registry.cli.console import Console
from registry.settings import PREFIX, Settings


@click.command(
    epilog="""\b
Example:
  lineal settings > lineal-server.toml && lineal serve --settings lineal-server.toml
"""
)
@click.pass_obj
def command(console: Console) -> None:
    """Print every setting of the service with its meaning, its default and its environment variable, as TOML.

    What is commented out is the default. Strongest first: the command line, the environment, the file.
    """
    console.report("\n".join(_lines()))


def _lines() -> Iterator[str]:
    meanings = dict(_meanings())
    yield "# The settings of `lineal serve`. Each may also be given as the environment variable named with it."
    for field in msgspec.structs.fields(Settings):
        yield ""
        yield f"# {PREFIX}{field.name.upper()}"
        yield from (f"# {line}" for line in meanings.get(field.name, "").splitlines())
        yield f"# {field.name} = {json.dumps(field.default)}"


def _meanings() -> Iterator[tuple[str, str]]:
    """The text under each setting in the source: said once, read by people and printed here."""
    (definition,) = ast.parse(dedent(inspect.getsource(Settings))).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101 - the source of a class
    for setting, following in zip(definition.body, definition.body[1:], strict=False):
        if (
            isinstance(setting, ast.AnnAssign)
            and isinstance(setting.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            yield setting.target.id, inspect.cleandoc(str(following.value.value))
