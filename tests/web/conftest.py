"""A small shop, told to a real registry, and its pages."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from compat.definition import Format
from registry.errors import IncompatibleSchema
from registry.model import Content, Metadata, Origin, Subject
from registry.service import RegistrationOptions, Registry
from registry.settings import Settings
from web.app import pages
from web.site import Site

ANNA = Origin(actor="anna", reason="first of its kind")
HOSTILE = "<script>alert('x')</script>"


def avro(name: str, *fields: dict[str, Any], doc: str = "") -> str:
    return json.dumps(
        {"type": "record", "name": name, "namespace": "shop", "doc": doc, "fields": list(fields)}, indent=2
    )


ORDER_ID = {"name": "order_id", "type": "string", "doc": "Identifies the order **for ever**."}
NOTE = {"name": "note", "type": ["null", "string"], "default": None, "doc": "Words of the customer."}
CURRENCY = {"name": "currency", "type": "string"}
ORDERS = (
    avro("OrderPlaced", ORDER_ID, doc="A customer has committed to buy. Sent once."),
    avro("OrderPlaced", ORDER_ID, NOTE, doc="A customer has committed to buy. Sent once."),
)
BROKEN = avro("OrderPlaced", ORDER_ID, NOTE, CURRENCY)
PARCELS = (
    {
        "type": "object",
        "title": "Parcel",
        "properties": {"id": {"type": "string"}},
        "required": ["id"],
        "additionalProperties": False,
    },
    {
        "type": "object",
        "title": "Parcel",
        "properties": {"id": {"type": "string"}, "weight": {"type": "integer", "minimum": 0}},
        "required": ["id"],
        "additionalProperties": False,
    },
)
PROTO = 'syntax = "proto3";\npackage shop;\n// Somebody paid.\nmessage Paid { string order_id = 1; int64 cents = 2; }\n'
CARTS = (
    avro("CartLeft", {"name": "id", "type": "string"}, {"name": "cents", "type": "int"}),
    avro("CartLeft", {"name": "cart_id", "type": "string"}, {"name": "cents", "type": "int"}, CURRENCY),
    avro("CartLeft", {"name": "cart_id", "type": "string"}, {"name": "cents", "type": "int"}, CURRENCY, NOTE),
)
CART_UPCASTER = {
    "upcast": 1,
    "subject": "shop.CartLeft",
    "from": 1,
    "to": 2,
    "doc": "Everything was sold in euros then.",
    "ops": [{"rename": {"at": "/id", "to": "cart_id"}}, {"add": {"at": "/currency", "value": "EUR"}}],
}
AWKWARD = ("konto/eröffnet v1", "a.b:c", "100% sure?", "日本語")


def register(registry: Registry, subject: str, format_: Format, text: str, **properties: str) -> None:
    metadata = Metadata(properties=properties) if properties else None
    content = Content(format_, text, metadata=metadata)
    registry.registration.register(Subject.parse(subject), content, RegistrationOptions(force=True), ANNA)


def tell(registry: Registry) -> None:
    """The story of the shop."""
    for text in ORDERS:
        register(registry, "shop.OrderPlaced", Format.AVRO, text, owner="team-checkout")
    with contextlib.suppress(IncompatibleSchema):
        registry.registration.register(
            Subject.parse("shop.OrderPlaced"), Content(Format.AVRO, BROKEN), origin=Origin(actor="ci-bot")
        )
    for parcel in PARCELS:
        register(registry, ":.depot:shop.ParcelPacked", Format.JSON, json.dumps(parcel))
    register(registry, "shop.Paid", Format.PROTOBUF, PROTO)
    for text in CARTS:
        register(registry, "shop.CartLeft", Format.AVRO, text)
    registry.upcasters.publish(Subject.parse("shop.CartLeft"), CART_UPCASTER, ANNA)
    for name in AWKWARD:
        register(registry, name, Format.AVRO, avro("Awkward", ORDER_ID))
    hostile = {"name": "note", "type": "string", "default": HOSTILE, "doc": f"{HOSTILE} <img src=x onerror=alert(1)>"}
    register(registry, "hostile", Format.AVRO, avro("Hostile", hostile, doc=HOSTILE), owner=HOSTILE)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder: Path = tmp_path_factory.mktemp("registry")
    opened = Registry.open(Settings(database=f"sqlite:///{folder / 'lineal.db'}"))
    tell(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def browser(registry: Registry) -> Iterator[TestClient[Litestar]]:
    """Asks for pages like a browser without scripts."""
    with TestClient(pages(Site.over(registry))) as client:
        client.headers["Accept"] = "text/html"
        yield client


@pytest.fixture(scope="module")
def story() -> SimpleNamespace:
    """The words of the story, for tests to compare with."""
    return SimpleNamespace(orders=ORDERS, broken=BROKEN, awkward=AWKWARD, hostile=HOSTILE)
