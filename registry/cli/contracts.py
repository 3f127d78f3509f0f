"""What lineal's own interface says of readers, writers and deployments. Only a lineal registry has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import click
import msgspec

from registry.cli.remote import Remote

F = TypeVar("F", bound=Callable[..., Any])


class Need(msgspec.Struct, frozen=True, rename="camel"):
    """What a reader needs; which members are there depends on the kind."""

    kind: str
    fields: tuple[str, ...] = ()
    based_on: int = 0
    first: int = 0
    last: int = 0

    @property
    def words(self) -> str:
        """The need in a few words."""
        match self.kind:
            case "fields":
                return f"fields {', '.join(self.fields)} (as in version {self.based_on})"
            case "versions":
                return f"code for versions {self.first} to {self.last}"
            case _:
                return "a schema of its own"


class Declared(msgspec.Struct, frozen=True):
    """A reader as it was declared."""

    subject: str
    application: str
    build: str
    need: Need


class Writes(msgspec.Struct, frozen=True):
    """A writer as it was declared."""

    subject: str
    application: str
    build: str
    versions: tuple[int, ...]


class Deployed(msgspec.Struct, frozen=True):
    """A build that is live."""

    application: str
    build: str
    environment: str
    mode: str
    since: str


class Cell(msgspec.Struct, frozen=True):
    """How a reader reads one version."""

    version: int
    way: str
    through: tuple[int, ...]
    obstacles: tuple[dict[str, Any], ...]


class Row(msgspec.Struct, frozen=True):
    """A reader with its cells."""

    application: str
    build: str
    owner: str
    environments: tuple[str, ...]
    need: Need
    cells: tuple[Cell, ...]


class Matrix(msgspec.Struct, frozen=True):
    """Readers down, versions across."""

    subject: str
    versions: tuple[int, ...]
    readers: tuple[Row, ...]
    writers: tuple[Any, ...]


class Impact(msgspec.Struct, frozen=True):
    """What a candidate does to the live readers."""

    answer: str
    readers: int
    broken: int
    unknown: int
    recorded: bool
    rows: tuple[Row, ...]
    messages: tuple[str, ...]


class Reason(msgspec.Struct, frozen=True):
    """One sentence of an answer."""

    answer: str
    sentence: str
    obstacles: tuple[dict[str, Any], ...]


class Deployability(msgspec.Struct, frozen=True):
    """Whether a build may go live."""

    application: str
    build: str
    environment: str
    answer: str
    reasons: tuple[Reason, ...]
    warnings: tuple[str, ...]


def build_options(function: F) -> F:
    """``--app`` and ``--version``: a build of an application."""
    function = click.option("--version", "build", required=True, metavar="BUILD", help="Its version: a tag, a commit.")(
        function
    )
    return click.option("--app", "application", required=True, metavar="NAME", help="The application.")(function)


owner_option: Callable[[F], F] = click.option(
    "--owner", metavar="TEAM", help="Who owns the application; stays what it was where it is left out."
)


def declare_reader(remote: Remote, subject: str, body: dict[str, Any]) -> Declared:
    """Raises Refusal for what cannot be declared."""
    return remote.post(f"/api/v1/subjects/{part(subject)}/readers", body, Declared)


def declare_writer(remote: Remote, subject: str, body: dict[str, Any]) -> Writes:
    """Raises Refusal for what cannot be declared."""
    return remote.post(f"/api/v1/subjects/{part(subject)}/writers", body, Writes)


def withdraw(remote: Remote, role: str, subject: str, application: str, build: str) -> None:
    """``role`` is ``readers`` or ``writers``. Raises Refusal where nothing was declared."""
    remote.delete(f"/api/v1/subjects/{part(subject)}/{role}/{part(application)}/{part(build)}", dict[str, Any])


def matrix(remote: Remote, subject: str, environment: str | None) -> Matrix:
    """How the readers read the versions. Raises Refusal where there is no such subject."""
    return remote.get(f"/api/v1/subjects/{part(subject)}/matrix{_in(environment)}", Matrix)


def impact(remote: Remote, subject: str, body: dict[str, Any], environment: str) -> Impact:
    """Who would break if this schema were written."""
    return remote.post(f"/api/v1/subjects/{part(subject)}/readers/check{_in(environment)}", body, Impact)


def record(remote: Remote, body: dict[str, Any]) -> Deployed:
    """Raises Refusal for an application that is not known."""
    return remote.post("/api/v1/deployments", body, Deployed)


def end(remote: Remote, application: str, build: str, environment: str) -> Deployed:
    """Raises Refusal where the build is not live."""
    return remote.delete(f"/api/v1/deployments/{part(environment)}/{part(application)}/{part(build)}", Deployed)


def deployments(remote: Remote, environment: str | None) -> list[Deployed]:
    """What is live, in one environment or everywhere."""
    return remote.get(f"/api/v1/deployments{_in(environment)}", list[Deployed])


def can_deploy(remote: Remote, application: str, build: str, environment: str) -> Deployability:
    """Raises Refusal for an application that is not known."""
    asked = urlencode({"application": application, "build": build, "environment": environment})
    return remote.get(f"/api/v1/can-i-deploy?{asked}", Deployability)


def part(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


def _in(environment: str | None) -> str:
    return f"?{urlencode({'environment': environment})}" if environment else ""
