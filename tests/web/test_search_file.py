"""The search index in a file: it goes on from where the last process was, and is made anew where anything disagrees."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from compat.definition import Format
from registry.access.current import Caller, acting
from registry.access.roles import View
from registry.model import Content, Subject
from registry.service import Registry, TextIndex, search_file
from registry.settings import Settings
from tests.forked import child, ended
from tests.patience import PATIENCE
from web import search
from web.search import Index


def registered(registry: Registry, name: str, field: str) -> None:
    text = f'{{"type": "record", "name": "E", "fields": [{{"name": "{field}", "type": "int", "default": 0}}]}}'
    registry.registration.register(Subject.parse(name), Content(Format.AVRO, text))


def opened(folder: Path) -> Registry:
    registry = Registry.open(Settings(database=f"sqlite:///{folder / 'lineal.db'}"))
    for number in range(5):
        registered(registry, f"s.E{number}", f"field_{number}")
    return registry


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    made = opened(tmp_path)
    yield made
    made.close()


@pytest.fixture
def file(registry: Registry) -> Path:
    """Filled by a process that has ended."""
    found = search_file(registry.settings)
    assert found is not None
    index = Index(registry, found)
    assert index.refresh(PATIENCE) == (5, 0)
    index.close()
    return found


def names(index: Index, query: str) -> list[str]:
    return [match.indexed.name for match in index.find(query)]


def test_the_next_process_reads_only_what_has_changed(
    registry: Registry, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(registry, "s.E3", "renamed")
    registry.deletion.subject(Subject.parse("s.E1"))
    registry.deletion.subject(Subject.parse("s.E1"), permanent=True)
    read: list[str] = []
    right = Index._read
    monkeypatch.setattr(Index, "_read", lambda self, one: (read.append(one.subject.name), right(self, one))[1])
    index = Index(registry, file)
    assert names(index, "field_1") == ["s.e1"], "found before anything is read"
    assert index.refresh(PATIENCE) == (4, 0)
    assert read == ["s.E3"]
    assert (names(index, "field_1"), names(index, "renamed"), names(index, "field_4")) == ([], ["s.e3"], ["s.e4"])
    index.close()


@pytest.mark.parametrize("spoilt", [b"", b"no database at all" * 500, None])
def test_a_file_that_is_no_index_is_made_anew(registry: Registry, file: Path, spoilt: bytes | None) -> None:
    if spoilt is None:
        content = file.read_bytes()
        spoilt = content[:4096] + b"\xff" * (len(content) - 4096)
    for other in file.parent.glob(f"{file.name}-*"):
        other.unlink()
    file.write_bytes(spoilt)
    for _ in range(2):
        index = Index(registry, file)
        assert index.refresh(PATIENCE) == (5, 0)
        assert names(index, "field_3") == ["s.e3"]
        index.close()
    texts = TextIndex(file)
    assert len(texts) == 5, "it is in the file again"
    texts.close()


def test_the_index_of_another_log_does_not_count(registry: Registry, file: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = opened(tmp_path / "other")
    registered(other, "s.E4", "elsewhere")
    index = Index(other, file)
    assert names(index, "field_4") == [], "of the other log, though it has the same names and is as long"
    assert index.refresh(PATIENCE) == (5, 0)
    assert names(index, "elsewhere") == ["s.e4"]
    index.close()
    other.close()


def test_an_index_that_is_ahead_of_the_log_does_not_count(registry: Registry, file: Path, tmp_path: Path) -> None:
    """As when an older copy of the database was put back, and went on in another way."""
    backup = tmp_path / "backup"
    backup.mkdir()
    with closing(sqlite3.connect(tmp_path / "lineal.db")) as source:
        source.execute("VACUUM INTO ?", (str(backup / "lineal.db"),))
    registered(registry, "s.E5", "lost")
    index = Index(registry, file)
    assert index.refresh(PATIENCE) == (6, 0)
    index.close()
    back = Registry.open(Settings(database=f"sqlite:///{backup / 'lineal.db'}"))
    for again in (False, True):
        if again:
            registered(back, "s.E6", "instead")
        index = Index(back, file)
        index.refresh(PATIENCE)
        assert names(index, "lost") == []
        index.close()
    assert names(Index(back, file), "instead") == ["s.e6"]
    back.close()


def test_another_format_does_not_count(registry: Registry, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "FORMAT", "2")
    index = Index(registry, file)
    assert index.refresh(seconds=0) == (0, 5)
    index.close()


def test_processes_share_a_file(registry: Registry, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each index has a connection of its own, as each process has; what one reads, none of the others reads again."""
    for number in range(40):
        registered(registry, f"t.E{number}", f"together_{number}")
    read: list[str] = []
    right = Index._read
    monkeypatch.setattr(Index, "_read", lambda self, one: (read.append(one.subject.name), right(self, one))[1])
    shared = [Index(registry, file) for _ in range(4)]
    threads = [Thread(target=index.refresh, args=(PATIENCE,)) for index in shared]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index in shared:
        assert index.refresh(PATIENCE) == (45, 0)
        assert len(names(index, "together")) == 40
    assert sorted(read) == sorted(f"t.E{number}" for number in range(40))
    shared[0]._doubt()
    assert shared[0].refresh(PATIENCE) == (45, 0)
    generation = shared[0]._generation
    shared[1]._doubt()
    assert shared[1].refresh(seconds=0) == (45, 0), "another process has begun it anew since"
    assert shared[1]._generation == generation
    for index in shared:
        index.close()


