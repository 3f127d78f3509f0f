"""One method per request, each one transaction; grouped by what people do.

    registry = Registry.open(settings)
    registry.registration.register(...)     registry.lookup.version(...)      registry.checking.against_history(...)
    registry.deletion.subject(...)          registry.configurations.mode(...)
    registry.catalog.subjects(...)          registry.upkeep.verify()
    registry.close()

Every method may be called from any thread. Subjects are made with ``Subject.parse(text)``.
"""

from __future__ import annotations

from registry.service.catalog import Catalog
from registry.service.checking import Checking
from registry.service.configuration import Configurations
from registry.service.deletion import Deletion
from registry.service.lookup import Lookup
from registry.service.registration import Registration, RegistrationOptions
from registry.service.upkeep import Upkeep
from registry.settings import Settings

__all__ = ["RegistrationOptions", "Registry"]


class Registry:
    """The whole service over one database."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.registration = Registration()
        self.lookup = Lookup()
        self.checking = Checking()
        self.deletion = Deletion()
        self.configurations = Configurations()
        self.catalog = Catalog()
        self.upkeep = Upkeep()

    @classmethod
    def open(cls, settings: Settings) -> Registry:
        """Connect, bring the tables up to date (under a lock) and stand ready. Raises StoreUnavailable."""
        return cls(settings)

    def close(self) -> None:
        """Give all connections back."""
