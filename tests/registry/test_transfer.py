"""A registry as one file: out, in, and back the same; a file that is not whole changes nothing."""

from __future__ import annotations

import gzip
import json
import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from compat.definition import Format
from registry import archive
from registry.errors import DamagedArchive, NotEmpty, UnknownEvent
from registry.model import ConfigurationChange, Content, Origin, Subject
from registry.service import Registry, transfer
from registry.settings import load
from tests.forked import child, ended

ANNA = Origin("anna", "request-7", "first of its kind", datetime(2024, 2, 29, 12, 30, 15, 123456, UTC))


@pytest.fixture
def lived_in(registry: Registry) -> Registry:
    live(registry)
    return registry


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An export: what is in it does not depend on the database it came from."""
    folder = tmp_path_factory.mktemp("whole")
    opened = Registry.open(load({}, database=f"sqlite:///{folder / 'lineal.db'}"))
    live(opened)
    data = exported(opened, folder / "all.gz").read_bytes()
    opened.close()
    return data


def live(registry: Registry) -> None:
    """Let a bit of everything happen."""
    register, at = registry.registration.register, Subject.parse
    for number in range(3):
        text = f'{{"type":"record","name":"R{number}","doc":"ünï\\u2028","fields":[]}}'
        register(at(f":.shop:s{number}"), Content(Format.AVRO, text), origin=ANNA)
    registry.configurations.configure(at(":.shop:s0"), ConfigurationChange(compatibility="NONE"))
    register(at(":.shop:s0"), Content(Format.AVRO, '"int"'))
    registry.deletion.version(at(":.shop:s0"), 1)
    registry.deletion.subject(at(":.shop:s1"))
    registry.deletion.subject(at(":.shop:s1"), permanent=True)
    registry.configurations.set_mode(at(":.shop:s2"), "READONLY")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Registry]:
    opened = Registry.open(load({}, database=f"sqlite:///{tmp_path / 'fresh.db'}"))
    yield opened
    opened.close()


def exported(registry: Registry, file: Path) -> Path:
    with file.open("wb") as target:
        target.writelines(registry.transfer.export())
    return file


def everything(registry: Registry) -> object:
    return (
        registry.transfer.lines(0, 1_000),
        registry.catalog.changes(),
        registry.lookup.schemas(":*:", deleted=True),
        registry.configurations.own(Subject.parse(":.shop:s0")),
        registry.configurations.own(Subject.parse(":.shop:s2")),
        registry.lookup.highest_id(".shop"),
    )


def test_what_comes_in_is_what_went_out(lived_in: Registry, fresh: Registry, tmp_path: Path) -> None:
    file = exported(lived_in, tmp_path / "all.gz")
    told: list[tuple[int, int]] = []
    assert fresh.transfer.restore(file, lambda done, total: told.append((done, total))) == lived_in.catalog.position()
    assert told[-1][0] == told[-1][1]
    assert everything(fresh) == everything(lived_in)
    assert fresh.catalog.changes()[0].origin == Origin("anna", "request-7", "first of its kind")
    assert fresh.catalog.changes()[0].time == ANNA.time
    assert fresh.upkeep.verify() == []
    again = exported(fresh, tmp_path / "again.gz")
    entries, entries_again = (gzip.decompress(each.read_bytes()).splitlines()[1:-1] for each in (file, again))
    assert entries_again == entries


def test_an_import_needs_an_empty_registry(lived_in: Registry, tmp_path: Path) -> None:
    before = lived_in.catalog.position()
    with pytest.raises(NotEmpty, match="not empty"):
        lived_in.transfer.restore(exported(lived_in, tmp_path / "all.gz"))
    assert lived_in.catalog.position() == before


def squeezed(text: bytes) -> bytes:
    return gzip.compress(text)


def changed_actor(text: bytes) -> bytes:
    return text.replace(b'"anna"', b'"anya"')


def without_trailer(text: bytes) -> bytes:
    return b"".join(text.splitlines(keepends=True)[:-1])


def without_an_entry(text: bytes) -> bytes:
    lines = text.splitlines(keepends=True)
    return b"".join(lines[:3] + lines[4:])


def of_another_format(text: bytes) -> bytes:
    return text.replace(b'"format":1', b'"format":99', 1)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data: data[: len(data) // 2], "cut off or changed"),
        (lambda data: data[:-4], "cut off or changed"),
        (lambda data: data[:-200] + bytes([data[-200] ^ 1]) + data[-199:], "is|has"),
        (lambda _: b"", "no header"),
        (lambda _: b"something else", "no export"),
        (lambda data: squeezed(changed_actor(gzip.decompress(data))), "checksum"),
        (lambda data: squeezed(without_trailer(gzip.decompress(data))), "cut off after"),
        (lambda data: squeezed(without_an_entry(gzip.decompress(data))), "says that it is entry"),
        (lambda data: squeezed(of_another_format(gzip.decompress(data))), "format 99"),
    ],
)
def test_a_damaged_file_changes_nothing(
    whole: bytes, fresh: Registry, tmp_path: Path, damage: Callable[[bytes], bytes], says: str
) -> None:
    file = tmp_path / "damaged.gz"
    file.write_bytes(damage(whole))
    with pytest.raises(DamagedArchive, match=says):
        fresh.transfer.restore(file)
    assert fresh.catalog.position() == 0
    assert fresh.upkeep.verify() == []


def test_a_line_without_end_does_not_fill_the_memory(
    fresh: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.archive._LONGEST_LINE", 10_000)
    file = tmp_path / "bomb.gz"
    for text in (b"0" * 1_000_000, b'{"format":1,"lineal":"1","created":"","position":1}\n' + b" " * 1_000_000):
        file.write_bytes(squeezed(text))
        with pytest.raises(DamagedArchive, match="longer than 10,000 bytes"):
            fresh.transfer.restore(file)


def test_an_event_of_a_newer_version_is_not_taken_over(fresh: Registry, tmp_path: Path) -> None:
    import hashlib

    header = {"format": 1, "lineal": "9.9", "created": "", "position": 1}
    line = {"position": 1, "time": 1, "actor": "a", "request_id": "r", "reason": "", "context": ".", "stream": "s"}
    line |= {"type": "SubjectPainted", "type_version": 1, "payload": "{}"}
    body = b"".join(json.dumps(each).encode() + b"\n" for each in (header, line))
    trailer = json.dumps({"entries": 1, "sha256": hashlib.sha256(body).hexdigest()}).encode()
    file = tmp_path / "newer.gz"
    file.write_bytes(gzip.compress(body + trailer))
    with pytest.raises(UnknownEvent, match="upgrade"):
        fresh.transfer.restore(file)
    assert fresh.catalog.position() == 0


def test_every_entry_names_its_request(registry: Registry) -> None:
    registry.registration.register(Subject.parse("a"), Content(Format.AVRO, '"int"'))
    registry.configurations.set_mode(Subject.parse("a"), "READONLY")
    entries = registry.catalog.changes()
    assert all(entry.origin.request_id and entry.origin.actor for entry in entries)
    assert len({entry.origin.request_id for entry in entries}) == 2


def test_an_import_that_was_killed_has_left_nothing_and_is_done_again(
    database: str, fresh: Registry, whole: bytes, tmp_path: Path
) -> None:
    """From SQLite into either database, and back: the log is the same, byte for byte."""
    file = tmp_path / "all.gz"
    file.write_bytes(whole)

    def die(done: int, total: int) -> None:
        if done > total * 3 // 4:  # the file is read twice, and written the second time
            os.kill(os.getpid(), signal.SIGKILL)

    def begin() -> None:
        transfer._AT_ONCE = 1
        Registry.open(load({}, database=database)).transfer.restore(file, die)

    assert ended(child(begin)) == -signal.SIGKILL
    opened = Registry.open(load({}, database=database))
    try:
        assert opened.catalog.position() == 0
        assert opened.upkeep.verify() == []
        opened.transfer.restore(file)
        assert opened.upkeep.verify() == []
        fresh.transfer.restore(exported(opened, tmp_path / "again.gz"))
    finally:
        opened.close()
    assert fresh.transfer.lines(0, 1_000)[0] == list(archive.read(file))
    assert fresh.upkeep.verify() == []
