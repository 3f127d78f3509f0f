"""Copy what happens here to other registries, over their HTTP interface.

The log is replayed: each entry is one or a few idempotent requests, so an exporter that is interrupted goes on from the
last entry it has noted, and doing one again does no harm. The other registry takes the versions over as they are, with
their ids (mode IMPORT). One node at a time works for an exporter, by a lease in the database.
"""

from __future__ import annotations

import logging
import time
from threading import Event
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import httpx
import msgspec

from registry.addresses import Checked
from registry.errors import InvalidExporterConfig
from registry.events import Entry, SchemaRegistered, VersionsDeleted, VersionsPurged
from registry.model import (
    ANYWHERE,
    DEFAULT_CONTEXT,
    Exporter,
    ExporterDefinition,
    Origin,
    SchemaReference,
    Subject,
    context_name,
)
from registry.patience import within
from registry.service import Registry
from registry.service.exporters import TOKEN, URL, USER_INFO

_log = logging.getLogger(__name__)

_ENTRIES_AT_ONCE: Final = 50
_OF_A_LEASE: Final = 1 / 3
"""After this part of a lease it is renewed: entries that another node has gone beyond must not be copied again."""
_MEDIA: Final = "application/vnd.schemaregistry.v1+json"
_OVERLOADED: Final = frozenset({408, 425, 429})
_GONE: Final = frozenset({40401, 40402, 40404, 40406})
_NOT_SOFT_DELETED: Final = 40407


class _RefusedThere(Exception):
    """The other registry does not take an entry; a person has to look at it."""


class _Unavailable(Exception):
    """The other registry does not answer, or not now: to be tried again."""


class Names:
    """Which subjects an exporter copies, and what they are called in the other registry."""

    def __init__(self, definition: ExporterDefinition, cluster: str) -> None:
        self._patterns = [_pattern(text) for text in definition.subjects or ["*"]]
        self._format = definition.subject_rename_format
        self._below = {"NONE": "", "AUTO": f".{cluster}"}.get(definition.context_type)
        if self._below is None:
            self._below = context_name(definition.context)

    def cover(self, subject: Subject) -> bool:
        """Whether the subject is copied."""
        return any(
            context in (None, subject.context)
            and (subject.name.startswith(name[:-1]) if name.endswith("*") else subject.name == name)
            for context, name in self._patterns
        )

    def there(self, subject: Subject) -> Subject:
        """The subject in the other registry; contexts stay apart."""
        inner = "" if subject.context == DEFAULT_CONTEXT else subject.context
        context = f"{self._below}{inner}" or DEFAULT_CONTEXT
        return Subject(context, self._format.replace("${subject}", subject.name))

    def reference(self, item: SchemaReference, referrer: Subject) -> SchemaReference:
        """A reference with the other registry's name of its subject: bare as long as it is in the same context."""
        target = self.there(Subject.parse(item.subject, referrer.context))
        same = target.context == self.there(referrer).context
        return msgspec.structs.replace(item, subject=target.name if same else f":{target.context}:{target.name}")


def _pattern(text: str) -> tuple[str | None, str]:
    """(context or None for all, name that may end in ``*``)."""
    if text.startswith(ANYWHERE):
        return None, text.removeprefix(ANYWHERE)
    subject = Subject.parse(text)
    return subject.context, subject.name


class OtherRegistry:
    """What an exporter asks of the other registry. Raises _RefusedThere, _Unavailable."""

    def __init__(self, client: httpx.Client, names: Names, seconds: float) -> None:
        """``seconds``: how long an answer may take."""
        self._client = client
        self._seconds = seconds
        self._names = names
        self._prepared: set[str] = set()

    def log_id(self) -> str | None:
        """Of a lineal; None for other registries."""
        found = _member(self._ask("GET", "/v1/metadata/id"), "log")
        return found if isinstance(found, str) and found else None

    def take(self, entry: Entry) -> None:
        """Do there what an entry says."""
        if not self._names.cover(entry.subject):
            return
        match entry.event:
            case SchemaRegistered() as event:
                self._register(entry.subject, event)
                self._purge(self._names.there(entry.subject), event.superseded)
            case VersionsDeleted(versions=versions):
                for number in versions:
                    self._delete(self._names.there(entry.subject), number)
            case VersionsPurged(versions=versions):
                self._purge(self._names.there(entry.subject), versions)
            case _:
                return

    def _register(self, subject: Subject, event: SchemaRegistered) -> None:
        there = self._names.there(subject)
        self._prepare(there.context)
        body = {
            "schema": event.text,
            "schemaType": event.format,
            "references": [self._names.reference(item, subject) for item in event.references],
            "metadata": event.metadata,
            "ruleSet": event.rule_set,
            "version": event.version,
            "id": event.schema_id,
        }
        answer = self._ask("POST", f"/subjects/{_segment(there)}/versions", body)
        if answer.is_success:
            return
        # it may be there already, in a later state than this entry's
        kept = self._ask("GET", f"/subjects/{_segment(there)}/versions/{event.version}?deleted=true")
        if not (kept.is_success and _member(kept, "id") == event.schema_id):
            raise _RefusedThere(f"version {event.version} of '{there}': {_said(answer)}")

    def _delete(self, there: Subject, number: int, *, permanent: bool = False) -> int:
        """The code of an error that means it is gone, or not yet soft-deleted; 0 for done."""
        path = f"/subjects/{_segment(there)}/versions/{number}{'?permanent=true' if permanent else ''}"
        answer = self._ask("DELETE", path)
        code = 0 if answer.is_success else _code(answer)
        if code and code not in _GONE and not (permanent and code == _NOT_SOFT_DELETED):
            raise _RefusedThere(f"version {number} of '{there}': {_said(answer)}")
        return code

    def _purge(self, there: Subject, numbers: list[int]) -> None:
        for number in numbers:
            if self._delete(there, number, permanent=True) == _NOT_SOFT_DELETED:
                self._delete(there, number)
                self._delete(there, number, permanent=True)

    def _prepare(self, context: str) -> None:
        """Let a context take over versions with their ids."""
        if context in self._prepared:
            return
        path = "/mode" if context == DEFAULT_CONTEXT else f"/mode/{quote(f':{context}:', safe='')}"
        now = self._ask("GET", f"{path}?defaultToGlobal=true")
        if not (now.is_success and _member(now, "mode") == "IMPORT"):
            answer = self._ask("PUT", path, {"mode": "IMPORT"})
            if not answer.is_success:
                raise _RefusedThere(f"context '{context}' cannot be set to mode IMPORT: {_said(answer)}")
        self._prepared.add(context)

    def _ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        content = None if body is None else msgspec.json.encode(body)
        try:
            with within(self._seconds):
                answer = self._client.request(method, path, content=content)
        except httpx.HTTPError as error:
            raise _Unavailable(f"{self._client.base_url}: {str(error) or type(error).__name__}") from error
        if answer.is_server_error or answer.status_code in _OVERLOADED:
            raise _Unavailable(f"{method} {path}: {_said(answer)}")
        return answer


