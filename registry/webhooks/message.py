"""What a webhook receives: a CloudEvent 1.0 in structured JSON, signed as Standard Webhooks has it.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Final
from uuid import uuid4

import msgspec

from registry.events import Entry

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32
_SEQUENCE_DIGITS: Final = 19


@dataclass(frozen=True, slots=True)
class Message:
    """One request to one webhook; the same for every attempt but for the time and the signature."""

    id: str
    body: bytes


def new_secret() -> str:
    """A secret as Standard Webhooks writes it."""
    return _PREFIX + base64.b64encode(token_bytes(_SECRET_BYTES)).decode()


def message(entry: Entry, registry: str) -> Message:
    """An entry of the log of ``registry`` as a CloudEvent. Its id is the position: the same again is the same event."""
    event = {
        "specversion": "1.0",
        "id": str(entry.position),
        "source": f"/registries/{registry}",
        "type": f"lineal.{type(entry.event).__name__}",
        "subject": str(entry.subject),
        "time": entry.time.isoformat(),
        "datacontenttype": "application/json",
        "sequence": str(entry.position).zfill(_SEQUENCE_DIGITS),
        "data": {
            "position": entry.position,
            "actor": entry.origin.actor,
            "requestId": entry.origin.request_id,
            "reason": entry.origin.reason,
            "versionOfType": entry.event.version_of_type,
            "event": msgspec.to_builtins(entry.event),
        },
    }
    return Message(f"{registry}-{entry.position}", msgspec.json.encode(event))


def trial(webhook: str, registry: str, actor: str) -> Message:
    """An event that stands in no log, for whoever wants to see one arrive."""
    name = f"test-{uuid4()}"
    event = {
        "specversion": "1.0",
        "id": name,
        "source": f"/registries/{registry}",
        "type": "lineal.Test",
        "subject": webhook,
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": {"webhook": webhook, "actor": actor},
    }
    return Message(f"{registry}-{name}", msgspec.json.encode(event))


def headers(sent: Message, secrets: Sequence[str], now: int) -> dict[str, str]:
    """The headers of one attempt, signed with each secret; ``now`` in seconds since 1970."""
    signed = f"{sent.id}.{now}.".encode() + sent.body
    return {
        "Content-Type": CONTENT_TYPE,
        "webhook-id": sent.id,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(f"v1,{_signature(signed, secret)}" for secret in secrets),
    }


def _signature(signed: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
