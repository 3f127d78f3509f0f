"""Where the pages are: the one place that writes and reads their URLs.

A subject stands in a URL as one path segment. Servers decode a path before they split it, proxies do it again, and
browsers resolve ``.`` and ``%2E``; so slashes, percent signs and the like are escaped inside the segment in the manner
of JSON pointers (``~1`` is a slash, ``~0`` a tilde), before the usual percent-encoding of everything else.

While a page of the past is made, every address leads to the same moment.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlencode

from registry.model import Build
from web.travel import PARAMETER, seen

CATALOG = "/catalog"
SIGN_IN: Final = f"{CATALOG}/sign-in"
SIGN_OUT: Final = f"{CATALOG}/sign-out"
REGISTER: Final = f"{CATALOG}/draft/register"
SETTINGS: Final = f"{CATALOG}/settings"
SETTINGS_MODE: Final = f"{SETTINGS}/mode"
WEBHOOKS: Final = f"{SETTINGS}/webhooks"
EXPORTERS: Final = f"{SETTINGS}/exporters"
ACCESS: Final = f"{SETTINGS}/access"
STATE: Final = f"{SETTINGS}/state"
_PLAIN = "-._~!$'()*,;=:@"
_ESCAPES: Final = {"~": "~0", "/": "~1", "\\": "~2", ".": "~3", "%": "~4"}
_LETTERS: Final = {escape: letter for letter, escape in _ESCAPES.items()}


def segment(name: str) -> str:
    """A subject's or context's name as one path segment of a URL."""
    dots = name in {".", ".."}
    escaped = "".join(_ESCAPES.get(letter, letter) if letter != "." or dots else letter for letter in name)
    return quote(escaped, safe=_PLAIN)


def name_in(segment: str) -> str:
    """The name a decoded path segment stands for; the inverse of ``segment``."""
    return re.sub("~[0-4]", lambda found: _LETTERS[found[0]], segment)


def query(path: str, **parameters: object) -> str:
    """A path with those parameters that are neither None nor empty, at the moment that the page shows."""
    if PARAMETER not in parameters and (then := seen()) is not None:
        parameters[PARAMETER] = then.moment.position
    given = {key: value for key, value in parameters.items() if value is not None and value != ""}
    return f"{path}?{urlencode(given)}" if given else path


def sign_in(following: str = "") -> str:
    """The form to sign in, and where to go from there."""
    return query(SIGN_IN, next=following)


def inside(path: str) -> str:
    """A path that leads to a page of the catalog; the catalog itself for any other."""
    inner = path.startswith(f"{CATALOG}/") and not path.startswith((SIGN_IN, SIGN_OUT))
    plain = path.isprintable() and "\\" not in path
    return path if plain and (inner or path.startswith(f"{CATALOG}?")) else CATALOG


def catalog(**parameters: object) -> str:
    """The list of subjects; ``q``, ``context`` and ``format`` narrow it, ``after``, ``before`` and ``page`` lead on."""
    return query(CATALOG, **parameters)


def search() -> str:
    """What the palette asks."""
    return query(f"{CATALOG}/search")


def subject(name: str, version: int | None = None, part: str = "", **parameters: object) -> str:
    """A subject's page, of its latest or of one version; ``part`` is a tab (``text``, ``history`` …)."""
    return query(_subject(name, version, part), **parameters)


def _subject(name: str, version: int | None, part: str) -> str:
    path = f"{CATALOG}/subjects/{segment(name)}"
    if version is not None:
        path += f"/versions/{version}"
    return f"{path}/{part}" if part else path


def difference(name: str, older: int, newer: int) -> str:
    """What changed from one version to another."""
    return subject(name, part=f"diff/{older}...{newer}")


def player(name: str, **state: object) -> str:
    """The chain of upcasters, at one state of its player: ``from``, ``to``, ``seed`` or ``event``, ``step``."""
    return query(_subject(name, None, "upcasters"), **state)


def module(name: str, source: int, target: int) -> str:
    """The JavaScript module that brings events of one version to another."""
    return subject(name, part=f"upcasters/{source}...{target}.js")


def readers(name: str, environment: str = "") -> str:
    """Who reads which version of a subject, in one environment or all."""
    return query(_subject(name, None, "readers"), env=environment)


def reading(name: str, build: Build, version: int) -> str:
    """How one reader reads one version."""
    return query(_subject(name, None, f"readers/v/{version}"), app=build.application, build=build.name)


def applications() -> str:
    """Every application that has declared something."""
    return query(f"{CATALOG}/applications")


def application(name: str) -> str:
    """What one application reads and writes, and where it is live."""
    return query(f"{CATALOG}/applications/{segment(name)}")


def draft(name: str = "", **parameters: object) -> str:
    """The page that says what a candidate would break."""
    return query(f"{CATALOG}/draft", subject=name, **parameters)


def schema_id(number: int, context: str = ".") -> str:
    """The page of a schema by its id."""
    return query(f"{CATALOG}/ids/{number}", context=None if context == "." else context)


def changes(**parameters: object) -> str:
    """The log, newest first."""
    return query(f"{CATALOG}/changes", **parameters)


def settings(scope: str = "") -> str:
    """What is in force for a subject, a context or everything, as the protocol writes their names."""
    return query(SETTINGS, of=scope)


def webhook(name: str, doing: str = "") -> str:
    """One webhook; ``doing`` is what its buttons do."""
    return f"{WEBHOOKS}/{segment(name)}" + (f"/{doing}" if doing else "")


def exporter(name: str, doing: str) -> str:
    """What the buttons of an exporter do."""
    return f"{EXPORTERS}/{segment(name)}/{doing}"


def field_anchor(path: tuple[str, ...]) -> str:
    """The id of a field on its subject's page, the same in every version that has it."""
    return "f:" + "/".join(quote(name, safe="-._~[]{}") for name in path)
