"""Webhooks: what is sent, to whom, what happens when it is not taken, and what a dying process leaves behind."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import httpx
import pytest
from msgspec.structs import replace

from compat.definition import Format
from registry.addresses import Checked, ForbiddenAddress, Reach, require, resolve
from registry.background import Background
from registry.delivering import Deliverer
from registry.errors import InvalidRequest, NotFound
from registry.model import Content, Subject
from registry.sealing import Seal
from registry.service import Registry
from registry.service.webhooks import Wish
from registry.settings import load
from registry.storage import tables
from registry.webhooks.message import Message
from registry.webhooks.sending import Sender
from tests.patience import eventually
from tests.receiving import Receiver

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()


@pytest.fixture
def registry(database: str) -> Iterator[Registry]:
    settings = load(
        {},
        database=database,
        secret_key=KEY,
        webhook_private_addresses=True,
        webhook_origin="registry.example.org",
        webhook_attempts=3,
        webhook_backoff_seconds=0.01,
        lease_seconds=10.0,
    )
    opened = Registry.open(settings)
    yield opened
    opened.close()


PUBLIC = Reach(private=False, setting="LINEAL_WEBHOOK_PRIVATE_ADDRESSES")
ANYWHERE = Reach(private=True, setting="")


def register(registry: Registry, *names: str) -> list[int]:
    """One version each; the positions in the log."""
    return [
        registry.registration.register(Subject.parse(name), Content(Format.AVRO, '"int"')).position for name in names
    ]


def deliver(registry: Registry, holds: Callable[[], bool]) -> None:
    """Let the task work until something holds."""
    task = Deliverer(registry)

    def after_a_round() -> bool:
        task.round(threading.Event())
        return holds()

    if not holds():
        eventually(after_a_round)


def test_what_happens_is_told_in_order_and_signed(registry: Registry, receiver: Receiver) -> None:
    register(registry, "before")
    standing, secret = registry.webhooks.register(Wish(receiver.url + "/hook?a=b"))
    positions = register(registry, "a", ":.shop:b", "c")
    deliver(registry, lambda: len(receiver.requests) == 3)
    assert receiver.positions == positions
    for headers, body in receiver.requests:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{signature}"
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
        assert headers["content-type"].startswith("application/cloudevents+json")
    event = json.loads(receiver.requests[1][1])
    assert {name: event[name] for name in ("specversion", "id", "source", "type", "subject", "datacontenttype")} == {
        "specversion": "1.0",
        "id": str(positions[1]),
        "source": "/registries/lineal",
        "type": "lineal.SchemaRegistered",
        "subject": ":.shop:b",
        "datacontenttype": "application/json",
    }
    assert event["data"]["event"]["text"] == '"int"'
    assert registry.webhooks.one(standing.webhook.id).progress.position == positions[-1]


def test_two_secrets_sign_until_the_overlap_is_over(registry: Registry, receiver: Receiver) -> None:
    standing, first = registry.webhooks.register(Wish(receiver.url))
    _, second = registry.webhooks.rotate(standing.webhook.id, timedelta(hours=1))
    register(registry, "a")
    deliver(registry, lambda: len(receiver.requests) == 1)
    _, third = registry.webhooks.rotate(standing.webhook.id, timedelta())
    register(registry, "b")
    deliver(registry, lambda: len(receiver.requests) == 2)
    assert [signers(sent, [first, second, third]) for sent in receiver.requests] == [[second, first], [third]]
    with pytest.raises(InvalidRequest, match="overlapSeconds"):
        registry.webhooks.rotate(standing.webhook.id, timedelta(days=31))
    assert registry.upkeep.verify() == []


def signers(sent: tuple[dict[str, str], bytes], secrets: list[str]) -> list[str]:
    """Which secrets made the signatures of a request, in their order."""
    headers, body = sent
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    made = {}
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        made["v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()] = secret
    return [made[each] for each in headers["webhook-signature"].split(" ")]


def test_a_change_holds_from_the_next_event_on_and_is_tried_at_once(registry: Registry, receiver: Receiver) -> None:
    standing, _ = registry.webhooks.register(Wish("http://127.0.0.1:9/", prefix="a"))
    name = standing.webhook.id
    (first,) = register(registry, "a")
    deliver(registry, lambda: registry.webhooks.one(name).progress.attempts == 2)
    registry.webhooks.change(name, {"url": receiver.url})
    assert registry.webhooks.one(name).progress.next_attempt is None
    deliver(registry, lambda: len(receiver.requests) == 1)
    registry.webhooks.change(name, {"prefix": "b", "types": ["SchemaRegistered"]})
    _, last = register(registry, "a1", "b")
    deliver(registry, lambda: len(receiver.requests) == 2)
    assert receiver.positions == [first, last]
    assert registry.webhooks.one(name).webhook.url == receiver.url
    with pytest.raises(InvalidRequest, match="SchemaPainted"):
        registry.webhooks.change(name, {"types": ["SchemaPainted"]})
    with pytest.raises(NotFound):
        registry.webhooks.change("none", {})
    assert registry.upkeep.verify() == []


def test_who_does_not_agree_is_told_nothing(registry: Registry, receiver: Receiver) -> None:
    asking = Wish(receiver.url, handshake=True)
    for allowed, says in (
        ({}, "has to answer OPTIONS"),
        ({"WebHook-Allowed-Origin": "other.example.org"}, "does not allow the origin registry.example.org"),
        ({"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "many"}, "no number of events"),
    ):
        receiver.allowed = allowed
        with pytest.raises(InvalidRequest, match=says):
            registry.webhooks.register(asking)
    with pytest.raises(InvalidRequest, match="did not answer the handshake"):
        registry.webhooks.register(Wish("http://127.0.0.1:9/", handshake=True))
    assert not registry.webhooks.present()
    receiver.allowed = {"WebHook-Allowed-Origin": "Registry.example.org", "WebHook-Allowed-Rate": "120"}
    standing, _ = registry.webhooks.register(asking)
    assert (receiver.asked[-1], standing.webhook.rate) == ("registry.example.org", 120)
    register(registry, "a", "b")
    started = time.monotonic()
    deliver(registry, lambda: len(receiver.requests) == 2)
    assert time.monotonic() - started > 0.4, "120 a minute are two a second"
    assert [headers["origin"] for headers, _ in receiver.requests] == ["registry.example.org"] * 2
    receiver.allowed = {}
    assert registry.webhooks.change(standing.webhook.id, {"prefix": "a"}).webhook.rate == 120, "it has agreed before"
    with pytest.raises(InvalidRequest, match="has to answer OPTIONS"):
        registry.webhooks.change(standing.webhook.id, {"url": f"{receiver.url}/elsewhere"})
    registry.webhooks.change(standing.webhook.id, {"handshake": False})
    assert registry.webhooks.one(standing.webhook.id).webhook.rate == 0


def test_a_test_delivery_stands_in_no_log(registry: Registry, receiver: Receiver) -> None:
    standing, secret = registry.webhooks.register(Wish(receiver.url, prefix="nothing"))
    before = registry.catalog.position()
    assert registry.webhooks.test(standing.webhook.id) == ""
    receiver.answers = [503]
    assert registry.webhooks.test(standing.webhook.id) == "it answered 503"
    event = json.loads(receiver.requests[0][1])
    assert (event["type"], event["data"]["webhook"]) == ("lineal.Test", standing.webhook.id)
    assert signers(receiver.requests[0], [secret]) == [secret]
    assert registry.catalog.position() == before
    assert registry.webhooks.letters(standing.webhook.id) == []


def test_filters(registry: Registry, receiver: Receiver) -> None:
    registry.webhooks.register(Wish(receiver.url, context="shop", prefix="or", types=["SchemaRegistered"]))
    register(registry, "orders", ":.shop:cart")
    wanted = register(registry, ":.shop:orders")
    registry.deletion.subject(Subject.parse(":.shop:orders"))
    last = register(registry, ":.shop:orbit")
    deliver(registry, lambda: len(receiver.requests) == 2)
    assert receiver.positions == [*wanted, *last]


def test_what_is_not_taken_is_sent_again_before_anything_later(registry: Registry, receiver: Receiver) -> None:
    receiver.answers = [500, 302]
    standing, _ = registry.webhooks.register(Wish(receiver.url))
    first, second = register(registry, "a", "b")
    Deliverer(registry).round(threading.Event())
    progress = registry.webhooks.one(standing.webhook.id).progress
    assert (progress.attempts, progress.error) == (1, "it answered 500")
    deliver(registry, lambda: len(receiver.requests) == 4)
    assert receiver.positions == [first, first, first, second]
    assert len({headers["webhook-id"] for headers, _ in receiver.requests[:3]}) == 1


def test_what_is_never_taken_becomes_a_dead_letter_and_can_be_sent_again(
    registry: Registry, receiver: Receiver
) -> None:
    receiver.answers = [500, 500, 500]
    standing, _ = registry.webhooks.register(Wish(receiver.url))
    name = standing.webhook.id
    first, second = register(registry, "a", "b")
    deliver(registry, lambda: len(receiver.requests) == 4)
    (letter,) = registry.webhooks.letters(name)
    assert (letter.position, letter.attempts, letter.error) == (first, 3, "it answered 500")
    assert receiver.positions[-1] == second, "what comes later is not held up for ever"
    receiver.answers = [503]
    assert registry.webhooks.redeliver(name, [first]) == 1
    deliver(registry, lambda: registry.webhooks.letters(name)[0].attempts == 4)
    assert registry.webhooks.redeliver(name) == 1
    deliver(registry, lambda: registry.webhooks.letters(name) == [])
    assert receiver.positions[-1] == first
    with pytest.raises(NotFound, match="no such dead letter"):
        registry.webhooks.redeliver(name)


def test_a_webhook_that_is_away_holds_up_nobody_else(registry: Registry, receiver: Receiver) -> None:
    away, _ = registry.webhooks.register(Wish("http://127.0.0.1:9/"))
    registry.webhooks.register(Wish(receiver.url))
    positions = register(registry, "a", "b")
    deliver(registry, lambda: len(receiver.requests) == 2)
    assert receiver.positions == positions
    assert "refused" in registry.webhooks.one(away.webhook.id).progress.error


@contextmanager
def dripping(head: bytes, drip: bytes) -> Iterator[str]:
    """The address of a server that answers every request with a beginning, and then goes on for ever."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=listening.accept()[:1], daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.recv(65_536)
            connection.sendall(head)
            while True:
                connection.sendall(drip)
                time.sleep(0.0 if len(drip) > 1_000 else 0.05)

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    listening.close()


