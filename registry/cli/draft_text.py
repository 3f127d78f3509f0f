"""A draft as YAML, with what a person has to decide beside the operation that it is about."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap
from typing import Any, Final

import yaml

from registry.cli.upcasting import Question

_WIDTH: Final = 120


def draft_text(document: dict[str, Any], questions: Iterable[Question]) -> str:
    """The document with a comment ``# decide: ...`` above every operation that a person has to look at."""
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=None, width=_WIDTH)
    lines = text.splitlines()
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    comments = sorted(((_line(root, each.place), each) for each in questions), key=lambda found: -found[0])
    for line, question in comments:
        indent = lines[line][: len(lines[line]) - len(lines[line].lstrip())]
        lines[line:line] = [f"{indent}# {part}" for part in wrap(_asked(question), _WIDTH - len(indent) - 2)]
    return "\n".join(lines) + "\n"


def _asked(question: Question) -> str:
    return f"decide ({question.confidence:.0%} sure): {question.pointer or 'the event'}: {question.reason}"


def _line(node: Any, place: str) -> int:
    """The line of a text that a place of its document starts on, from 0."""
    line: int = node.start_mark.line
    for part in place.split("/")[1:]:
        if isinstance(node, yaml.MappingNode):
            key, node = next((key, value) for key, value in node.value if key.value == part)
            line = key.start_mark.line
        else:
            node = node.value[int(part)]
            line = node.start_mark.line
    return line
