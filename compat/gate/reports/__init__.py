"""The forms a report can take: one file per form, one table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from compat.gate.findings import Report
from compat.gate.reports import document, github, gitlab, junit, markdown, msvs, sarif, text

REPORTS: Final[Mapping[str, Callable[[Report], str]]] = MappingProxyType(
    {
        "text": text.render,
        "json": document.render,
        "github": github.render,
        "gitlab": gitlab.render,
        "junit": junit.render,
        "sarif": sarif.render,
        "markdown": markdown.render,
        "msvs": msvs.render,
    }
)
"""Each takes a report and gives the whole text, newline at the end (nothing at all where a form has nothing to say)."""
