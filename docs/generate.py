"""Write the reference pages that follow from the code (``python docs/generate.py``); a test compares the two."""

from __future__ import annotations

import ast
import inspect
import json
import sys
import textwrap
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import figures

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
from upcasters import conformance, expression, functions, fuse, growth, operations
from upcasters.codecs import CODECS
from upcasters.evaluate import evaluate
from upcasters.fit import label

HERE = Path(__file__).parent
NOTE = "<!-- written by docs/generate.py; change the code, not this page -->\n\n"


def pages() -> dict[str, Callable[[], str]]:
    """What writes each generated page, by its path below ``docs``."""
    return {
        "reference/rules.md": rules,
        "reference/profiles.md": profiles,
        "reference/operations.md": upcaster_operations,
        "reference/expressions.md": expressions,
        "reference/codecs.md": codecs,
        "reference/values.md": value_rules,
        "reference/settings.md": service_settings,
        "reference/commands.md": commands,
        "reference/errors.md": error_codes,
        "reference/http.md": http,
        "images/figures.svg": figures.svg,
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
        "Values of `as`: `decimal`, `bytes` (base64), `timestamp` (RFC 3339), `local_timestamp` (no offset), `date`,",
        "`time`, `uuid`; for texts within a constant, an object of such values by JSON pointers.",
        "",
    ]
    for name, kind in operations.OPERATIONS.items():
        fields = ", ".join(_field(field) for field in _fields(kind))
        lines += [f"## {name}", "", f"`{name}: {{{fields}}}`", "", _prose(kind), "", *_example(name), ""]
    return NOTE + "\n".join(lines)


def _example(operation: str) -> list[str]:
    """The first conformance case that begins with an operation: the operations, an event and what comes of it."""
    for case in (case for case in (*conformance.cases(), *conformance.streams()) if case["ops"]):
        if "out" in case and operation in case["ops"][0]:
            rows = [
                ("operation", case["ops"][0] if len(case["ops"]) == 1 else case["ops"]),
                ("event", case["in"]),
                ("becomes", case["out"]),
            ]
            return ["| | |", "|---|---|", *(f"| {what} | {_cell(tree)} |" for what, tree in rows)]
    raise LookupError(f"no conformance case shows {operation}")


def expressions() -> str:
    """The functions and operators of expressions, with what they compute."""
    lines = [
        "# Expressions",
        "",
        "What `set`, `when`, `fail` and `drop_event` compute with: a small subset of CEL, typed when it is published.",
        "Names are members of the scope, `this` is the scope itself; a name that is no plain word stands in backticks.",
        "`x.f(y)` is `f(x, y)`. A text stands in quotes of either kind; in `r'...'` a backslash is a backslash.",
        "",
        "## Bounds",
        "",
        f"At most {expression.LONGEST:,} characters, nested {expression.DEEPEST} deep; loops go over one list, at most",
        f"{expression.LOOPS} of them within each other. No recursion, no clock, no input or output. Work and growth",
        f"of a whole chain are bounded beforehand: a weight of {fuse.HEAVIEST:,} in nodes of its plan, and no part of",
        f"an event stands in the result more than {growth.LARGEST} times. Texts and lists that are made have at most",
        f"{functions.LONGEST:,} characters or items.",
        "",
        "## Operators",
        "",
        "| operator | meaning |",
        "|---|---|",
        *(f"| {operator} | {meaning} |" for operator, meaning in _OPERATORS),
        "",
        "## Functions",
        "",
        "| function | meaning | example | gives |",
        "|---|---|---|---|",
    ]
    for name, example in _EXAMPLES.items():
        meaning = _MEANINGS.get(name) or _prose(functions.CALLS[name])
        given = evaluate(expression.parse(example), _SCOPE)
        shown = example.replace("|", "\\|")
        lines.append(f"| `{name}` | {meaning} | `{shown}` | {_cell(given)} |")
    lines += ["", "The examples are over the event " + _cell(_SCOPE) + ".", ""]
    return NOTE + "\n".join(lines)


