"""Clients of several nodes that note what they were told, and whether the registry holds to it.

Each write carries a request id of its own, by which it is found in the log. A write that got no answer is sent again
with the same id until there is one, so that at the end nothing is open. The log says what happened in which order;
what the clients were told has to fit into it:

- what was acknowledged stands in the log once, and says there what was answered;
- what was acknowledged before something else was asked stands before it;
- ids and versions are given in order, each once (a version's number again once it is deleted for good);
- registering again what is registered is answered as it was, at every node, and changes nothing;
- who is alone in changing a subject reads its own writes at every node, at once;
- what the tables say is what the log says.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from compat.check import check
from compat.definition import Definition, Format
from compat.level import Level
from registry.events import Entry, RegistrationRefused, SchemaRegistered, VersionsPurged
from registry.model import Subject
from registry.service import Registry
from registry.settings import load
from tests.patience import PATIENCE, eventually

CONTESTED: Final = "contested"
"""The subject that all clients write, whose level lets only one of two proposals in."""
_FAULT: Final = 500
"""The code of an answer that says that lineal has a fault: never an excuse."""
_GONE: Final = 404
_LIVE: Final = 4
"""Versions of a subject from which on its client deletes as often as it registers."""


@dataclass(frozen=True)
class Write:
    """Something that was asked and answered."""

    client: int
    number: int
    """The client's, from 1."""
    subject: str
    began: float
    answered: float
    alone: bool
    """Nobody else writes this subject: what was asked is then in the log, whoever else may ask for the same."""
    text: str | None = None
    """The schema of a registration."""
    version: int = 0
    schema_id: int = 0

    @property
    def request_id(self) -> str:
        return f"{self.client}-{self.number}"


@dataclass
class Told:
    """What the clients were told so far."""

    writes: list[Write] = field(default_factory=list)
    refused: int = 0
    repeated: int = 0
    """How often something was sent again, for want of an answer."""
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_for(self, more: int) -> None:
        """Until so many more writes are acknowledged, or something is wrong."""
        goal = len(self.writes) + more
        eventually(
            lambda: self.faults or len(self.writes) >= goal,
            lambda: f"{len(self.writes)} of {goal} writes are acknowledged",
        )


@dataclass(frozen=True)
class Registered:
    """A schema, and what its registration was answered."""

    text: str
    answer: dict[str, Any]


@dataclass
class Own:
    """What a client has made of a subject that nobody else writes."""

    name: str
    live: dict[int, Registered] = field(default_factory=dict)
    """By version."""
    soft: list[int] = field(default_factory=list)
    group: str | None = None


