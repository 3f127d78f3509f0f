"""Verdicts with their witnesses, and the rules they name."""

from __future__ import annotations

from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from compat.definition import Format
from compat.gate.rules import foreign_rules
from compat.level import Level
from compat.profile import Profile
from registry.errors import NotFound
from registry.http.api_v1 import documents
from registry.http.api_v1.documents import RuleDocument, VerdictDocument
from registry.http.payloads import RegisterSchemaRequest
from registry.model import Subject
from registry.policy import parse_level, parse_profile
from registry.service import Registry, wording


@post("/compatibility/{name:str}", status_code=200, sync_to_thread=True)
def check(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    data: JSONBody[RegisterSchemaRequest],
    level: FromQuery[str | None] = None,
    version: FromQuery[str | None] = None,
    profile: FromQuery[str | None] = None,
) -> VerdictDocument:
    """The verdict over a schema against one ``version`` or the history, under ``level`` and ``profile`` or those in
    force."""
    under, by = _level(level), _profile(profile)
    if version is None:
        checked = registry.checking.against_history(subject, data.content(), level=under, profile=by)
    else:
        checked = registry.checking.against_version(subject, data.content(), version, level=under, profile=by)
    return documents.verdict(checked)


@get("/rules", sync_to_thread=True)
def list_rules() -> list[RuleDocument]:
    """Every rule that a verdict can name: lineal's with what others call it, then those of the others."""
    return _every_rule()


@get("/rules/{rule:str}", sync_to_thread=True)
def get_rule(rule: FromPath[str]) -> list[RuleDocument]:
    """One rule: what is wrong, why it hurts and what to do instead, in each format that has it."""
    found = [one for one in _every_rule() if one.name == rule]
    if not found:
        raise NotFound(f"No rule is called '{rule}': see /api/v1/rules")
    return found


def _every_rule() -> list[RuleDocument]:
    own = [documents.rule(rule) for format in Format for rule in wording.rules(format)]  # noqa: A001
    return own + [documents.foreign_rule(rule) for rule in foreign_rules()]


def _level(name: str | None) -> Level | None:
    return None if name is None else parse_level(name)


def _profile(name: str | None) -> Profile | None:
    return None if name is None else parse_profile(name)


HANDLERS: Final = (check, list_rules, get_rule)
