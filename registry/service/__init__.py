"""One method per request, each one transaction; grouped by what people do.

    registry = Registry.open(settings)
    registry.registration.register(...)     registry.lookup.version(...)      registry.checking.against_history(...)
    registry.deletion.subject(...)          registry.configurations.mode(...)          registry.associations.change(...)
    registry.catalog.subjects(...)          registry.upkeep.verify()
    registry.contracts.declare_fields(...)  registry.readers.matrix(...)      registry.readers.can_deploy(...)
    registry.at(position).catalog.subjects(...)     as it was then
    registry.close()

Every method may be called from any thread. Subjects are made with ``Subject.parse(text)``.
"""

from __future__ import annotations

from collections.abc import Callable

from registry.service.amendment import Amendments
from registry.service.associations import Associations
from registry.service.catalog import Catalog
from registry.service.checking import Checking
from registry.service.completion import Retagging
from registry.service.configuration import Configurations
from registry.service.contracts import Contracts
from registry.service.definitions import Definitions
from registry.service.deletion import Deletion
from registry.service.exporters import Exporters
from registry.service.leases import Leases
from registry.service.lookup import Lookup
from registry.service.memory import Memory
from registry.service.permissions import Permissions
from registry.service.readers import Readers
from registry.service.registration import Registration, RegistrationOptions
from registry.service.replication import Replication
from registry.service.transfer import Transfer
from registry.service.upcasters import Upcasters
from registry.service.upkeep import Upkeep
from registry.service.webhooks import Webhooks
from registry.settings import Settings
from registry.storage.database import search_file
from registry.storage.past import Pasts, PastStore
from registry.storage.store import Store
from registry.storage.text_index import Document, IndexBusy, IndexSpoilt, Standing, TextIndex, remove

__all__ = [
    "Document",
    "IndexBusy",
    "IndexSpoilt",
    "RegistrationOptions",
    "Registry",
    "Retagging",
    "Standing",
    "TextIndex",
    "remove",
    "search_file",
]


class Registry:
    """The whole service over one database."""

    def __init__(self, store: Store, settings: Settings, definitions: Definitions | None = None) -> None:
        definitions = definitions or Definitions(settings.limits, settings.cache_schemas)
        self.store = store
        self.settings = settings
        self._definitions = definitions
        self._pasts = Pasts(settings.cache_pasts, settings.limit_replayed_entries)
        store.when_lost(definitions.forget)
        store.when_lost(self._pasts.forget)
        self.upcasters = Upcasters(store, definitions, settings)
        memory = Memory(store, settings)
        self.registration = Registration(store, definitions, settings, self.upcasters, memory)
        self.amendments = Amendments(store, self.registration)
        self.lookup = Lookup(store, definitions, memory)
        self.checking = Checking(store, definitions, settings, memory)
        self.deletion = Deletion(store, settings)
        self.associations = Associations(store, self.registration, settings)
        self.exporters = Exporters(store, settings)
        self.configurations = Configurations(store, settings)
        self.catalog = Catalog(store, definitions, settings)
        self.contracts = Contracts(store, definitions)
        self.readers = Readers(store, definitions, settings, self.upcasters)
        self.permissions = Permissions(store, settings)
        self.upkeep = Upkeep(store)
        self.transfer = Transfer(store)
        self.replication = Replication(store, settings)
        self.leases = Leases(store, settings)
        self.webhooks = Webhooks(store, settings)

    @classmethod
    def open(cls, settings: Settings) -> Registry:
        """Connect, bring the tables up to date (under a lock) and stand ready.

        Raises InvalidRequest for a database URL that cannot be one, StoreUnavailable if nothing answers.
        """
        return cls(Store(settings), settings)

    def at(self, position: int) -> Registry:
        """The registry as it was after an entry of its log: everything can be asked, nothing changed."""
        return Registry(PastStore(self.store, self._pasts, position), self.settings, self._definitions)

    def when_lost(self, callback: Callable[[], None]) -> None:
        """Call when nothing that was remembered of the log counts any more; what is called must not wait."""
        self.store.when_lost(callback)

    def close(self) -> None:
        """Give all connections back."""
        self._pasts.close()
        self.store.close()
