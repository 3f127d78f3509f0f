"""Whether a build of an application may go live in an environment, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from registry.contracts import Answer, Reason
from registry.model import Build
from registry.service.answers import ApplicationDetail
from web import address
from web.site import Site
from web.views.listing import Option
from web.words import Tone

_LOOKS: Final = {
    Answer.YES: Tone("good", "check", "yes"),
    Answer.NO: Tone("bad", "cross", "no"),
    Answer.UNKNOWN: Tone("doubt", "question", "unknown"),
}
_WORST_FIRST: Final = (Answer.NO, Answer.UNKNOWN, Answer.YES)


@dataclass(frozen=True, slots=True)
class Point:
    """One reason for an answer."""

    tone: Tone
    sentence: str
    url: str


@dataclass(frozen=True, slots=True)
class GoingLive:
    """The form, and its answer once it was sent."""

    builds: tuple[Option, ...]
    environments: tuple[Option, ...]
    tone: Tone | None
    """None before anything was asked."""
    sentence: str
    points: tuple[Point, ...]
    warnings: tuple[str, ...]


def going_live(site: Site, name: str, build: str, environment: str) -> GoingLive:
    """The form for an application, with the answer for a build and an environment if both are named.

    Raises ApplicationNotFound, and InvalidRequest for what can be no environment.
    """
    detail = site.registry.contracts.application(name)
    builds, environments = _builds(detail), site.registry.contracts.environments()
    form = GoingLive(_options(builds, build), _options(environments, environment), None, "", (), ())
    if not (build and environment):
        return form
    found = site.registry.readers.can_deploy(Build(name, build), environment)
    sentence = {
        Answer.YES: f"Yes: {found.build} may go live in {environment}.",
        Answer.NO: f"No: something breaks if {found.build} goes live in {environment}.",
        Answer.UNKNOWN: f"Nobody can say whether {found.build} may go live in {environment}.",
    }[found.answer]
    worst_first = sorted(found.reasons, key=lambda reason: _WORST_FIRST.index(reason.answer))
    return GoingLive(
        form.builds,
        form.environments,
        _LOOKS[found.answer],
        sentence,
        tuple(map(_point, worst_first)),
        tuple(f"{warning}." for warning in found.warnings),
    )


def _builds(detail: ApplicationDetail) -> list[str]:
    """The newest first, as far as their names tell."""
    names = {one.build.name for one in detail.readers} | {one.build.name for one in detail.writers}
    return sorted(names | {one.build.name for one in detail.deployments}, reverse=True)


def _options(names: list[str], chosen: str) -> tuple[Option, ...]:
    known = [*names, *([chosen] if chosen and chosen not in names else [])]
    return tuple(Option(name, name, name == chosen) for name in known)


def _point(reason: Reason) -> Point:
    if reason.subject is None:
        url = ""
    elif reason.reader is not None and reason.version is not None:
        url = address.reading(str(reason.subject), reason.reader, reason.version)
    else:
        url = address.readers(str(reason.subject))
    return Point(_LOOKS[reason.answer], f"{reason.sentence}.", url)
