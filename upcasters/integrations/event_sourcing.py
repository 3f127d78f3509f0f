"""For ``eventsourcing``: stored events are upcast when they are read, whatever reads them.

No application code changes: set two environment variables of the application.

    MAPPER_TOPIC=upcasters.integrations.event_sourcing:UpcastingMapper
    LINEAL_BUNDLE=chains.json          made with upcasters.exchange.bundle

The subject of an event is its topic, its version the library's own ``class_version``. A ``retype`` in a chain gives the
topic that classes have today, so renamed classes and deleted modules are read as well. Snapshots hold the state of an
aggregate: their subject is the topic of the aggregate.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, cast

from eventsourcing.domain import CanSnapshotAggregate, DomainEventProtocol, TAggregateID
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent, find_id_convertor
from eventsourcing.utils import resolve_topic

from upcasters.chain import Chain
from upcasters.errors import UpcastersError
from upcasters.exchange import unbundle
from upcasters.stream import Event

BUNDLE_VARIABLE = "LINEAL_BUNDLE"


@cache
def _bundle(path: str) -> Mapping[tuple[str, int], Chain]:
    return unbundle(Path(path).read_bytes())


class UpcastingMapper(Mapper[TAggregateID]):
    """Reads stored events in the shape that their classes have today."""

    chains: ClassVar[Mapping[tuple[str, int], Chain] | None] = None
    """By topic and version; without them the bundle that LINEAL_BUNDLE names is read."""

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[TAggregateID]:
        """The event as an object.

        An event that fails is always an error, with a note of the aggregate: without it an aggregate would be another.
        Raises UpcastFailed; UpcastersError if it is newer than the code, or if a chain splits or drops it.
        """
        try:
            topic, version, state = self._upcast(stored_event.topic, self._decoded(stored_event))
            cls = resolve_topic(topic)
            if issubclass(cls, CanSnapshotAggregate):
                state["topic"], version_of_state, state["state"] = self._upcast(state["topic"], state["state"])
                state["state"]["class_version"] = version_of_state
        except UpcastersError as error:
            error.add_note(f"aggregate {stored_event.originator_id}, version {stored_event.originator_version}")
            raise
        known = getattr(cls, "class_version", 1)
        if version > known:
            raise UpcastersError(
                f"{topic} v{version} is newer than this code, which knows v{known}: deploy the reader first"
            )
        for step in range(version, known):
            upcast = getattr(cls, f"upcast_v{step}_v{step + 1}", None)
            if upcast is None:
                raise UpcastersError(
                    f"{topic} v{version}: no chain leads to v{known}, which this code knows, and the class has no "
                    f"upcast_v{step}_v{step + 1}: add the chain to the bundle"
                )
            upcast(state)
        convert = find_id_convertor(cls, cast("Hashable", type(stored_event.originator_id)))
        state["originator_id"] = convert(stored_event.originator_id)
        state["originator_version"] = stored_event.originator_version
        event_object: Any = object.__new__(cls)
        object.__setattr__(event_object, "__dict__", state)
        return cast("DomainEventProtocol[TAggregateID]", event_object)

    def _upcast(self, topic: str, state: dict[str, Any]) -> tuple[str, int, dict[str, Any]]:
        """A topic and the state under it as today's classes know them, with the version that is."""
        state = dict(state)
        version: int = state.pop("class_version", 1)
        chain = self._chains().get((topic, version))
        if chain is None:
            return topic, version, state
        events = list(chain.stream([Event(topic, state)]))
        if len(events) != 1:
            raise UpcastersError(f"{chain!r} splits or drops an event: an aggregate needs every one of its own")
        return events[0].type, chain.target, dict(events[0].payload)

    def _decoded(self, stored_event: StoredEvent) -> dict[str, Any]:
        data = stored_event.state
        try:
            if self.cipher:
                data = self.cipher.decrypt(data)
            if self.compressor:
                data = self.compressor.decompress(data)
            state: dict[str, Any] = self.transcoder.decode(data)
        except Exception as error:
            raise MapperDeserialisationError(
                f"the state of {stored_event.topic} {stored_event.originator_id} "
                f"version {stored_event.originator_version} cannot be read: {error}"
            ) from error
        return state

    def _chains(self) -> Mapping[tuple[str, int], Chain]:
        if self.chains is not None:
            return self.chains
        path = os.environ.get(BUNDLE_VARIABLE)
        if not path:
            raise UpcastersError(f"no chains: set {BUNDLE_VARIABLE} to a bundle, or UpcastingMapper.chains")
        return _bundle(path)
