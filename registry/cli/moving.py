"""Take over another registry through the Confluent protocol: what is there, what is here, what is missing.

Nothing is remembered between runs. What is here already is found by asking the database, so a run that was killed is
run again and goes on where it stopped.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar
from uuid import uuid4

import msgspec

from compat.definition import Format
from compat.errors import CompatError
from registry.cli.console import Console
from registry.cli.errors import Refusal
from registry.cli.remote import Remote, in_context
from registry.cli.store import of_the_operator
from registry.errors import RegistryError
from registry.model import (
    DEFAULT,
    GLOBAL_CONTEXT,
    Configuration,
    ConfigurationChange,
    Content,
    Metadata,
    Mode,
    RuleSet,
    SchemaReference,
    Subject,
)
from registry.service import RegistrationOptions, Registry

A = TypeVar("A")
R = TypeVar("R")

AT_ONCE: Final = 8
"""So many questions are on their way to the other registry at once, about subjects and about versions."""
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


class _Listed(NamedTuple):
    """A subject over there, and the numbers of its versions, ascending."""

    name: str
    every: list[int]
    live: list[int]


def _ahead(pool: Executor, work: Callable[[A], R], items: Iterable[A]) -> Iterator[R]:
    """What the work makes of each item, in their order; a few are under way while one is being looked at."""
    under_way: deque[Future[R]] = deque()
    for item in items:
        under_way.append(pool.submit(work, item))
        if len(under_way) == AT_ONCE:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


class Move:
    """One run from a registry to a database."""

    def __init__(self, console: Console, registry: Registry, remote: Remote) -> None:
        self._console = console
        self._registry = registry
        self._remote = remote
        self._origin = replace(
            of_the_operator(), request_id=f"import-{uuid4()}", reason=f"imported from {remote.address}"
        )
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
        list_one = partial(self._listed, live)
        with (
            self._console.progress("import", len(names)) as step,
            ThreadPoolExecutor(AT_ONCE) as listing,
            ThreadPoolExecutor(AT_ONCE) as fetching,
        ):
            for listed in _ahead(listing, list_one, names):
                self._subject(listed, fetching)
                step(f"{listed.name} ({len(listed.every)} version{'s' * (len(listed.every) != 1)})")
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

    def _listed(self, live: Collection[str], name: str) -> _Listed:
        numbers = partial(self._remote.all_numbers, name)
        return _Listed(name, numbers(deleted=True), numbers(deleted=False) if name in live else [])

    def _subject(self, listed: _Listed, fetching: Executor) -> None:
        name = listed.name
        here = self._registry.transfer.held(Subject.parse(name))
        untried = [number for number in listed.every if (name, number) not in self._tried]
        known = [number for number in untried if number in here]
        self._done["known"] += len(known)
        self._tried.update((name, number) for number in known)
        absent = [number for number in untried if number not in here]
        for number, found in zip(absent, _ahead(fetching, partial(self._fetched, name), absent), strict=True):
            self._version(name, number, found)
        here = self._registry.transfer.held(Subject.parse(name))
        for number in listed.every:
            if number not in listed.live and here.get(number) is False:
                self._attempt(
                    f"the deletion of {name} version {number}", "deleted", partial(self._delete, name, number)
                )

    def _fetched(self, name: str, number: int) -> _Version | Refusal:
        try:
            return self._remote.any_version(name, number, _Version)
        except Refusal as refusal:
            return refusal

    def _version(self, name: str, number: int, found: _Version | Refusal) -> None:
        """Import one version, what it refers to first."""
        if (name, number) in self._tried:
            return
        self._tried.add((name, number))
        what = f"{name} version {number}"
        if isinstance(found, Refusal):
            self.missing.append(f"{what}: {found.message}")
            return
        for reference in found.references or ():
            self._referred(in_context(reference.subject, name), reference.version)
        self._attempt(what, "versions", partial(self._register, name, found))

    def _referred(self, name: str, number: int) -> None:
        """Import a version that another one needs now, unless it has been looked at."""
        if (name, number) in self._tried:
            return
        if number in self._registry.transfer.held(Subject.parse(name)):
            self._tried.add((name, number))
            self._done["known"] += 1
            return
        self._version(name, number, self._fetched(name, number))

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
