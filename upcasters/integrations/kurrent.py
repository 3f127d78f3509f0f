"""For ``kurrentdbclient``: recorded events in one version, whatever they are read by.

    reader = UpcastingReader(registry)
    for event in reader.upcast(client.read_stream("order-1")):
        ...

Wraps what ``get_stream``, ``read_stream``, ``read_all`` and the subscriptions give. The subject of an event is its
type, its version stands in its metadata as ``schemaId`` (a schema id of the registry) or ``schemaVersion``; without
either it is version 1. Positions, stream and ``ack_id`` stay those of the event as it was recorded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

import msgspec
from kurrentdbclient import RecordedEvent

from upcasters.chain import Chain
from upcasters.client import Client
from upcasters.errors import UpcastFailed
from upcasters.exchange import Target
from upcasters.failures import SKIPPED, Account, Policy, Report
from upcasters.stream import Event

_JSON = "application/json"


def by_type(event: RecordedEvent) -> str:
    """The subject that is named like the type of the event."""
    return event.type


class UpcastingReader:
    """Brings recorded events over. It belongs to one thread."""

    def __init__(
        self,
        registry: Client,
        to: Target = "latest",
        *,
        subject: Callable[[RecordedEvent], str] = by_type,
        on_failure: Policy = "raise",
    ) -> None:
        """``subject`` names the subject of an event; ``on_failure`` as in ``upcasters.failures``."""
        self._registry = registry
        self._to = to
        self._subject = subject
        self._account = Account(on_failure)

    def report(self) -> Report:
        """What became of the events so far, in numbers."""
        return self._account.report()

    def upcast(self, events: Iterable[RecordedEvent]) -> Iterator[RecordedEvent]:
        """The events as readers know them; a chain may rename, split and drop them.

        System events, checkpoints and events that are not JSON pass. Raises NoChain, and UpcastFailed under the
        policy ``raise``.
        """
        for recorded in events:
            if recorded.is_system_event or not recorded.type or recorded.content_type != _JSON:
                yield recorded
                continue
            brought = self._account.bring(recorded, self._brought)
            if brought is SKIPPED:
                continue
            yield from (brought if isinstance(brought, list) else [brought])

    def _brought(self, recorded: RecordedEvent) -> list[RecordedEvent] | RecordedEvent:
        subject = self._subject(recorded)
        chain = self._registry.chain(subject, self._version(recorded, subject), self._to)
        if not chain.steps:
            return recorded
        event = Event(recorded.type, _payload(recorded, chain), str(recorded.id))
        return [_as_recorded(recorded, one) for one in chain.stream([event])]

    def _version(self, recorded: RecordedEvent, subject: str) -> int:
        try:
            metadata: Any = msgspec.json.decode(recorded.metadata) if recorded.metadata else {}
        except (ValueError, RecursionError) as error:
            raise _refused(recorded, subject, (0, 0), f"its metadata is not JSON: {error}") from error
        stated = metadata if isinstance(metadata, dict) else {}
        for name in ("schemaId", "schemaVersion"):
            if name in stated and type(stated[name]) is not int:  # true is no number
                raise _refused(
                    recorded, subject, (0, 0), f"{name} in its metadata is {stated[name]!r}, no whole number"
                )
        if "schemaId" in stated:
            return self._registry.version(subject, stated["schemaId"])
        version: int = stated.get("schemaVersion", 1)
        return version


def _payload(recorded: RecordedEvent, chain: Chain) -> Any:
    try:
        return msgspec.json.decode(recorded.data)
    except (ValueError, RecursionError) as error:
        raise _refused(recorded, chain.subject, (chain.source, chain.target), f"it is not JSON: {error}") from error


def _refused(recorded: RecordedEvent, subject: str, versions: tuple[int, int], why: str) -> UpcastFailed:
    place = f"{recorded.stream_name} at {recorded.stream_position}"
    return UpcastFailed(subject, versions, "", "", f"{place}: {why}")


def _as_recorded(recorded: RecordedEvent, event: Event) -> RecordedEvent:
    """An event as if it had been recorded so; parts of a split one have ids of their own, and lead to the original."""
    own = UUID(event.id)
    return dataclasses.replace(
        recorded,
        type=event.type,
        data=msgspec.json.encode(event.payload),
        id=own,
        link=recorded.link if own == recorded.id else recorded.link or recorded,
    )