@pytest.mark.parametrize("statements", [3, 22, 100, -1])
def test_the_next_start_finds_whole_portions_of_one_that_was_killed(
    registry: Registry, file: Path, statements: int
) -> None:
    """Killed with so many statements behind it, or when it is about to say how far it is."""
    for number in range(40):
        registered(registry, f"t.E{number}", f"together_{number}")
    registry.deletion.subject(Subject.parse("s.E1"))
    registry.deletion.subject(Subject.parse("s.E1"), permanent=True)
    registry.deletion.subject(Subject.parse("s.E2"))

    def read_on() -> None:
        connected, begun = TextIndex._connected, iter(range(1, 10_000))

        def act(statement: str) -> None:
            if next(begun) == statements or (statements < 0 and statement.startswith("COMMIT")):
                os.kill(os.getpid(), signal.SIGKILL)

        def traced(self: TextIndex) -> sqlite3.Connection:
            connection = connected(self)
            connection.set_trace_callback(act)
            return connection

        TextIndex._connected = traced  # type: ignore[method-assign]
        search.PORTION = 10  # type: ignore[misc]
        Index(Registry.open(registry.settings), file).refresh(PATIENCE)

    assert ended(child(read_on)) == -signal.SIGKILL
    index = Index(registry, file)
    assert index.refresh(PATIENCE) == (43, 0)
    index.close()
    texts, anew = TextIndex(file), Index(registry)
    assert anew.refresh(PATIENCE) == (43, 0)
    for word in ("field", "together", "s.e", "t.e3"):
        found, right = texts.find([word], 100), anew._trying(lambda one, word=word: one.find([word], 100))  # type: ignore[misc]
        assert sorted(found) == sorted(right)
    with texts._asked() as connection:
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    texts.close()
    anew.close()


def test_a_caller_who_sees_little_opens_it_as_it_is(registry: Registry, file: Path) -> None:
    index = Index(registry, file)
    with acting(Caller("nobody", (), View(frozenset()))):
        assert names(index, "field_3") == []
    assert names(index, "field_3") == ["s.e3"]
    index.close()


def test_where_the_file_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def kept(database: str, folder: str = "") -> Path:
        found = search_file(Settings(database=database, search_folder=folder))
        assert found is not None
        return found

    assert kept(f"sqlite:///{tmp_path / 'x.db'}") == tmp_path / "x.db.search"
    postgresql = "postgresql://user:secret@host/name"
    assert kept(postgresql, str(tmp_path)).parent == tmp_path
    assert kept(postgresql) == kept(postgresql.replace("secret", "other")), "the password is no part of the place"
    named = [postgresql, f"{postgresql}2", f"{postgresql}?port=1", "postgresql:///name", "postgresql:///name?host=/a"]
    found = {kept(database) for database in named}
    monkeypatch.setenv("PGHOST", "elsewhere")
    assert kept("postgresql:///name") not in found
    assert len(found) == len(named), "no two databases share a file"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert kept(postgresql).parent == tmp_path / "cache" / "lineal"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert kept(postgresql).parent == tmp_path / ".cache" / "lineal"
    TextIndex(kept(postgresql)).close()
    assert [stat.S_IMODE(each.stat().st_mode) for each in (kept(postgresql), kept(postgresql).parent)] == [0o600, 0o700]


def test_without_a_place_to_write_it_is_kept_for_the_process(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, no folder")
    index = Index(registry, tmp_path / "taken" / "lineal.search")
    assert index.refresh(PATIENCE) == (5, 0)
    assert names(index, "field_3") == ["s.e3"]
    index.close()
