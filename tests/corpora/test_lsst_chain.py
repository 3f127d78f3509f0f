"""Real alerts of the Rubin Observatory: every release read by the stock client, the oldest brought to the newest.

The registry is a real server process; the alerts are the bytes of the files that come with each release.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import fastavro
import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient, ServerConfig
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.common.schema_registry_client import ConfigCompatibilityLevel
from confluent_kafka.serialization import MessageField, SerializationContext

from compat.definition import Definition, Format, Reference
from compat.formats import Parsed, parse
from tests.histories.histories import Chapter, lsst
from tests.node import running
from upcasters import Chain, Client, Document, load
from upcasters.integrations.confluent_kafka import UpcastingDeserializer

# the stock client leaves its connections to the garbage collector
pytestmark = [pytest.mark.corpus, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

SUBJECT = "lsst.alert"
RELEASES = ("3.0", "4.0", "5.0", "6.0", "6.1", "7.0", "7.1", "7.2", "7.3", "7.4")
CONTEXT = SerializationContext("alerts", MessageField.VALUE)
DOCUMENTS = Path(__file__).resolve().parents[1] / "histories" / "lsst"


@dataclass(frozen=True)
class Alert:
    """The alert that comes with a release: its record as Avro bytes, and what its own file says it is."""

    body: bytes
    event: Any


@pytest.fixture(scope="module")
def server(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("lsst")
    with running(f"sqlite:///{folder / 'lineal.db'}", folder) as url:
        yield url


@pytest.fixture(scope="module")
def client(server: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": server}) as client:
        yield client


@pytest.fixture(scope="module")
def registered(corpora: Path, client: SchemaRegistryClient) -> dict[str, int]:
    """The id of the alert's schema by release: six schemas each, the packet with references to the other five."""
    client.set_config(None, ServerConfig(compatibility=ConfigCompatibilityLevel.NONE))
    ids: dict[str, int] = {}
    for number, chapter in enumerate(lsst(corpora), 1):
        for each in chapter.publications:
            references = [SchemaReference(name, subject, number) for name, subject in each.uses.items()]
            ids[each.label if each.subject == SUBJECT else each.subject] = client.register_schema(
                each.subject, Schema(each.text, "AVRO", references)
            )
        assert len(chapter.publications) == 6
        assert len(references) >= 5
    assert client.get_versions(SUBJECT) == list(range(1, 11))
    return {label: ids[label] for label in RELEASES}


@pytest.fixture(scope="module")
def alerts(corpora: Path) -> dict[str, Alert]:
    return {label: read(corpora / "avro" / "lsst" / label / "sample_data" / "fakeAlert.avro") for label in RELEASES}


@pytest.fixture(scope="module")
def newest(corpora: Path) -> Parsed:
    """The schema of the last release."""
    return parsed(list(lsst(corpora))[-1])


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [load((DOCUMENTS / f"{number}-{number + 1}.yaml").read_text()) for number in range(1, 10)]


@pytest.fixture(scope="module")
def chain(server: str, registered: dict[str, int], documents: list[Document]) -> Iterator[Chain]:
    """All nine documents published, each proven by the registry, and served as one chain."""
    with Client(server, timeout=120) as upcasters:
        for document in documents:
            upcasters.publish(document)
        yield upcasters.chain(SUBJECT, 1)


def parsed(chapter: Chapter) -> Parsed:
    """The alert packet of a release."""
    *leaves, packet = chapter.publications
    named = {each.subject: Definition(Format.AVRO, each.text) for each in leaves}
    references = tuple(Reference(name, named[subject]) for name, subject in packet.uses.items())
    return parse(Definition(Format.AVRO, packet.text, references))


def read(file: Path) -> Alert:
    """The only record of a real Avro file."""
    with file.open("rb") as stream:
        (block,) = fastavro.block_reader(stream)
        assert block.num_records == 1
        body = block.bytes_.getvalue()
        return Alert(body, next(iter(block)))


def framed(schema_id: int, alert: Alert) -> bytes:
    """The alert as a stock producer sends it."""
    return b"\0" + schema_id.to_bytes(4, "big") + alert.body


@pytest.mark.parametrize("release", RELEASES)
def test_the_real_alert_of_every_release_is_read_by_the_stock_client(
    release: str, client: SchemaRegistryClient, registered: dict[str, int], alerts: dict[str, Alert]
) -> None:
    read = AvroDeserializer(client, conf={"subject.name.strategy": lambda *_: SUBJECT})
    assert read(framed(registered[release], alerts[release]), CONTEXT) == alerts[release].event


