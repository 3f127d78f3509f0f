"""Events of the log in plain words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Final
from urllib.parse import urlsplit

from registry.events import (
    ApplicationDescribed,
    AssociationRemoved,
    AssociationSet,
    ConfigurationChanged,
    ConfigurationRemoved,
    ContextRemoved,
    ContractWithdrawn,
    DeploymentEnded,
    DeploymentRecorded,
    ExporterDefined,
    ExporterPaused,
    ExporterRemoved,
    ExporterReset,
    ExporterResumed,
    Happened,
    KeyCreated,
    KeyRevoked,
    ModeChanged,
    ModeRemoved,
    ReaderDeclared,
    RegistrationRefused,
    RoleGranted,
    RoleWithdrawn,
    SchemaRegistered,
    UpcasterPublished,
    UpcasterWithdrawn,
    VersionsDeleted,
    VersionsPurged,
    WebhookChanged,
    WebhookRegistered,
    WebhookRemoved,
    WebhookSecretRotated,
    WriteDenied,
    WriterDeclared,
)
from registry.events import Entry as Logged
from registry.model import ACCESS, DEFAULT_CONTEXT, GLOBAL_CONTEXT, Configuration, Subject
from web import address
from web.site import Site
from web.views.log import Entry
from web.words import BAD, GOOD, LIFT, PLAIN, Tone, counted

PAGE: Final = 50
"""Entries of the log on one page."""
_THERE_THEN: Final = (SchemaRegistered, VersionsDeleted, UpcasterPublished, UpcasterWithdrawn)
"""After these a subject certainly has a version, so that it can be looked at as it was."""


def entries(site: Site, logged: Sequence[Logged], *, named: bool = True) -> list[Entry]:
    """Entries as lines for people."""
    kept = site.registry.catalog.kept(one.subject for one in logged)
    return [entry(one, kept[one.subject], named=named) for one in logged]


def entry(logged: Logged, kept: Collection[int], *, named: bool = True) -> Entry:
    """One entry as a line for people; ``named``: with its subject, where the page is not about it alone.

    ``kept``: the versions that its subject still has. What was deleted for good has no page, so nothing leads there.
    """
    subject = logged.subject
    look, sentence, url = told(logged.event, subject)
    about_application = isinstance(logged.event, ApplicationDescribed | DeploymentRecorded | DeploymentEnded)
    purged = isinstance(logged.event, SchemaRegistered) and logged.event.version not in kept
    about_one = bool(kept) and not subject.is_context
    of_all = subject == ACCESS  # keys, roles, webhooks and exporters: about no subject and no context
    there = about_one and isinstance(logged.event, _THERE_THEN)
    gone = purged or not (kept or about_application)
    return Entry(
        tone=look,
        sentence=sentence,
        subject=subject.name if named and not of_all else "",
        context="" if of_all or subject.is_context or subject.context == DEFAULT_CONTEXT else subject.context,
        subject_url=address.subject(str(subject)) if about_one else "",
        url="" if gone else url,
        actor=logged.origin.actor,
        reason=logged.origin.reason,
        when=logged.time,
        position=logged.position,
        then=address.subject(str(subject), at=logged.position) if there else address.catalog(at=logged.position),
        then_words="The subject as it was here" if there else "The catalog as it was here",
    )


def told(event: Happened, subject: Subject) -> tuple[Tone, str, str]:
    """How an event looks, what happened in words, and the page that shows it (or none)."""
    name = str(subject)
    match event:
        case SchemaRegistered(version=version, forced=forced):
            words = f"version {version} registered" + (" by force" if forced else "")
            return (BAD if forced else GOOD), words, address.subject(name, version)
        case RegistrationRefused(findings=findings):
            why = f": {counted(len(findings), 'finding')}" if findings else ""
            return BAD, f"a candidate was refused{why}", f"{address.subject(name, part='history')}#refused"
        case UpcasterPublished():
            return *_published(event), address.player(name)
        case UpcasterWithdrawn(source=source, target=target):
            return PLAIN, f"upcaster from v{source} to v{target} withdrawn", address.player(name)
        case VersionsDeleted(versions=versions):
            return BAD, f"{_versions(versions)} deleted", address.subject(name, part="history")
        case VersionsPurged(versions=versions):
            return BAD, f"{_versions(versions)} deleted for good", ""
        case ReaderDeclared() | WriterDeclared() | ContractWithdrawn():
            return _contract_told(event, name)
        case ApplicationDescribed() | DeploymentRecorded() | DeploymentEnded():
            return _contract_told(event, name)
        case _:
            look = BAD if isinstance(event, ContextRemoved | KeyRevoked | WriteDenied) else PLAIN
            return look, _beside(event, subject), ""


def _beside(event: Happened, subject: Subject) -> str:
    """What happened to something other than a subject's versions; it has no page of its own."""
    match event:
        case ConfigurationChanged(configuration=configuration):
            return f"{_scope(subject)}: {_settings(configuration)}"
        case ConfigurationRemoved():
            return f"{_scope(subject)}: own settings taken away"
        case ModeChanged(mode=mode):
            return f"{_scope(subject)}: mode is now {mode}"
        case ModeRemoved():
            return f"{_scope(subject)}: own mode taken away"
        case ContextRemoved():
            return f"context {subject.context} removed"
        case WebhookRegistered() | WebhookChanged() | WebhookSecretRotated() | WebhookRemoved():
            return _of_webhook(event)
        case AssociationSet(resource_type=kind, resource_name=resource, association_type=part):
            return f"the {kind} {resource} uses it for its {part}"
        case AssociationRemoved():
            return "a resource uses it no more"
        case ExporterDefined() | ExporterPaused() | ExporterResumed() | ExporterReset() | ExporterRemoved():
            return _of_exporter(event)
        case _:
            return _of_access(event)


