"""Where the pages are: the one place that writes and reads their URLs.

A subject stands in a URL as one path segment. Slashes, percent signs and the names ``.`` and ``..`` are escaped
inside the segment before the usual percent-encoding, because servers and proxies decode a path before they split it,
and browsers resolve ``%2E``.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote, urlencode

CATALOG = "/catalog"
_PLAIN = "-._~!$'()*,;=:@"
_ESCAPED = {"%": "%25", "/": "%2F", "\\": "%5C"}


def segment(name: str) -> str:
    """A subject's or context's name as one path segment of a URL."""
    escaped = "".join(_ESCAPED.get(letter, letter) for letter in name)
    if escaped in {".", ".."}:
        escaped = escaped.replace(".", "%2E")
    return quote(escaped, safe=_PLAIN)


def name_in(segment: str) -> str:
    """The name a decoded path segment stands for; the inverse of ``segment``."""
    return unquote(segment)


def query(path: str, **parameters: object) -> str:
    """A path with those parameters that are neither None nor empty."""
    given = {key: value for key, value in parameters.items() if value is not None and value != ""}
    return f"{path}?{urlencode(given)}" if given else path


def catalog(**parameters: object) -> str:
    """The list of subjects; ``q``, ``context``, ``format`` and ``page`` narrow it."""
    return query(CATALOG, **parameters)


def subject(name: str, version: int | None = None, part: str = "") -> str:
    """A subject's page, of its latest or of one version; ``part`` is a tab (``text``, ``history`` …)."""
    path = f"{CATALOG}/subjects/{segment(name)}"
    if version is not None:
        path += f"/versions/{version}"
    return f"{path}/{part}" if part else path


def difference(name: str, older: int, newer: int) -> str:
    """What changed from one version to another."""
    return f"{subject(name)}/diff/{older}...{newer}"


def player(name: str, **state: object) -> str:
    """The chain of upcasters, at one state of its player: ``from``, ``to``, ``seed`` or ``event``, ``step``."""
    return query(f"{subject(name)}/upcasters", **state)


def draft(name: str = "", **parameters: object) -> str:
    """The page that says what a candidate would break."""
    return query(f"{CATALOG}/draft", subject=name, **parameters)


def schema_id(number: int, context: str = ".") -> str:
    """The page of a schema by its id."""
    return query(f"{CATALOG}/ids/{number}", context=None if context == "." else context)


def changes(**parameters: object) -> str:
    """The log, newest first."""
    return query(f"{CATALOG}/changes", **parameters)


def field_anchor(path: tuple[str, ...]) -> str:
    """The id of a field on its subject's page, the same in every version that has it."""
    return "f:" + "/".join(quote(name, safe="-._~[]{}") for name in path)


def encoded(parameters: Mapping[str, object]) -> str:
    """Parameters as a query string, without the question mark."""
    return urlencode({key: str(value) for key, value in parameters.items()})