def _segment(subject: Subject) -> str:
    return quote(str(subject), safe="")


def _code(answer: httpx.Response) -> int:
    code = _member(answer, "error_code")
    return code if isinstance(code, int) else answer.status_code


def _member(answer: httpx.Response, name: str) -> object:
    """Of the JSON object that was answered; None where it was none, or has no such member."""
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return None
    return found.get(name) if isinstance(found, dict) else None


def _said(answer: httpx.Response) -> str:
    return f"HTTP {answer.status_code} {answer.text[:500]}"


class Exporting:
    """The task: works for the exporters that run."""

    name = "exporters"

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._holder = str(uuid4())
        self._noting_seconds = registry.settings.lease_seconds * _OF_A_LEASE
        self._stop = Event()

    def wanted(self) -> bool:
        """Whether an exporter has something to copy."""
        return bool(self._behind())

    def round(self, stop: Event) -> float:
        """Bring every exporter that runs as far as it gets."""
        self._stop = stop
        self.run_once()
        return self._registry.settings.exporter_seconds

    def run_once(self) -> None:
        """Copy to the end of the log, for every exporter."""
        for exporter in self._behind():
            if not self._stop.is_set():
                self._export(exporter)

    def _behind(self) -> list[Exporter]:
        running = [each for each in self._registry.exporters.all() if not each.paused]
        last = self._registry.catalog.position() if running else 0
        return [each for each in running if (each.position or 0) < last]

    def _export(self, exporter: Exporter) -> None:
        position = self._registry.exporters.claim(exporter, self._holder)
        if position is None:
            return
        name = exporter.definition.name
        try:
            with self._client(exporter.definition) as client:
                settings = self._registry.settings
                names = Names(exporter.definition, settings.cluster_id)
                other = OtherRegistry(client, names, settings.exporter_timeout_seconds)
                self._copy(exporter, other, position)
        except InvalidExporterConfig as error:
            self._registry.exporters.advance(exporter, self._holder, position, error.message)
            self._give_up(exporter, error.message)
        except _RefusedThere as error:
            self._give_up(exporter, str(error))
        except _Unavailable as error:
            _log.warning("exporter %s waits: %s", name, error)

    def _copy(self, exporter: Exporter, other: OtherRegistry, position: int) -> None:
        """Entry by entry to the end of the log, noting each batch, and the last entry done when one fails."""
        exporters, noted = self._registry.exporters, time.monotonic()
        try:
            self._require_another(other)
            while entries := self._registry.catalog.changes(position, limit=_ENTRIES_AT_ONCE):
                for entry in entries:
                    if self._stop.is_set():
                        break
                    if time.monotonic() - noted > self._noting_seconds:
                        if not exporters.advance(exporter, self._holder, position):
                            return  # this process was away for so long that another one has taken over
                        noted = time.monotonic()
                    other.take(entry)
                    position = entry.position
                goes_on = exporters.advance(exporter, self._holder, position)
                if not goes_on or self._stop.is_set() or exporters.get(exporter.definition.name).paused:
                    return
        except (_RefusedThere, _Unavailable) as error:
            exporters.advance(exporter, self._holder, position, f"after position {position}: {error}")
            raise

    def _require_another(self, other: OtherRegistry) -> None:
        """What this registry copied to itself would be copied again, for ever. Raises InvalidExporterConfig."""
        if other.log_id() == self._registry.catalog.log_id():
            raise InvalidExporterConfig(f"{URL} leads back to this registry, or to a copy of it")

    def _give_up(self, exporter: Exporter, why: str) -> None:
        _log.warning("exporter %s is paused: %s", exporter.definition.name, why)
        self._registry.exporters.pause(exporter.definition.name, why, Origin(actor="exporter"))

    def _client(self, definition: ExporterDefinition) -> httpx.Client:
        """Raises InvalidExporterConfig for a secret that this process does not have."""
        settings, revealed = self._registry.settings, self._registry.exporters.revealed
        headers = {"content-type": _MEDIA, "accept": _MEDIA}
        if token := revealed(definition, TOKEN):
            headers["authorization"] = f"Bearer {token}"
        user, _, password = (revealed(definition, USER_INFO) or "").partition(":")
        return httpx.Client(
            base_url=definition.config[URL].rstrip("/"),
            headers=headers,
            auth=(user, password) if user else None,
            timeout=settings.exporter_timeout_seconds,
            transport=Checked(settings.exporter_reach),
            trust_env=False,
        )