def test_an_answer_that_never_ends_is_given_up_in_time() -> None:
    with dripping(b"HTTP/1.1 200 OK\r\nx: ", b"x") as url:
        sender, started = Sender(ANYWHERE, 0.3, "registry.example.org"), time.monotonic()
        assert sender.send(url, Message("m", b"{}"), []), "it has not been taken"
        with pytest.raises(InvalidRequest, match="did not answer the handshake"):
            sender.handshake(url)
        assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("head", "drip", "error"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 10_000, httpx.ReadError),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", b"x", httpx.RemoteProtocolError),
    ],
)
def test_an_answer_is_read_up_to_a_size_and_not_unpacked(
    monkeypatch: pytest.MonkeyPatch, head: bytes, drip: bytes, error: type[Exception]
) -> None:
    monkeypatch.setattr("registry.patience.LARGEST_ANSWER", 100_000)
    with (
        dripping(head, drip) as url,
        httpx.Client(transport=Checked(ANYWHERE)) as http,
        pytest.raises(error, match=r"longer than 100,000 bytes|compressed"),
    ):
        http.get(url)


def test_nothing_is_lost_when_the_process_dies_after_sending(registry: Registry, receiver: Receiver) -> None:
    """It dies between the answer and the note that it was given: the same event comes again, and then the next."""
    registry.webhooks.register(Wish(receiver.url))
    first, second = register(registry, "a", "b")
    dying = Deliverer(registry)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    dying._webhooks = type("Dying", (), {"__getattr__": lambda _, name: getattr(registry.webhooks, name)})()
    dying._webhooks.remember = die
    with pytest.raises(KeyboardInterrupt):
        dying.round(threading.Event())
    deliver(registry, lambda: len(receiver.requests) == 3)
    assert receiver.positions == [first, first, second]


