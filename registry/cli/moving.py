"""Take over another registry through the Confluent protocol: what is there, what is here, what is missing.

Nothing is remembered between runs. What is here already is found by asking the database, so a run that was killed is
run again and goes on where it stopped.
"""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final
from uuid import uuid4

import msgspec

from compat.definition import Format
from compat.errors import CompatError
from registry.cli.console import Console, Step
from registry.cli.errors import Refusal
from registry.cli.remote import Remote, in_context
from registry.errors import RegistryError
from registry.model import (
    DEFAULT,
    GLOBAL_CONTEXT,
    Configuration,
    ConfigurationChange,
    Content,
    Metadata,
    Mode,
    Origin,
    RuleSet,
    SchemaReference,
    Subject,
)
from registry.service import RegistrationOptions, Registry

NEVER_CARRIED: Final = (
    "times and authors of registrations, and versions that were deleted for good: the protocol does not tell them; "
    "exporters, associations and encryption keys are not copied"
)


class _Version(msgspec.Struct, frozen=True, rename="camel"):
    """A version with everything the protocol tells of it."""

    subject: str
    version: int
    id: int
    schema: str
    schema_type: str = "AVRO"
    references: list[SchemaReference] | None = None
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None

    def content(self) -> Content:
        """As it is registered here. Raises ValueError for a format that is not known."""
        references = tuple(self.references or ())
        return Content(Format(self.schema_type), self.schema, references, self.metadata, self.rule_set)


class Move:
    """One run from a registry to a database."""

    def __init__(self, console: Console, registry: Registry, remote: Remote) -> None:
        self._console = console
        self._registry = registry
        self._remote = remote
        self._origin = Origin(getpass.getuser(), f"import-{uuid4()}", f"imported from {remote.address}")
        self._done = Counter[str]()
        self._tried: set[tuple[str, int]] = set()
        self.missing: list[str] = []
        """What could not be carried over, each with the reason."""

    def run(self) -> None:
        """Versions first, then their deletions, then the settings, which could forbid what comes before them.

        Raises CouldNotCheck where the other registry does not answer.
        """
        live = set(self._remote.all_subjects(deleted=False))
        names = self._remote.all_subjects(deleted=True)
        with self._console.progress("import", len(names)) as step:
            for name in names:
                self._subject(name, step, deleted=name not in live)
        scopes = self._scopes(names)
        with self._console.progress("settings", len(scopes)) as step:
            for scope in scopes:
                self._settings(scope)
                step(scope or "everything")

    def report(self) -> str:
        """What was done, and what could not be."""
        done = self._done
        lines = [
            (
                f"{done['versions']:,} versions imported, {done['known']:,} were here already, "
                f"{done['deleted']:,} deleted softly as there"
            ),
            f"{done['configurations']:,} configurations and {done['modes']:,} modes set",
        ]
        if self.missing:
            lines += [f"{len(self.missing):,} could not be carried over:", *(f"  {line}" for line in self.missing)]
        return "\n".join([*lines, f"never carried over: {NEVER_CARRIED}"])

    # -- versions --------------------------------------------------------------------------------------------------

    def _subject(self, name: str, step: Step, *, deleted: bool) -> None:
        every = self._remote.all_numbers(name, deleted=True)
        live = set() if deleted else set(self._remote.all_numbers(name, deleted=False))
        for number in every:
            self._version(name, number)
        gone = [number for number in every if number not in live]
        here = self._registry.transfer.held(Subject.parse(name))
        for number in gone:
            if here.get(number) is False:
                self._attempt(
                    f"the deletion of {name} version {number}", "deleted", partial(self._delete, name, number)
                )
        step(f"{name} ({len(every)} version{'s' * (len(every) != 1)})")

    def _version(self, name: str, number: int) -> None:
        """Import one version, what it refers to first."""
        if (name, number) in self._tried:
            return
        self._tried.add((name, number))
        if number in self._registry.transfer.held(Subject.parse(name)):
            self._done["known"] += 1
            return
        what = f"{name} version {number}"
        try:
            found = self._remote.any_version(name, number, _Version)
        except Refusal as refusal:
            self.missing.append(f"{what}: {refusal.message}")
            return
        for reference in found.references or ():
            self._version(in_context(reference.subject, name), reference.version)
        self._attempt(what, "versions", partial(self._register, name, found))

    def _register(self, name: str, found: _Version) -> None:
        options = RegistrationOptions(version=found.version, schema_id=found.id, copied=True)
        self._registry.registration.register(Subject.parse(name), found.content(), options, self._origin)

    def _delete(self, name: str, number: int) -> None:
        self._registry.deletion.version(Subject.parse(name), number, origin=self._origin)

    # -- settings --------------------------------------------------------------------------------------------------

    def _scopes(self, names: Sequence[str]) -> list[str]:
        """Everything (empty), the contexts, and the subjects, in the order in which they hide each other."""
        contexts = [name for name in self._remote.get("/contexts", list[str]) if name not in {".", GLOBAL_CONTEXT}]
        return ["", f":{GLOBAL_CONTEXT}:", *(f":{name}:" for name in contexts), *names]

    def _settings(self, scope: str) -> None:
        at = DEFAULT if not scope else Subject.parse(scope)
        named = scope or "everything"
        configuration = self._remote.own("config", scope, dict[str, Any])
        if configuration is not None:
            self._attempt(f"the configuration of {named}", "", partial(self._configure, at, configuration))
        mode = self._remote.own("mode", scope, dict[str, str])
        if mode is not None:
            self._attempt(f"the mode of {named}", "", partial(self._set_mode, at, mode["mode"]))

    def _configure(self, at: Subject, told: dict[str, Any]) -> None:
        wanted = msgspec.convert(told, Configuration)
        if wanted == self._registry.configurations.own(at).configuration:
            return
        if at == DEFAULT and wanted == self._registry.configurations.configuration(at):
            return
        values = {name: getattr(wanted, name) for name in Configuration.__struct_fields__}
        change = ConfigurationChange(compatibility=values.pop("compatibility_level"), **values)
        self._registry.configurations.configure(at, change, self._origin)
        self._done["configurations"] += 1

    def _set_mode(self, at: Subject, mode: str) -> None:
        own = self._registry.configurations.own(at).mode
        if mode == (own or Mode.READWRITE):
            return
        self._registry.configurations.set_mode(at, mode, force=True, origin=self._origin)
        self._done["modes"] += 1

    def _attempt(self, what: str, kind: str, act: Callable[[], object]) -> None:
        try:
            act()
        except (RegistryError, CompatError, ValueError, msgspec.ValidationError) as error:
            self.missing.append(f"{what}: {error}")
        else:
            self._done[kind] += 1
