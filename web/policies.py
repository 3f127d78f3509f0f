"""The settings of a subject, a context or everything: what is in force, and a form that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from msgspec import UNSET
from msgspec.structs import asdict

from compat.criteria import PROFILES
from compat.profile import FormatMode, Profile
from registry.access.current import current
from registry.access.roles import Role
from registry.errors import InvalidRequest, RegistryError, SubjectNotFound
from registry.model import DEFAULT, GLOBAL_CONTEXT, Configuration, ConfigurationChange, Mode, Origin, Subject
from registry.policy import UPCASTABLE
from registry.policy import Policy as InForce
from registry.policy import Setting as Own
from registry.service import Registry
from web import address, words
from web.site import Site
from web.travel import seen
from web.views.settings import Option, Policy, Scope, Setting

_PROFILES: Final = {
    each: words.PROFILES[Profile(each)] or "what breaks is refused, with an event that proves it" for each in PROFILES
}
_FORMATS: Final = {
    FormatMode.CONSERVATIVE.value: "only what is right under both readings is compatible",
    FormatMode.ANNOTATION.value: "a note for people: it refuses nothing",
    FormatMode.ASSERTION.value: "enforced: values have to fit it",
}
_POLICIES: Final = {
    "STRICT": "a breaking version is refused",
    UPCASTABLE: "a breaking version is let in if a proven upcaster comes with it",
    "LENIENT": "Confluent's LENIENT, under the profile confluent",
}
_MODES: Final = {
    Mode.READWRITE.value: "versions may be registered and deleted",
    Mode.READONLY.value: "nothing may be changed",
}
_MEMBERS: Final = (
    ("compatibility", "Compatibility", "What a new version has to get along with.", words.LEVELS),
    ("profile", "Whose rules decide", "Another authority's can be followed, also where they are wrong.", _PROFILES),
    ("json_formats", "What format means in JSON Schemas", "The specification leaves it to validators.", _FORMATS),
    ("compatibility_policy", "Breaking versions", "What happens to a version that breaks readers.", _POLICIES),
)


_SHOWN: Final = frozenset(
    {"compatibility_level", "profile", "json_formats", "compatibility_policy", "rule_overrides", "alias"}
)
"""What the form has; other members are left as they are."""


def scope_named(name: str) -> Subject:
    """A subject, a context (``:.name:``), or the default context (empty). Raises InvalidSubject, InvalidContext."""
    return Subject.parse(name) if name.strip() else DEFAULT


def scopes(site: Site) -> tuple[Scope, ...]:
    """The contexts that have settings of their own to be made."""
    contexts = [Subject(GLOBAL_CONTEXT), *(Subject(name) for name in site.registry.catalog.contexts())]
    return tuple(_scope(each) for each in contexts)


def policy(site: Site, scope: Subject, *, saved: bool = False) -> Policy:
    """What is set for a scope and what is in force there. Raises SubjectNotFound for what the caller may not see."""
    who = current()
    if not who.view.shows(scope):
        raise SubjectNotFound(scope)
    own, in_force = site.registry.configurations.own(scope), site.registry.configurations.policy(scope)
    configuration = own.configuration or Configuration()
    mode = own.mode.value if own.mode else ""
    sane = site.registry.settings.inheritance == "sane"
    surprise = "" if scope.is_context or sane else _surprise(site)
    return Policy(
        scope=_scope(scope),
        settings=tuple(_setting(member, configuration, in_force) for member in _MEMBERS),
        rules="\n".join(_rules(configuration.rule_overrides)),
        rules_in_force=tuple(_rules(in_force.configuration.rule_overrides)),
        beside=tuple(_beside(configuration)),
        alias=configuration.alias or "",
        mode=_choice("mode", "Mode", "What may be done here at all.", _MODES, mode, in_force.mode.value),
        inherits=surprise,
        may_change=seen() is None and not site.primary and who.may(Role.ADMIN, scope),
        has_own=own != Own(),
        saved=saved,
    )


def _surprise(site: Site) -> str:
    level = site.registry.settings.defaults.level.name
    return (
        f"As Confluent has it: a subject that has settings of its own, but no compatibility among them, has the "
        f"server's default ({level}), whatever its context says. LINEAL_INHERITANCE=sane inherits each one by itself."
    )


def _scope(scope: Subject) -> Scope:
    name = "" if scope == DEFAULT else str(scope)
    if not scope.is_context:
        said = f"the subject {scope}"
    elif scope == DEFAULT:
        said = "the default context"
    elif scope.context == GLOBAL_CONTEXT:
        said = "every context"
    else:
        said = f"the context {scope.context}"
    return Scope(name, said, address.settings(name), is_subject=not scope.is_context)


def _setting(
    member: tuple[str, str, str, Mapping[str, str]], configuration: Configuration, in_force: InForce
) -> Setting:
    name, label, said, meanings = member
    field = "compatibility_level" if name == "compatibility" else name
    usual = {"profile": Profile.STRICT.value, "json_formats": FormatMode.CONSERVATIVE.value}.get(name, "STRICT")
    now = getattr(in_force.configuration, field) or usual
    return _choice(name, label, said, meanings, getattr(configuration, field) or "", now)


def _choice(name: str, label: str, said: str, meanings: Mapping[str, str], set_here: str, in_force: str) -> Setting:
    values = [*meanings, *({set_here} - {"", *meanings})]  # one that only programs set stays what it is
    options = (Option(each, f"{each}: {meanings.get(each, 'as it is')}", each == set_here) for each in values)
    nothing = Option("", "not set here", not set_here)
    return Setting(
        name, label, said, (nothing, *options), set_here, f"{in_force}: {meanings.get(in_force, '')}".strip(": ")
    )


def _rules(overrides: Mapping[str, str] | None) -> list[str]:
    return [f"{rule} = {action}" for rule, action in sorted((overrides or {}).items())]


def _beside(configuration: Configuration) -> list[str]:
    names = [name for name, value in asdict(configuration).items() if value is not None and name not in _SHOWN]
    return [name.replace("_", " ") for name in names]


def change(site: Site, scope: Subject, sent: Mapping[str, str], origin: Origin) -> Policy:
    """The settings after a form was saved, or the form as it was sent with what is wrong with it."""
    try:
        _save(site.registry, scope, sent, origin)
    except RegistryError as error:
        return _as_sent(policy(site, scope), sent, error.message)
    return policy(site, scope)


def change_mode(site: Site, scope: Subject, mode: str, origin: Origin) -> Policy:
    """The settings after the mode was set, or cleared; IMPORT, which forgets what was deleted, is not set here."""
    try:
        if mode not in {"", *_MODES} and mode != policy(site, scope).mode.set_here:
            raise InvalidRequest(f"'{mode}' is not set on this page: choose one of the list")
        site.registry.configurations.set_mode(scope, mode or None, origin=origin)
    except RegistryError as error:
        return replace(policy(site, scope), error=error.message)
    return policy(site, scope)


def _save(registry: Registry, scope: Subject, sent: Mapping[str, str], origin: Origin) -> None:
    values = {name: sent.get(name, "").strip() or None for name, *_ in _MEMBERS}
    if not scope.is_context and "alias" in sent:
        values["alias"] = sent["alias"].strip() or None
    change = ConfigurationChange(**values, rule_overrides=_overrides(sent.get("rules", "")))  # type: ignore[arg-type]
    own = registry.configurations.own(scope).configuration
    empty = all(getattr(change, name) in (None, UNSET) for name in change.__struct_fields__)
    if empty and not _beside(own or Configuration()):
        # a row of settings in which nothing is set would still end what a subject inherits
        if own is not None:
            registry.configurations.unconfigure(scope, origin)
        return
    registry.configurations.configure(scope, change, origin)


def _overrides(text: str) -> dict[str, str] | None:
    """Raises InvalidRequest."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        rule, separator, action = line.partition("=")
        if not (separator and rule.strip() and action.strip()):
            raise InvalidRequest(f"'{line}' does not say what is done about a rule: write one a line, as lossy = block")
        found[rule.strip()] = action.strip().lower()
    return found or None


def _as_sent(shown: Policy, sent: Mapping[str, str], error: str) -> Policy:
    settings = tuple(
        replace(each, options=tuple(replace(one, chosen=one.value == sent.get(each.name, "")) for one in each.options))
        for each in shown.settings
    )
    return replace(shown, settings=settings, rules=sent.get("rules", ""), alias=sent.get("alias", ""), error=error)
