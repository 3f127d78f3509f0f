"""The page of whoever runs it: what is well, and what needs somebody."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path
from threading import Event

from litestar.testing import TestClient

from compat.definition import Format
from registry.delivering import Deliverer
from registry.model import ConfigurationChange, Content, Subject
from registry.service import Registry
from registry.service.webhooks import Wish
from registry.settings import Settings
from tests.receiving import Receiver
from web import address
from web.app import pages
from web.site import Site
from web.state import state


def told(registry: Registry) -> dict[str, tuple[str, str]]:
    return {line.what: (line.tone.css, line.tone.word) for line in state(Site.over(registry))}


def test_what_needs_somebody_is_said_and_leads_there(tmp_path: Path) -> None:
    receiver = Receiver()
    settings = Settings(
        database=f"sqlite:///{tmp_path / 'lineal.db'}",
        secret_key=b64encode(b"k" * 32).decode(),
        webhook_private_addresses=True,
        webhook_attempts=1,
    )
    registry = Registry.open(settings)
    assert told(registry) == {
        "Database": ("good", "answers"),
        "Log": ("plain", "0 changes"),
        "Access": ("doubt", "off"),
        "Search": ("good", "complete"),
    }
    registry.webhooks.register(Wish(receiver.url))
    assert told(registry)["Webhooks"][0] == "good"
    receiver.status = 500
    registry.configurations.configure(Subject.parse("orders"), ConfigurationChange(compatibility="FULL"))
    Deliverer(registry).round(Event())
    assert told(registry)["Webhooks"] == ("bad", "1 event could not be delivered")
    with TestClient(pages(Site.over(registry))) as browser:
        page = browser.get(address.STATE)
        assert page.status_code == 200
        assert re.search(rf'<a href="{address.WEBHOOKS}">Webhooks</a></strong> <span class="badge bad">', page.text)
        assert page.headers["cache-control"].endswith("no-store")
    registry.close()
    receiver.close()


def test_what_nobody_has_searched_yet_is_read_for_it(registry: Registry) -> None:
    registry.registration.register(Subject.parse("orders"), Content(Format.AVRO, '"string"'))
    assert told(registry)["Search"] == ("good", "complete")


def test_a_follower_says_whether_it_is_in_contact(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'copy.db'}"
    Registry.open(Settings(database=database)).close()
    registry = Registry.open(Settings(database=database, follow="http://127.0.0.1:9"))
    assert told(registry)["Follows"] == ("good", "up to date")
    registry.replication.failed("it does not answer")
    assert told(registry)["Follows"] == ("bad", "not in contact")
    registry.close()
