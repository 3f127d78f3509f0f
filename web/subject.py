"""What the pages of one subject begin with, and its outline, text and history."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from compat.errors import CompatError
from compat.outline import Type
from registry.access.current import current
from registry.errors import VersionNotFound
from registry.model import FieldsNeed, Metadata, Subject, SubjectSummary, Version
from registry.policy import Policy
from registry.service.answers import SubjectDetail
from web import address, steps
from web.aliases import OtherName
from web.line import SHOWN
from web.search import owner_of
from web.site import Site
from web.steps import Deadline
from web.tree import Tree, paths_of, tree
from web.views.subject import Fact, Head, Step, Stop, Strip, Tab
from web.words import PROFILES, format_words, level_words

STOPS: Final = 16
"""Versions on the strip; older ones are counted and linked."""
STRIP_SECONDS: Final = 3.0
"""How long a page may compute verdicts for its strip."""
EARLIER: Final = 60
"""Versions before the shown one that are looked at for 'since'."""

TABS: Final = (
    ("", "Outline"),
    ("text", "Text"),
    ("grid", "Compatibility"),
    ("readers", "Readers"),
    ("upcasters", "Upcasters"),
    ("history", "History"),
    ("settings", "Settings"),
)


def live(versions: Sequence[Version]) -> list[Version]:
    """The versions that are not deleted, or all of them where none is left."""
    return [version for version in versions if not version.deleted] or list(versions)


def named(site: Site, segment: str) -> SubjectDetail:
    """The subject that a segment of an address names. Raises SubjectNotFound; OtherName where it has an alias."""
    return called(site, Subject.parse(address.name_in(segment)))


def called(site: Site, found: Subject) -> SubjectDetail:
    """What is known about a subject. Raises SubjectNotFound; OtherName where it has an alias."""
    if current().view.shows(found) and (target := site.alias(found)):
        raise OtherName(found, target)
    return site.registry.catalog.subject(found)


def shown_version(detail: SubjectDetail, number: int | None) -> Version:
    """The version a page is about: the one that was asked for, else the latest. Raises VersionNotFound."""
    if number is None:
        return live(detail.versions)[-1]
    for version in detail.versions:
        if version.number == number:
            return version
    raise VersionNotFound(number)


def head(site: Site, detail: SubjectDetail, version: Version, tab: str, *, explicit: bool) -> Head:
    """The head of every page of a subject; ``explicit``: the address names the version."""
    subject = detail.summary.subject
    name, level = str(subject), detail.policy.level
    properties = (version.content.metadata or Metadata()).properties or {}
    lifts = site.lifts(subject)
    readers = len(site.registry.contracts.readers(subject))
    counts = {
        "readers": str(readers) if readers else "",
        "upcasters": str(len(lifts)) if lifts else "",
        "history": str(len(detail.versions)),
    }
    number = version.number if explicit else None
    return Head(
        subject=name,
        name=subject.name,
        context=subject.context,
        url=address.subject(name),
        format=format_words(version.content.format),
        level=level.name,
        level_words=level_words(level.name),
        profile=PROFILES[detail.policy.criteria.applied_to(version.content.format).profile],
        mode=detail.policy.mode.value,
        owner=properties.get("owner", "") or owner_of(detail.summary),
        deprecated=properties.get("deprecated", ""),
        version=version.number,
        latest=live(detail.versions)[-1].number,
        strip=strip(site, detail, version.number if tab in {"", "text"} else None, tab, lifts),
        tabs=tuple(
            Tab(
                words,
                address.subject(name, number if part in {"", "text"} else None, part),
                part == tab,
                counts.get(part, ""),
            )
            for part, words in TABS
        ),
    )


def strip(
    site: Site, detail: SubjectDetail, current: int | None, tab: str, lifts: Collection[tuple[int, int]]
) -> Strip:
    """The last versions in a row, with what lies between each two."""
    subject = detail.summary.subject
    name, policy = str(subject), detail.policy
    shown = list(detail.versions[-STOPS:])
    if current is not None and shown and current < shown[0].number:
        at = next(index for index, version in enumerate(detail.versions) if version.number == current)
        shown = list(detail.versions[max(0, at - STOPS // 2) :][:STOPS])
    part = tab if tab == "text" else ""
    deadline = Deadline(STRIP_SECONDS)
    return Strip(
        stops=tuple(
            Stop(
                version.number,
                address.subject(name, version.number, part),
                version.number == current,
                version.deleted,
                version.registered,
            )
            for version in shown
        ),
        steps=tuple(_steps(site, subject, shown, policy, lifts, deadline)),
        hidden=len(detail.versions) - len(shown),
        all_url=address.subject(name, part="history"),
    )


def _steps(
    site: Site,
    subject: Subject,
    versions: Sequence[Version],
    policy: Policy,
    lifts: Collection[tuple[int, int]],
    deadline: Deadline,
) -> list[Step]:
    return [
        steps.step(
            old.number,
            new.number,
            site.readings.of(subject, old, new, policy.criteria, deadline),
            policy.level,
            address.difference(str(subject), old.number, new.number),
            lifts,
        )
        for old, new in itertools.pairwise(versions)
    ]


def small_steps(site: Site, summary: SubjectSummary, deadline: Deadline) -> list[str]:
    """The classes of the last steps of a subject, for the small picture; ``plain`` once the time is used up."""
    if summary.versions < 2:
        return []
    if deadline.passed:
        return ["plain"] * (min(summary.versions, SHOWN) - 1)
    newest = site.registry.catalog.newest(summary.subject, SHOWN)
    if newest.policy.configuration.alias:  # nobody is given its versions by this name
        return []
    between = _steps(site, summary.subject, newest.versions, newest.policy, newest.lifts, deadline)
    return [one.tone.css for one in between]


def outline(site: Site, detail: SubjectDetail, version: Version) -> tuple[Tree | None, str]:
    """The outline of a version, with the version since which each field has been there; or why there is none."""
    shown, reason = _described(site, version)
    if shown is None:
        return None, reason
    before = [one for one in live(detail.versions) if one.number < version.number][-EARLIER:]
    deadline = Deadline(STRIP_SECONDS)
    earlier: list[tuple[int, Type]] = []
    sought = set(paths_of(shown))
    for one in reversed(before):
        known, _ = (None, "") if deadline.passed or not sought else _described(site, one)
        if known is None:
            break
        earlier.append((one.number, known))
        sought.intersection_update(paths_of(known))  # what was not there then came later, whatever was before
    readers = _readers_of_fields(site, version.subject)
    return tree(shown, version.content.format.value, version.number, earlier[::-1], readers), ""


def _readers_of_fields(site: Site, subject: Subject) -> dict[str, tuple[str, ...]]:
    """Who has declared a need of a field, by its dotted name."""
    found: dict[str, tuple[str, ...]] = {}
    for reader in site.registry.contracts.readers(subject):
        for name in reader.need.fields if isinstance(reader.need, FieldsNeed) else ():
            field = name.removesuffix("?")
            found[field] = (*found.get(field, ()), str(reader.build))
    return found


def _described(site: Site, version: Version) -> tuple[Type | None, str]:
    try:
        return site.registry.catalog.describe(version.subject, version.number).outline, ""
    except CompatError as error:
        return None, str(error)


def facts(version: Version, detail: SubjectDetail) -> tuple[Fact, ...]:
    """What is known about a version besides its schema."""
    subject = version.subject
    told = [
        Fact("Schema id", str(version.schema_id), address.schema_id(version.schema_id, subject.context)),
        Fact("Registered", f"{version.registered:%Y-%m-%d %H:%M} UTC"),
        Fact("By", version.actor),
        Fact("GUID", version.guid),
    ]
    if version.deleted:
        told.append(Fact("State", "deleted, still readable by its id"))
    metadata = version.content.metadata or Metadata()
    hidden = set(metadata.sensitive or ())
    told += [
        Fact(key, "not shown" if key in hidden else value) for key, value in sorted((metadata.properties or {}).items())
    ]
    told += [Fact(f"tags of {path}", ", ".join(tags)) for path, tags in sorted((metadata.tags or {}).items())]
    told.append(Fact("Mode", detail.policy.mode.value))
    return tuple(told)


def references(version: Version) -> tuple[Fact, ...]:
    """What a version refers to."""
    context = version.subject.context
    return tuple(
        Fact(
            f"version {reference.version} as {reference.name}",
            reference.subject,
            address.subject(str(Subject.parse(reference.subject, context)), reference.version),
        )
        for reference in version.content.references
    )


def referrers(detail: SubjectDetail) -> tuple[Fact, ...]:
    """What refers to this subject."""
    return tuple(
        Fact(f"version {number}", str(subject), address.subject(str(subject), number))
        for subject, number in detail.referrers[:40]
    )


@dataclass(frozen=True, slots=True)
class Past:
    """One version in the table of the history."""

    version: int
    url: str
    id: int
    id_url: str
    when: datetime
    actor: str
    deleted: bool
    step: Step | None


def history(site: Site, detail: SubjectDetail) -> list[Past]:
    """Every version, newest first, with the step that led to it."""
    subject = detail.summary.subject
    between = _steps(site, subject, detail.versions, detail.policy, site.lifts(subject), Deadline(STRIP_SECONDS))
    return [
        Past(
            version.number,
            address.subject(str(subject), version.number),
            version.schema_id,
            address.schema_id(version.schema_id, subject.context),
            version.registered,
            version.actor,
            version.deleted,
            step,
        )
        for version, step in zip(reversed(detail.versions), [*reversed(between), None], strict=True)
    ]
