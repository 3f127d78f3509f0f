"""``lineal version``."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import click

from registry.cli.console import Console

_JUDGES: Final = (
    "fastavro",
    "jsonschema",
    "jsonschema-rs",
    "protobuf",
    "grpcio-tools",
    "granian",
    "litestar",
    "SQLAlchemy",
)


@click.command(
    epilog="""\b
Example:
  lineal version
"""
)
@click.pass_obj
def command(console: Console) -> None:
    """Print the versions of lineal and of what it judges with, for a report of a fault."""
    lines = [f"lineal {_version('lineal')}", f"python {platform.python_version()} on {platform.platform()}"]
    lines += [f"{name} {_version(name)}" for name in _JUDGES]
    console.report("\n".join(lines))


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "is not installed"
