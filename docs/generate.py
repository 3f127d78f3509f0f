"""Write the reference pages that follow from the code (``python docs/generate.py``); a test compares the two."""

from __future__ import annotations

import ast
import inspect
import json
import sys
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from compat import buf, confluent
from compat.confluent.kinds import Policy
from compat.definition import Format
from compat.gate.examples import example_of
from compat.gate.rules import every_rule
from registry import errors, settings
from registry.cli.application import application
from registry.http.app import create_app
from registry.service import Registry
from registry.settings import load
from upcasters import conformance, operations

HERE = Path(__file__).parent
NOTE = "<!-- written by docs/generate.py; change the code, not this page -->\n\n"


def pages() -> dict[str, str]:
    """Every generated page by its path below ``docs``."""
    return {
        "reference/rules.md": rules(),
        "reference/profiles.md": profiles(),
        "reference/operations.md": upcaster_operations(),
        "reference/values.md": value_rules(),
        "reference/settings.md": service_settings(),
        "reference/commands.md": commands(),
        "reference/errors.md": error_codes(),
        "reference/http.md": http(),
    }


def rules() -> str:
    """Rules of the gate and the engines, by format."""
    found = sorted(every_rule(), key=lambda rule: (rule.applies_to != "any", rule.applies_to, rule.name))
    lines = [
        "# Rules",
        "",
        "Everything a verdict can name; `lineal explain RULE` prints the same.",
        "The severities are explained with the [verdicts](../explanation/verdicts.md#severities).",
        "",
    ]
    for applies_to in dict.fromkeys(rule.applies_to for rule in found):
        lines += [f"## {_HEADINGS.get(str(applies_to), str(applies_to))}", ""]
        for rule in (one for one in found if one.applies_to == applies_to):
            lines += [f"### {rule.name}", "", f"*{rule.severity}.* {rule.summary}", ""]
            lines += [line for text in (rule.why, rule.remedy) if text for line in (text, "")]
            if rule.equivalents:
                lines += [f"Elsewhere: {', '.join(f'`{name}`' for name in rule.equivalents)}.", ""]
            example = None if applies_to == "any" else example_of(rule.name, Format(str(applies_to)))
            if example is not None:
                lines += [
                    "```" + _FENCES[Format(str(applies_to))] + ' title="before"',
                    example.before.strip(),
                    "```",
                    "",
                ]
                lines += ["```" + _FENCES[Format(str(applies_to))] + ' title="after"', example.after.strip(), "```", ""]
    return NOTE + "\n".join(lines)


def profiles() -> str:
    """What other authorities name, and which of their profiles refuse it."""
    lines = [
        "# What other authorities name",
        "",
        "The kinds and rules that the [profiles](../explanation/profiles.md) of Confluent and buf report, with the",
        "prefix that they have among lineal's own rules. A rule of lineal's names its [equivalents](rules.md).",
        "",
    ]
    for format_, kinds in confluent.KINDS.items():
        heading = f"Confluent, {_HEADINGS[format_.value]}"
        lines += [f"## {heading}", "", "| kind | meaning | `confluent` | `confluent-lenient` |", "|---|---|---|---|"]
        for kind in sorted(kinds.values(), key=lambda kind: kind.name):
            answers = ["accepts" if kind.accepted_by(policy) else "refuses" for policy in Policy]
            lines.append(f"| `{confluent.PREFIX}{kind.name}` | {kind.summary} | {' | '.join(answers)} |")
        lines.append("")
    categories = buf.CATEGORIES
    columns = " | ".join(f"`buf-{name.lower().replace('_', '-')}`" for name in categories)
    lines += ["## buf", "", f"| rule | {columns} |", "|---|" + "---|" * len(categories)]
    for rule in buf.RULES.values():
        answers = ["refuses" if name in rule.categories else "" for name in categories]
        lines.append(f"| `{buf.PREFIX}{rule.name}` | {' | '.join(answers)} |")
    return NOTE + "\n".join([*lines, ""])


_HEADINGS = {"any": "Every format", "AVRO": "Avro", "JSON": "JSON Schema", "PROTOBUF": "Protobuf"}
_FENCES = {Format.AVRO: "json", Format.JSON: "json", Format.PROTOBUF: "proto"}


def value_rules() -> str:
    """What upcasters do with each kind of value, with cases that are run in every way a chain runs."""
    lines = [
        "# Values",
        "",
        "How upcasters treat what formats and languages treat differently. The cases are run as tests; the same file,",
        "`upcasters/conformance/values.json`, is there for implementations elsewhere.",
        'Values that JSON does not have are written `{"$decimal": "1.20"}`.',
        "",
    ]
    for kind in conformance.values():
        lines += [
            f"## {kind['value']}",
            "",
            kind["rule"],
            "",
            "| case | operations | event | becomes |",
            "|---|---|---|---|",
        ]
        for case in kind["cases"]:
            becomes = f"refused by `{case['error']}`" if "error" in case else _cell(case["out"])
            lines.append(f"| {case['name']} | {_cell(case['ops'])} | {_cell(case['in'])} | {becomes} |")
        lines.append("")
    return "\n".join(lines)


