"""Decisions about readers and writers: what a reader can read and by which way, and whether a build may go live.

Nothing here asks a database: schemas, versions and the steps between them are handed in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.metadata import version as installed
from itertools import islice
from typing import Final

from compat.budget import Limits
from compat.check import compare
from compat.formats import Parsed
from compat.judging import first_harmful
from compat.outline import Type
from compat.projection import Need
from compat.verdict import Incompatibility, Severity, Undecided, Witness
from registry.errors import InvalidContract
from registry.model import Build, Subject

Cause = Incompatibility | Undecided
Obstacles = tuple[Cause, ...]
"""What keeps a reader from reading a version directly; nothing: proven that it can."""

_FIELD_ADDED: Final = "FIELD_ADDED"
_SAMPLES: Final = 8
_LONGEST_NAME: Final = 200


class Way(StrEnum):
    """How a reader reads what was written with a version."""

    DIRECT = "direct"
    """Its own schema reads every event of the version: proven."""
    UPCASTER = "upcaster"
    """Not as it was written, but brought to another version along the upcaster chain."""
    BROKEN = "broken"
    """Some event cannot be read, and no chain leads to a version that can."""
    UNKNOWN = "unknown"
    """Undecided."""

    @property
    def reads(self) -> bool:
        """Whether every event arrives."""
        return self in {Way.DIRECT, Way.UPCASTER}


@dataclass(frozen=True, slots=True)
class Readability:
    """Whether a reader reads one version, how, and what stands in the way of the direct way."""

    version: int
    way: Way
    through: tuple[int, ...] = ()
    """The versions on the way, first and last included, where upcasters are needed."""
    obstacles: Obstacles = ()


@dataclass(frozen=True, slots=True)
class ReaderSchema:
    """A schema that a reader decodes with. ``required``: declared fields, by their place, that every event must carry.

    Only Protobuf needs ``required``: its decoder reads a field that is not written as empty, without complaint.
    """

    parsed: Parsed
    required: frozenset[str] = frozenset()
    fields_only: bool = False
    """Made from declared fields: only events of the first message matter."""

    @property
    def key(self) -> tuple[bytes, frozenset[str], bool]:
        """Names what it reads, for caches."""
        return self.parsed.definition.digest(), self.required, self.fields_only


def obstacles(reader: ReaderSchema, writer: Parsed, limits: Limits) -> Obstacles:
    """What blocks a direct reading, each with its witness. What merely differs is left out."""
    found: list[Cause] = []
    for cause in first_harmful(compare(reader.parsed, writer, limits, first_only=reader.fields_only), limits.findings):
        if isinstance(cause, Undecided) or cause.severity.blocks:
            found.append(cause)
        elif _names_required(cause, reader.required):
            found.append(_never_arrives(cause, reader.parsed, writer))
    return tuple(found)


def required_places(type_: Type, need: Need) -> frozenset[str]:
    """The places of the fields that a need says must be there."""
    if type_.items is not None:
        return required_places(type_.items, need)
    found: set[str] = set()
    for field in type_.fields:
        if (inner := need.fields.get(field.name)) is not None:
            found |= required_places(field.type, inner)
            if not inner.optional:
                found.add(field.pointer)
    return frozenset(found)


def _names_required(cause: Incompatibility, required: Collection[str]) -> bool:
    after = cause.difference.after
    return cause.difference.rule == _FIELD_ADDED and after is not None and after.place.pointer in required


def _never_arrives(cause: Incompatibility, reader: Parsed, writer: Parsed) -> Cause:
    """The proof that a field which the writer does not have is read as empty: an event, written and read."""
    payloads = list(islice(writer.engine.samples(writer.schema, 0), _SAMPLES))
    if not payloads:
        return cause  # no event exists, so none lacks the field
    payload = max(payloads, key=lambda one: len(str(one)))
    encoded = writer.engine.encode(writer.schema, payload)
    read = reader.engine.to_json(reader.schema, reader.engine.decode(reader.schema, encoded))
    field = cause.difference.after.place.pointer if cause.difference.after else ""
    witness = Witness(
        payload=writer.engine.to_json(writer.schema, payload),
        encoded=encoded,
        executor=f"protobuf {installed('protobuf')}",
        writer_result="an event of the version",
        reader_error=f"{field} is not among its fields; what arrives is {json.dumps(read, ensure_ascii=False)[:400]}",
    )
    return replace(cause, severity=Severity.DROPPED, witness=witness)


def readability(
    number: int,
    versions: Sequence[int],
    direct: Callable[[int], Obstacles],
    reaches: Callable[[int, int], bool],
) -> Readability:
    """How a reader reads one version: directly, else brought to the nearest newer version that it reads directly.

    ``direct``: what stands in the way of each version; ``reaches``: whether upcasters join two neighbours. The way back
    to an older version does not count: it is proven for events that came up, not for those written with the newer one.
    """
    in_the_way = direct(number)
    if not in_the_way:
        return Readability(number, Way.DIRECT)
    doubtful = _undecided(in_the_way)
    way = [number]
    for target in sorted(one for one in versions if one > number):
        if not reaches(way[-1], target):
            break
        way.append(target)
        there = direct(target)
        if not there:
            return Readability(number, Way.UPCASTER, tuple(way), in_the_way)
        doubtful = doubtful or _undecided(there)
    return Readability(number, Way.UNKNOWN if doubtful else Way.BROKEN, (), in_the_way)


def directly(number: int, found: Obstacles) -> Readability:
    """How a reader reads something that no upcaster leads from, such as a candidate."""
    return readability(number, (), lambda _: found, lambda _source, _target: False)


def _undecided(causes: Obstacles) -> bool:
    return all(isinstance(cause, Undecided) for cause in causes)


def fewest(alternatives: Iterable[Obstacles]) -> Obstacles:
    """The obstacles of the schema that has the least, for a reader that has several to choose from."""
    return min(alternatives, key=lambda causes: (bool(causes), not _undecided(causes), len(causes)))


class Answer(StrEnum):
    """The three answers of ``can-i-deploy``."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of an answer, with what it is about."""

    answer: Answer
    sentence: str
    subject: Subject | None = None
    version: int | None = None
    reader: Build | None = None
    writer: Build | None = None
    obstacles: Obstacles = ()