def _of_webhook(event: WebhookRegistered | WebhookChanged | WebhookSecretRotated | WebhookRemoved) -> str:
    """What happened to whoever is told of what happens."""
    match event:
        case WebhookRegistered(url=url, types=types):
            return f"{_host(url)} is told {_wanted(types)} from now on"
        case WebhookChanged(url=url, types=types):
            return f"a webhook was changed: {_host(url)} is told {_wanted(types)}"
        case WebhookSecretRotated():
            return "a webhook has a new secret"
        case WebhookRemoved():
            return "a webhook is told nothing more"


def _of_exporter(
    event: ExporterDefined | ExporterPaused | ExporterResumed | ExporterReset | ExporterRemoved,
) -> str:
    """What happened to the copying into another registry."""
    match event:
        case ExporterDefined(definition=definition):
            return f"exporter {definition.name} copies {', '.join(definition.subjects) or 'every subject'}"
        case ExporterPaused(name=name, trace=trace):
            return f"exporter {name} stopped" + (f": {trace}" if trace else "")
        case ExporterResumed(name=name):
            return f"exporter {name} goes on"
        case ExporterReset(name=name):
            return f"exporter {name} begins anew"
        case ExporterRemoved(name=name):
            return f"exporter {name} removed; what it copied stays"


def _of_access(event: Happened) -> str:
    """What happened to keys and grants, or by somebody who may not."""
    match event:
        case KeyCreated(principal=principal, label=label):
            return f"API key for {principal} made" + (f": {label}" if label else "")
        case KeyRevoked(principal=principal):
            return f"API key of {principal} revoked"
        case RoleGranted(principal=principal, role=role, context=context, prefix=prefix):
            return f"{principal} has the role {role} over {_area(context, prefix)}"
        case RoleWithdrawn(principal=principal, role=role, context=context, prefix=prefix):
            return f"{principal} has the role {role} over {_area(context, prefix)} no longer"
        case WriteDenied(action=action, more=more):
            return f"denied: {action}" + (f", and {counted(more, 'request')} before it" if more else "")
        case _:
            # a kind of event that is newer than these words is still shown, by its name
            return spaced(type(event).__name__)


_Contractual = (
    ReaderDeclared | WriterDeclared | ContractWithdrawn | ApplicationDescribed | DeploymentRecorded | DeploymentEnded
)