@pytest.fixture(scope="module")
def brought(
    server: str, client: SchemaRegistryClient, registered: dict[str, int], chain: Chain, alerts: dict[str, Alert]
) -> dict[str, Any]:
    """The alert of 3.0 as a consumer of 7.4 gets it: the stock deserializer, then the chain the registry serves."""
    read = AvroDeserializer(client, conf={"subject.name.strategy": lambda *_: SUBJECT})
    with Client(server) as upcasters:
        bring = UpcastingDeserializer(read, upcasters.upcaster(SUBJECT), upcasters)
        event: dict[str, Any] = bring(framed(registered["3.0"], alerts["3.0"]), CONTEXT)
    return event


def test_the_alert_of_the_first_release_is_valid_in_the_last(
    brought: dict[str, Any], newest: Parsed, corpora: Path
) -> None:
    assert not list(newest.engine.violations(newest.schema, brought))
    *leaves, packet = list(lsst(corpora))[-1].publications
    named: dict[str, Any] = {}
    for each in leaves:
        fastavro.parse_schema(json.loads(each.text), named_schemas=named)
    schema = fastavro.parse_schema(json.loads(packet.text), named_schemas=named)
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, schema, brought, strict=True)
    stream.seek(0)
    assert fastavro.schemaless_reader(stream, schema, None) == brought


def test_what_was_measured_arrives_under_the_names_of_the_last_release(
    brought: dict[str, Any], alerts: dict[str, Alert]
) -> None:
    old, own = alerts["3.0"].event, alerts["7.4"].event
    assert brought["diaSource"]["dec"] == old["diaSource"]["decl"]
    assert brought["diaSource"]["band"] == old["diaSource"]["filterName"]
    assert brought["diaSource"]["psfFlux"] == old["diaSource"]["psFlux"]
    assert brought["diaObject"]["radecMjdTai"] == old["diaObject"]["radecTai"]
    assert brought["ssObject"]["u_H"] == old["ssObject"]["uH"]
    packed = [(each["visit"] * 1000 + each["detector"]) for each in (brought["diaSource"], *brought["prvDiaSources"])]
    assert packed == [each["ccdVisitId"] for each in (old["diaSource"], *old["prvDiaSources"])]
    # Both releases describe one fake source; where their alerts differ, the people who made them wrote it differently.
    assert differences(brought["diaSource"], own["diaSource"]) == {
        "/visit", "/detector", "/raErr", "/decErr", "/xErr", "/yErr", "/trailNdata",
    }  # fmt: skip
    assert differences(brought["diaObject"], own["diaObject"]) == {
        "/raErr", "/decErr", "/pmRaErr", "/pmDecErr", "/parallaxErr",
    }  # fmt: skip
    assert differences(brought["ssObject"], own["ssObject"]) == {"/arc", "/numObs", "/u_H", "/u_HErr"}
    assert brought["alertId"] == old["alertId"]


@pytest.mark.parametrize("release", RELEASES)
def test_the_alert_of_every_release_reaches_the_last(
    release: str, server: str, chain: Chain, alerts: dict[str, Alert], newest: Parsed
) -> None:
    with Client(server) as upcasters:
        part = upcasters.chain(SUBJECT, RELEASES.index(release) + 1)
    result = part(alerts[release].event)
    assert not list(newest.engine.violations(newest.schema, result))
    assert result == part.interpret(alerts[release].event)


def test_alerts_with_every_list_filled_reach_the_last_release(corpora: Path, chain: Chain, newest: Parsed) -> None:
    """The real alerts have no forced sources and no limits; generated ones do."""
    oldest = parsed(next(lsst(corpora)))
    filled = 0
    for event in islice(oldest.engine.samples(oldest.schema, 7), 120):
        result = chain(event)
        assert not list(newest.engine.violations(newest.schema, result))
        for source in result["prvDiaForcedSources"] or ():
            filled += 1
            assert (source["ra"], source["dec"]) == (-999, -999), "made up, and marked as such"
    assert filled > 10


def differences(one: Any, other: Any, at: str = "") -> set[str]:
    """The places where two records differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = one.keys() | other.keys()
        return {place for name in names for place in differences(one.get(name), other.get(name), f"{at}/{name}")}
    return set() if one == other else {at}