def overall(reasons: Iterable[Reason]) -> Answer:
    """No beats unknown, unknown beats yes; without any reason nothing is known."""
    answers = {reason.answer for reason in reasons}
    for answer in (Answer.NO, Answer.UNKNOWN, Answer.YES):
        if answer in answers:
            return answer
    return Answer.UNKNOWN


ANSWERS: Final = {
    Way.DIRECT: Answer.YES,
    Way.UPCASTER: Answer.YES,
    Way.BROKEN: Answer.NO,
    Way.UNKNOWN: Answer.UNKNOWN,
}


def why(found: Readability) -> str:
    """Why a version is not read, in the words of the first obstacle: rule and message."""
    for cause in found.obstacles:
        if isinstance(cause, Undecided):
            return f"{cause.reason}: {cause.message}"
        return f"{cause.difference.rule}: {cause.difference.message}"
    return ""


def listed(numbers: Sequence[int]) -> str:
    """``version 3``, ``versions 1, 2 and 5``."""
    shown = [str(number) for number in numbers]
    if len(shown) == 1:
        return f"version {shown[0]}"
    return f"versions {', '.join(shown[:-1])} and {shown[-1]}"


def require_name(kind: str, name: str) -> str:
    """Raises InvalidContract for what cannot name an application, a build or an environment."""
    if not name.strip() or name != name.strip():
        raise InvalidContract(f"The {kind} is {name!r}: write a name without spaces around it")
    if len(name) > _LONGEST_NAME:
        raise InvalidContract(f"The name of the {kind} has {len(name)} characters; {_LONGEST_NAME} are the most")
    if any(ord(letter) < 0x20 or 0x7F <= ord(letter) <= 0x9F or 0xD800 <= ord(letter) <= 0xDFFF for letter in name):
        raise InvalidContract(f"The name of the {kind} holds a control character: {name!r}")
    return name