def _cell(tree: Any) -> str:
    return "`" + json.dumps(tree, ensure_ascii=False).replace("|", "\\|") + "`"


def upcaster_operations() -> str:
    """The words of the upcaster language."""
    lines = [
        "# Operations",
        "",
        "The words of the [upcaster language](../explanation/upcasters.md).",
        "Places are JSON pointers into the event as the operation before left it.",
        "Values of `as`: `decimal`, `bytes` (base64), `timestamp` (RFC 3339), `date`, `uuid`.",
        "",
    ]
    for name, kind in operations.OPERATIONS.items():
        fields = ", ".join(_field(field) for field in _fields(kind))
        lines += [f"## {name}", "", f"`{name}: {{{fields}}}`", "", _prose(kind), ""]
    return NOTE + "\n".join(lines)


def _fields(kind: type) -> Iterator[tuple[str, bool]]:
    required = len(kind.__struct_fields__) - len(kind.__struct_defaults__)  # type: ignore[attr-defined]
    for index, name in enumerate(kind.__struct_encode_fields__):  # type: ignore[attr-defined]
        yield name, index < required


def _field(field: tuple[str, bool]) -> str:
    name, required = field
    return name if required else f"[{name}]"


def service_settings() -> str:
    """The settings of the service."""
    described = _described(settings, "Settings")
    lines = [
        "# Settings",
        "",
        "Of `lineal serve`, from the environment (`LINEAL_` and the name in capitals) or a TOML file (`--settings`).",
        "Arguments of the command win over the environment, the environment over the file.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    defaults = load({})
    for name in settings.Settings.__struct_fields__:
        value = getattr(defaults, name)
        lines.append(f"| `LINEAL_{name.upper()}` | `{value}` | {described.get(name, '').replace('|', chr(92) + '|')} |")
    return NOTE + "\n".join(lines) + "\n"


def _described(module: ModuleType, name: str) -> dict[str, str]:
    """The docstring that stands under each attribute of a class."""
    tree = ast.parse(inspect.getsource(module))
    [body] = [node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    found: dict[str, str] = {}
    for attribute, text in pairwise(body):
        match attribute, text:
            case ast.AnnAssign(target=ast.Name(id=one)), ast.Expr(value=ast.Constant(value=str(words))):
                found[one] = " ".join(words.split())
    return found


def commands() -> str:
    """The command line, as its own help says it."""
    lines = ["# Commands", "", "What `lineal COMMAND --help` prints.", ""]
    for path, command in _walk(application, ("lineal",)):
        context = click.Context(command, info_name=" ".join(path), max_content_width=100, terminal_width=100)
        lines += [
            f"{'#' * (1 + len(path))} {' '.join(path)}",
            "",
            "```console",
            command.get_help(context).rstrip(),
            "```",
            "",
        ]
    return NOTE + "\n".join(line.rstrip() for text in lines for line in text.split("\n"))


def _walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _walk(inner, (*path, name))


def error_codes() -> str:
    """The codes of errors."""
    lines = [
        "# Error codes",
        "",
        'Every error is answered with `{"error_code": …, "message": …}`; the first three digits are the HTTP status.',
        "",
        "| code | error | meaning |",
        "|---|---|---|",
    ]
    leaves = [
        kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, errors.RegistryError)
    ]
    in_order = sorted(leaves, key=lambda kind: (str(kind.code), kind.__name__))
    lines += [f"| {kind.code} | {kind.__name__} | {_prose(kind)} |" for kind in in_order if not kind.__subclasses__()]
    return NOTE + "\n".join(lines) + "\n"


def http() -> str:
    """The routes of both interfaces."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        registry = Registry.open(load({}, database=f"sqlite:///{folder}/lineal.db"))
        document = create_app(registry=registry).openapi_schema.to_schema()
        registry.close()
    lines = [
        "# HTTP",
        "",
        "Two interfaces, each with an OpenAPI document: `/openapi/confluent.json` and `/openapi/lineal.json`.",
        "Any path of the Confluent protocol may be prefixed with `/contexts/{context}`.",
        "A subject may be written `:.context:name`.",
        "",
    ]
    own: list[str] = []
    protocol: list[str] = []
    for path, item in sorted(document["paths"].items()):
        for method, operation in item.items():
            if method in {"get", "put", "post", "delete"}:
                row = f"| {method.upper()} | `{path}` | {_sentence(operation)} |"
                (own if path.startswith("/api/v1") else protocol).append(row)
    for title, rows in (("The Confluent protocol", protocol), ("lineal's own", own)):
        lines += [f"## {title}", "", "| method | path | what it does |", "|---|---|---|", *rows, ""]
    return NOTE + "\n".join(lines)


def _sentence(operation: dict[str, Any]) -> str:
    return str(operation.get("description") or operation.get("summary", "")).split("\n")[0]


def _prose(kind: type) -> str:
    return " ".join(textwrap.dedent(kind.__doc__ or "").split())


if __name__ == "__main__":
    for name, text in pages().items():
        (HERE / name).write_text(text, "utf-8")
        sys.stdout.write(f"{name}\n")
