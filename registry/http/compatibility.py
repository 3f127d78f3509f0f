"""``/compatibility``: may this schema follow, without registering it."""

from __future__ import annotations

from typing import Final

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from registry.http.parameters import Flag
from registry.http.payloads import CompatibilityBody, RegisterSchemaRequest
from registry.model import Subject
from registry.service import Registry


@post("/compatibility/subjects/{name:str}/versions/{number:str}", status_code=200, sync_to_thread=True)
def against_version(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    number: FromPath[str],
    data: JSONBody[RegisterSchemaRequest],
    *,
    normalize: Flag = False,  # noqa: ARG001 - a verdict does not depend on the spelling
    verbose: Flag = False,
) -> CompatibilityBody:
    """May a schema follow one version?"""
    compatible, messages = registry.checking.in_words(subject, data.content(), number, verbose=verbose)
    return CompatibilityBody(compatible, messages if verbose else msgspec.UNSET)


@post("/compatibility/subjects/{name:str}/versions", status_code=200, sync_to_thread=True)
def against_history(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    data: JSONBody[RegisterSchemaRequest],
    *,
    normalize: Flag = False,  # noqa: ARG001
    verbose: Flag = False,
) -> CompatibilityBody:
    """May a schema follow the versions that the level in force compares with?"""
    compatible, messages = registry.checking.in_words(subject, data.content(), verbose=verbose)
    return CompatibilityBody(compatible, messages if verbose else msgspec.UNSET)


HANDLERS: Final = (against_version, against_history)