_SCOPE = {"name": "Ann Lee", "zip": "01234", "lines": [{"n": 2}, {"n": 0}], "note": None}
_OPERATORS = [
    ("`==` `!=`", "The same value; numbers by value, `true` is not `1`."),
    ("`<` `<=` `>` `>=`", "Order of numbers, texts (by code point), timestamps and dates."),
    ("`+` `-` `*`", "Exact on whole numbers of 64 bits, refused beyond; `+` also puts texts and lists together."),
    ("`/` `%`", "The quotient is a double, or a decimal if one side is; the remainder has the sign of the left side."),
    ("`&&` `\\|\\|` `!`", "From left to right; the right side is not looked at where the left one decides."),
    ("`c ? a : b`", "One of two."),
    ("`in`", "Whether a list has the value, or a record or map the name."),
]
_MEANINGS = {
    "has": "Whether the member is there; null is there.",
    "matches": "Whether the [pattern](patterns.md) stands in the text.",
    "coalesce": "The first that is neither absent nor null; null if none is.",
    "map": "The list with every item replaced.",
    "filter": "The items for which the condition holds.",
    "exists": "Whether it holds for any item.",
    "all": "Whether it holds for every item.",
}
_EXAMPLES = {
    "size": "name.size()", "lower": "name.lower()", "upper": "name.upper()", "trim": "trim(' a ')",
    "substring": "name.substring(0, 3)", "before": "name.before(' ')", "after": "name.after(' ')",
    "contains": "name.contains('Lee')", "startsWith": "name.startsWith('Ann')", "endsWith": "name.endsWith('x')",
    "matches": r"zip.matches(r'^\d{5}$')", "int": "int('7')", "double": "double(7)",
    "decimal": "string(decimal('1.20') * 2)", "string": "string(7)", "has": "has(email)",
    "coalesce": "coalesce(note, 'none')", "map": "lines.map(l, l.n * 2)", "filter": "lines.filter(l, l.n > 0)",
    "exists": "lines.exists(l, l.n == 0)", "all": "lines.all(l, l.n > 0)",
}  # fmt: skip


def codecs() -> str:
    """The catalogue of `convert`."""
    lines = [
        "# Codecs",
        "",
        "What [convert](operations.md#convert) can write another way: exactly, or the event is refused.",
        "Where the way back may give another spelling of the value, the step is a lens. The cases are run as tests in",
        "every target that has the codec; they stand in `upcasters/conformance/codecs.json`.",
        "",
        "| codec | takes | gives | way back exact | for example | refused |",
        "|---|---|---|---|---|---|",
    ]
    for case in conformance.codecs():
        codec = CODECS[case["using"]]
        before, after = case["values"][0]
        refused = " ".join(map(_cell, case["refused"][:3]))
        exact = "yes" if codec.lossless else "no"
        lines.append(
            f"| `{codec.name}` | {label(codec.takes)} | {label(codec.gives)} | {exact} "
            f"| {_cell(before)} → {_cell(after)} | {refused} |"
        )
    return NOTE + "\n".join([*lines, ""])


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
    width = {"max_content_width": 100, "terminal_width": 100}
    root = click.Context(application, info_name="lineal", **application.context_settings | width)
    for context in _walk(root):
        path = context.command_path
        lines += [f"{'#' * (2 + path.count(' '))} {path}", "", "```console", context.get_help().rstrip(), "```", ""]
    return NOTE + "\n".join(line.rstrip() for text in lines for line in text.split("\n"))


def _walk(context: click.Context) -> Iterator[click.Context]:
    """A command and those below it; what is set for the first holds for all."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            inner = context.command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _walk(click.Context(inner, parent=context, info_name=name, **inner.context_settings))


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


def _prose(kind: object) -> str:
    return " ".join(textwrap.dedent(kind.__doc__ or "").split())


if __name__ == "__main__":
    for name, page in pages().items():
        (HERE / name).write_text(page(), "utf-8")
        sys.stdout.write(f"{name}\n")