def test_one_process_delivers_at_a_time_and_another_takes_over(registry: Registry, receiver: Receiver) -> None:
    other = Registry.open(registry.settings)
    nodes = [Background(each, [Deliverer(each)]) for each in (registry, other)]
    try:
        for node in nodes:
            node.start()
        registry.webhooks.register(Wish(receiver.url))
        positions = register(registry, *(f"s{number}" for number in range(10)))
        eventually(lambda: len(receiver.requests) >= 10)
        nodes[0].stop()
        positions += register(registry, "later")
        eventually(lambda: len(receiver.requests) >= 11)
        assert receiver.positions == positions, "none twice, in order"
    finally:
        for node in nodes:
            node.stop()
        other.close()


def test_the_secret_is_nowhere_in_the_clear(registry: Registry) -> None:
    standing, secret = registry.webhooks.register(Wish("https://example.org/hook"))
    with registry.store.read() as reading:
        everything = [
            str(row) for table in tables.metadata.tables.values() for row in reading.connection.execute(table.select())
        ]
    plain = secret.removeprefix("whsec_")
    assert not [row for row in everything if plain in row]
    assert Seal(KEY).open(standing.webhook.sealed) == secret
    assert registry.upkeep.verify() == []


def test_without_a_key_no_webhook(database: str) -> None:
    opened = Registry.open(load({}, database=database))
    try:
        with pytest.raises(InvalidRequest, match="LINEAL_SECRET_KEY"):
            opened.webhooks.register(Wish("https://example.org/hook"))
        assert opened.catalog.position() == 0
    finally:
        opened.close()


