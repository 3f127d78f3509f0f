"""Files of old events, brought over as a stream."""

from __future__ import annotations

import datetime as dt
import json
import tracemalloc
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pytest

from upcasters import Chain, UpcastersError, UpcastFailed, read
from upcasters.integrations.files import upcast_file
from upcasters.shape import STRING, Member, Record

CHAIN = Chain.up(
    [
        read({"upcast": 1, "subject": "paid", "from": 1, "to": 2, "ops": [{"rename": {"at": "/who", "to": "payer"}}]}),
        read(
            {"upcast": 1, "subject": "paid", "from": 2, "to": 3, "ops": [{"add": {"at": "/channel", "value": "web"}}]}
        ),
    ],
    Record({"who": Member(STRING)}, open=True),
)
AT = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
FIELDS = [
    {"name": "fee", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
]
OLD = {"type": "record", "name": "Paid", "fields": [{"name": "who", "type": "string"}, *FIELDS]}
NEW = {"type": "record", "name": "Paid", "fields": [
    {"name": "payer", "type": "string"}, {"name": "channel", "type": "string"}, *FIELDS]}  # fmt: skip


def lines(path: Path, *events: Any) -> Path:
    path.write_text("".join(event if isinstance(event, str) else json.dumps(event) + "\n" for event in events), "utf-8")
    return path


def test_json_lines_come_over_with_a_report(tmp_path: Path) -> None:
    source = lines(tmp_path / "old.jsonl", {"who": "Ann"}, "\n", {"who": "Bob", "x": 1})
    told: list[tuple[int, int]] = []
    out = tmp_path / "new.jsonl"
    report = upcast_file(source, CHAIN, out, progress=lambda done, events: told.append((done, events)))
    assert [json.loads(line) for line in out.read_text("utf-8").splitlines()] == [
        {"payer": "Ann", "channel": "web"},
        {"payer": "Bob", "x": 1, "channel": "web"},
    ]
    assert (report.events, report.changed, report.failures) == (2, 2, 0)
    assert report.rate > 0
    assert told == [(source.stat().st_size, 2)]


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    text = '{"who":"A","a":0.12345678901234567890,"b":123456789012345678901234567890,"c":1.5}\n'
    upcast_file(lines(tmp_path / "old.jsonl", text), CHAIN, tmp_path / "new.jsonl")
    assert (
        '"a":0.12345678901234567890,"b":123456789012345678901234567890,"c":1.5' in (tmp_path / "new.jsonl").read_text()
    )


def test_what_fails_is_left_out_and_told(tmp_path: Path) -> None:
    source = lines(tmp_path / "old.jsonl", {"who": "Ann"}, "{nope\n", {}, {"who": "Bob"})
    report = upcast_file(source, CHAIN, tmp_path / "new.jsonl", on_failure="skip")
    assert len((tmp_path / "new.jsonl").read_text().splitlines()) == 2
    assert [failure.number for failure in report.first] == [2, 3]
    unreadable, missing = (failure.error for failure in report.first)
    assert "not JSON" in unreadable.reason
    assert (missing.source, missing.target, missing.pointer) == (1, 2, "/who")


def test_dead_letters_get_the_line(tmp_path: Path) -> None:
    letters: list[bytes] = []
    source = lines(tmp_path / "old.jsonl", {"who": "Ann"}, "{nope\n")
    report = upcast_file(source, CHAIN, on_failure=lambda line, _error: letters.append(line))
    assert letters == [b"{nope"]
    assert report.dead_lettered == 1


def test_raw_lines_pass_as_they_are(tmp_path: Path) -> None:
    source = lines(tmp_path / "old.jsonl", '{"whom":  "Ann"}\n')
    upcast_file(source, CHAIN, tmp_path / "new.jsonl", on_failure="pass_raw")
    assert (tmp_path / "new.jsonl").read_text() == '{"whom":  "Ann"}\n'


def test_an_error_leaves_no_half_file_and_an_old_one_alone(tmp_path: Path) -> None:
    source = lines(tmp_path / "old.jsonl", {"who": "Ann"}, {})
    out = lines(tmp_path / "new.jsonl", {"kept": True})
    with pytest.raises(UpcastFailed):
        upcast_file(source, CHAIN, out)
    assert json.loads(out.read_text()) == {"kept": True}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.jsonl", "old.jsonl"]


def avro(path: Path, events: Any) -> Path:
    with path.open("wb") as file:
        fastavro.writer(file, OLD, events, codec="deflate")
    return path


def test_avro_keeps_native_values(tmp_path: Path) -> None:
    source = avro(tmp_path / "old.avro", [{"who": "Ann", "fee": Decimal("1.10"), "at": AT}])
    report = upcast_file(source, CHAIN, tmp_path / "new.avro", schema=NEW)
    with (tmp_path / "new.avro").open("rb") as file:
        assert list(fastavro.reader(file)) == [{"payer": "Ann", "channel": "web", "fee": Decimal("1.10"), "at": AT}]
    assert report.events == 1


def test_avro_that_does_not_fit_its_schema_fails_as_an_event(tmp_path: Path) -> None:
    source = avro(tmp_path / "old.avro", [{"who": "Ann", "fee": Decimal("1.10"), "at": AT}])
    narrow = NEW | {"fields": [*NEW["fields"], {"name": "more", "type": "string"}]}
    report = upcast_file(source, CHAIN, tmp_path / "new.avro", schema=narrow, on_failure="skip")
    (reason,) = report.failed
    assert "does not fit the schema" in reason
    with (tmp_path / "new.avro").open("rb") as file:
        assert list(fastavro.reader(file)) == []


def test_a_torn_avro_file_is_told(tmp_path: Path) -> None:
    source = avro(tmp_path / "old.avro", [{"who": "A" * 50, "fee": Decimal(1), "at": AT}] * 100)
    source.write_bytes(source.read_bytes()[:-40])
    with pytest.raises(UpcastersError, match="no whole Avro"):
        upcast_file(source, CHAIN)


@pytest.mark.parametrize(
    ("source", "target", "options", "message"),
    [
        ("old.csv", None, {}, "events are read from"),
        ("none.jsonl", None, {}, "No such file"),
        ("old.jsonl", "old.jsonl", {}, "would be overwritten"),
        ("old.jsonl", "new.avro", {}, "an Avro file has one schema"),
        ("old.jsonl", "new.avro", {"schema": NEW, "on_failure": "pass_raw"}, "holds events of one version"),
    ],
)
def test_files_that_cannot_be_used(
    tmp_path: Path, source: str, target: str | None, options: dict[str, Any], message: str
) -> None:
    lines(tmp_path / "old.jsonl", {"who": "Ann"})
    with pytest.raises(UpcastersError, match=message):
        upcast_file(tmp_path / source, CHAIN, tmp_path / target if target else None, **options)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    event = json.dumps({"who": "x" * 1000})
    peaks = []
    for count in (1_000, 8_000):
        source = lines(tmp_path / f"{count}.jsonl", *[event + "\n"] * count)
        upcast_file(source, CHAIN, tmp_path / "new.jsonl")
        tracemalloc.start()
        upcast_file(source, CHAIN, tmp_path / "new.jsonl")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000