class Client(threading.Thread):
    """Registers, deletes and configures at nodes chosen at random; asks each thing until it is answered."""

    def __init__(self, number: int, seed: int, urls: list[str], told: Told, stop: threading.Event) -> None:
        """``urls``: of the nodes that live; whoever kills and starts nodes changes it."""
        super().__init__(name=f"client {number}", daemon=True)
        self._number = number
        self._random = random.Random(f"{seed} {number}")
        self._urls = urls
        self._told = told
        self._stopping = stop
        self._count = 0
        self._own = [Own(f"own{number}-{place}") for place in range(2)]

    def run(self) -> None:
        with httpx.Client(timeout=10) as http:
            self._http = http
            try:
                while not self._stopping.is_set():
                    if self._random.random() < 0.3:
                        self._contest()
                    else:
                        self._change(self._random.choice(self._own))
            except Exception as error:  # noqa: BLE001 - whatever it is, the run has found something
                self._told.faults.append(f"client {self._number}, write {self._count}: {error!r}")

    # ------------------------------------------------------------------------------------ what is done

    def _contest(self) -> None:
        """Propose a next version that excludes the one which another client may propose at the same moment."""
        latest, _ = self._ask("GET", f"/subjects/{CONTESTED}/versions/latest")
        fields = json.loads(latest["schema"])["fields"] if "schema" in latest else []
        kind, default = self._random.choice([("string", ""), ("int", 0)])
        grown = [*fields, {"name": f"f{len(fields)}", "type": kind, "default": default}]
        self._register(CONTESTED, {"type": "record", "name": "Contested", "fields": grown})

    def _change(self, own: Own) -> None:
        """One more change of a subject, and a look at what has become of it."""
        many = len(own.live) >= _LIVE
        kinds = {"register": 4, "delete": 4 * many, "purge": 2 * bool(own.soft), "configure": 1}
        (kind,) = self._random.choices(list(kinds), list(kinds.values()))
        if kind == "register":
            named = f"R{self._number}_{self._count}"
            made = self._register(own.name, {"type": "record", "name": named, "fields": []})
            own.live[made.answer["version"]] = made
        elif kind == "delete":
            gone = self._random.choice(list(own.live))
            self._write("DELETE", f"/subjects/{own.name}/versions/{gone}", own.name)
            del own.live[gone]
            own.soft.append(gone)
        elif kind == "purge":
            gone = self._random.choice(own.soft)
            self._write("DELETE", f"/subjects/{own.name}/versions/{gone}?permanent=true", own.name)
            own.soft.remove(gone)
        else:
            own.group = f"group{self._count}"
            settings = {"compatibility": Level.NONE.name, "compatibilityGroup": own.group}
            self._write("PUT", f"/config/{own.name}", own.name, settings)
        self._look(own)

    def _look(self, own: Own) -> None:
        """Whether a node says what this client has made of a subject."""
        for question, expected in (("", [*own.live]), ("?deleted=true", [*own.live, *own.soft])):
            found, _ = self._ask("GET", f"/subjects/{own.name}/versions{question}")
            found = found if isinstance(found, list) else []
            assert found == sorted(expected), f"{own.name}{question}: {found} instead of {sorted(expected)}"
        if own.live:
            known = self._random.choice(list(own.live.values()))
            again, _ = self._ask("POST", f"/subjects/{own.name}/versions", {"schema": known.text})
            assert again == known.answer, f"{own.name}, registered again: {again} instead of {known.answer}"
        if own.group is not None:
            said, _ = self._ask("GET", f"/config/{own.name}")
            assert said["compatibilityGroup"] == own.group, f"{own.name}: {said} instead of {own.group}"

    # ------------------------------------------------------------------------------------ how it is asked

    def _register(self, subject: str, schema: dict[str, Any]) -> Registered:
        """What was sent and answered, a refusal too."""
        text = json.dumps(schema)
        return Registered(text, self._write("POST", f"/subjects/{subject}/versions", subject, {"schema": text}, text))

    def _write(self, method: str, path: str, subject: str, body: object = None, text: str | None = None) -> Any:
        self._count += 1
        began = time.monotonic()
        answer, again = self._ask(method, path, body, f"{self._number}-{self._count}")
        answered = time.monotonic()
        code = answer.get("error_code", 0) if isinstance(answer, dict) else 0
        if code // 100 == 409 or code == 409:
            assert subject == CONTESTED, f"{path}: {answer}"
            with self._told.lock:
                self._told.refused += 1
            return answer
        # sent again, it may find that it has been done
        assert not code or (method == "DELETE" and again and code // 100 == _GONE), f"{method} {path}: {answer}"
        given = answer if text is not None else {}
        write = Write(
            self._number, self._count, subject, began, answered, subject != CONTESTED,
            text, given.get("version", 0), given.get("id", 0),
        )  # fmt: skip
        with self._told.lock:
            self._told.writes.append(write)
        return answer

    def _ask(self, method: str, path: str, body: object = None, request_id: str = "") -> tuple[Any, bool]:
        """The answer of a node that can give one, and whether it was asked more than once."""
        headers = {"x-request-id": request_id} if request_id else {}
        end = time.monotonic() + PATIENCE
        again = False
        while time.monotonic() < end:
            with suppress(httpx.TransportError):
                if not (alive := list(self._urls)):
                    time.sleep(0.05)
                    continue
                found = self._http.request(method, self._random.choice(alive) + path, json=body, headers=headers)
                answer = found.json()
                assert not (isinstance(answer, dict) and answer.get("error_code") == _FAULT), f"{path}: {answer}"
                if found.status_code < 500:
                    return answer, again
            again = True
            with self._told.lock:
                self._told.repeated += 1
            time.sleep(0.05)
        raise AssertionError(f"{method} {path} was not answered in {PATIENCE:g} s")


def prepare(url: str) -> None:
    """The settings that the clients need."""
    httpx.put(f"{url}/config", json={"compatibility": Level.NONE.name}).raise_for_status()
    level = {"compatibility": Level.FULL_TRANSITIVE.name}
    httpx.put(f"{url}/config/{CONTESTED}", json=level).raise_for_status()


# ---------------------------------------------------------------------------------------- what must hold


def faults(database: str, told: Told) -> list[str]:
    """Everything in which the registry does not hold to what its clients were told; at most twenty of each kind."""
    registry = Registry.open(load({}, database=database))
    try:
        entries = list(_log(registry))
        found = [*told.faults, *_limited(_unkept(entries, told)), *_limited(_misplaced(entries, told))]
        found += [*_limited(_given_twice(entries)), *_limited(_excluding(registry))]
        found += [f"the tables are not what the log says: {each}" for each in registry.upkeep.verify()[:20]]
        return found
    finally:
        registry.close()


def _limited(found: Iterator[str]) -> list[str]:
    return [each for each, _ in zip(found, range(20), strict=False)]


def _log(registry: Registry) -> Iterator[Entry]:
    after = 0
    while entries := registry.catalog.changes(after=after, limit=1_000):
        yield from entries
        after = entries[-1].position


def _unkept(entries: list[Entry], told: Told) -> Iterator[str]:
    """Writes that were acknowledged and are not there, or say something else; or stand there more than once."""
    happened = [entry for entry in entries if not isinstance(entry.event, RegistrationRefused)]
    times = Counter(entry.origin.request_id for entry in happened)
    for request_id, count in times.items():
        if count > 1 and "-" in request_id[:5]:
            yield f"request {request_id} stands {count} times in the log"
    registered = {
        (str(entry.subject), entry.event.text): (entry.event.version, entry.event.schema_id)
        for entry in happened
        if isinstance(entry.event, SchemaRegistered)
    }
    for write in told.writes:
        if write.alone and not times[write.request_id]:
            yield f"{write} was acknowledged and is not in the log"
        if write.text is not None and (kept := registered.get((write.subject, write.text))) != (
            write.version,
            write.schema_id,
        ):
            yield f"{write} was answered, and the log has {kept}"


def _misplaced(entries: list[Entry], told: Told) -> Iterator[str]:
    """Writes that were acknowledged before another was asked, and stand behind it."""
    writes = {write.request_id: write for write in told.writes}
    latest: Write | None = None
    for entry in entries:
        write = writes.get(entry.origin.request_id)
        if write is None or isinstance(entry.event, RegistrationRefused):
            continue
        if latest is not None and write.answered < latest.began:
            yield f"{write} was over before {latest} began, and stands behind it"
        if latest is None or write.began > latest.began:
            latest = write


def _given_twice(entries: list[Entry]) -> Iterator[str]:
    """Positions, ids and versions that are not the next one: a version's number is free once it is deleted for good."""
    held: dict[Subject, set[int]] = {}
    last_id = 0
    for place, entry in enumerate(entries, 1):
        numbers = held.setdefault(entry.subject, set())
        if entry.position != place:
            yield f"position {place} is missing"
        if isinstance(entry.event, SchemaRegistered):
            last_id += 1
            wanted = (max(numbers, default=0) + 1, last_id)
            if (given := (entry.event.version, entry.event.schema_id)) != wanted:
                yield f"position {place} gives version and id {given}, not {wanted}"
            numbers.add(entry.event.version)
        elif isinstance(entry.event, VersionsPurged):
            numbers.difference_update(entry.event.versions)


def _excluding(registry: Registry) -> Iterator[str]:
    """Versions of the contested subject that exclude each other."""
    contested = registry.lookup.schemas(CONTESTED)
    history = [Definition(Format.AVRO, one.content.text) for one in sorted(contested, key=lambda one: one.number)]
    for place, candidate in enumerate(history):
        if not check(Level.FULL_TRANSITIVE, candidate, history[:place]).compatible:
            yield f"version {place + 1} of {CONTESTED} is excluded by one before it"