def test_without_its_key_nothing_is_sent(registry: Registry, receiver: Receiver) -> None:
    standing, _ = registry.webhooks.register(Wish(receiver.url))
    register(registry, "a")
    keyless = Registry.open(replace(registry.settings, secret_key=""))
    try:
        Deliverer(keyless).round(threading.Event())
        assert "set LINEAL_SECRET_KEY" in keyless.webhooks.one(standing.webhook.id).progress.error
        assert receiver.requests == []
    finally:
        keyless.close()


def test_a_removed_webhook_is_told_nothing_more(registry: Registry, receiver: Receiver) -> None:
    standing, _ = registry.webhooks.register(Wish(receiver.url))
    register(registry, "a")
    registry.webhooks.remove(standing.webhook.id)
    assert not registry.webhooks.present()
    Deliverer(registry).round(threading.Event())
    assert receiver.requests == []
    with pytest.raises(NotFound):
        registry.webhooks.one(standing.webhook.id)


def test_keys_are_changed_by_putting_the_new_one_first() -> None:
    new = base64.urlsafe_b64encode(bytes(reversed(range(224, 256)))).decode()
    sealed = Seal(KEY).close("secret")
    assert Seal(f"{new},{KEY}").open(sealed) == "secret"
    with pytest.raises(InvalidRequest, match="not the key"):
        Seal(new).open(sealed)
    for bad in ("short", "!" * 44, base64.b64encode(bytes(16)).decode()):
        with pytest.raises(InvalidRequest, match="is no key"):
            Seal(bad)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "[::1]",
        "[fe80::1]",
        "[fc00::1]",
        "[::ffff:127.0.0.1]",
        "[2002:7f00:1::]",
        "[64:ff9b::7f00:1]",
        "[::]",
    ],
)
def test_what_is_not_public_is_not_called(host: str) -> None:
    with pytest.raises(InvalidRequest, match="not public"):
        require(f"http://{host}/hook", PUBLIC)
    with pytest.raises(ForbiddenAddress, match="not public"):
        resolve(f"http://{host}/hook", PUBLIC)
    assert require(f"http://{host}/hook", ANYWHERE)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1"])
def test_names_are_checked_by_what_they_stand_for(host: str) -> None:
    with pytest.raises(ForbiddenAddress, match="not public"):
        resolve(f"http://{host}/hook", PUBLIC)


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    target = resolve("https://localhost:8443/a?b=c", ANYWHERE)
    assert target.url in {"https://127.0.0.1:8443/a?b=c", "https://[::1]:8443/a?b=c"}
    assert (target.host, target.name) == ("localhost:8443", "localhost")


@pytest.mark.parametrize(
    "url", ["", "example.org", "ftp://example.org", "file:///etc/passwd", "http://", "http://h:99999", "http://a:b@h/"]
)
def test_what_is_no_address_of_a_webhook_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^url "):
        require(url, ANYWHERE)