def _contract_told(event: _Contractual, name: str) -> tuple[Tone, str, str]:
    """The same for what applications declare and where they are live."""
    match event:
        case ReaderDeclared(application=application, build=build):
            return PLAIN, f"{application} {build} declares that it reads it", address.readers(name)
        case WriterDeclared(application=application, build=build, versions=versions):
            return PLAIN, f"{application} {build} declares that it writes {_versions(versions)}", address.readers(name)
        case ContractWithdrawn(application=application, build=build, role=role):
            verb = "reads" if role == "reader" else "writes"
            return PLAIN, f"{application} {build} {verb} it no more", address.readers(name)
        case ApplicationDescribed(application=application, owner=owner):
            owned = f", owned by {owner}" if owner else ""
            return PLAIN, f"{application} is known{owned}", address.application(application)
        case DeploymentRecorded(application=application, build=build, environment=environment, mode=mode):
            return GOOD, f"{application} {build} {mode} to {environment}", address.application(application)
        case DeploymentEnded(application=application, build=build, environment=environment):
            return PLAIN, f"{application} {build} left {environment}", address.application(application)


def _wanted(types: Sequence[str]) -> str:
    """What a webhook has asked for."""
    if not types:
        return "what happens"
    return f"of {', '.join(map(spaced, types[:3]))}{' …' if len(types) > 3 else ''}"


def _host(url: str) -> str:
    """Whom a webhook reaches; the rest of its address may be nobody else's business."""
    return urlsplit(url).hostname or "somebody"


def _area(context: str, prefix: str) -> str:
    subjects = f"subjects that begin with {prefix}" if prefix else "all subjects"
    return f"{subjects} in every context" if context == "*" else f"{subjects} in the context {context}"


def spaced(name: str) -> str:
    """The name of a kind of event in words: ``schema registered``."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _versions(versions: Sequence[int]) -> str:
    listed = ", ".join(str(version) for version in versions[:8]) + (" …" if len(versions) > 8 else "")
    return f"version {listed}" if len(versions) == 1 else f"versions {listed}"


def _scope(subject: Subject) -> str:
    if not subject.is_context:
        return "settings"
    if subject.context == GLOBAL_CONTEXT:
        return "settings of everything"
    return f"settings of the context {subject.context}"


def _settings(configuration: Configuration) -> str:
    said = [
        f"{words} {value}"
        for words, value in (
            ("compatibility is now", configuration.compatibility_level),
            ("judged by the profile", configuration.profile),
            ("format of JSON Schemas is now", configuration.json_formats),
            ("an alias for", configuration.alias),
        )
        if value
    ]
    said += [f"{rule} is now to {action}" for rule, action in sorted((configuration.rule_overrides or {}).items())]
    others = [
        name
        for name in configuration.__struct_fields__
        if name not in _IN_WORDS and getattr(configuration, name) is not None
    ]
    said += [f"{name.replace('_', ' ')} set" for name in others]
    return ", ".join(said) or "changed"


_IN_WORDS: Final = frozenset({"compatibility_level", "profile", "json_formats", "alias", "rule_overrides"})
"""Settings of which the value is said."""


def days(entries: Iterable[Entry], now: datetime | None = None) -> list[tuple[str, list[Entry]]]:
    """Entries grouped by day, in their order: ``Today``, ``Yesterday``, ``Friday, 27 November 2026``."""
    today = (now or datetime.now(UTC)).date()
    named = []
    for day, group in groupby(entries, key=lambda one: one.when.astimezone(UTC).date()):
        past = (today - day).days
        words = {0: "Today", 1: "Yesterday"}.get(past, f"{day:%A}, {day.day} {day:%B %Y}")
        named.append((words, list(group)))
    return named


def _published(event: UpcasterPublished) -> tuple[Tone, str]:
    step = f"from v{event.source} to v{event.target}"
    if event.details.get("implied"):
        return PLAIN, f"step {step} needs no upcaster"
    return LIFT, f"upcaster {step} published" + (f", revision {event.revision}" if event.revision > 1 else "")
