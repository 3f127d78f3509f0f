"""Questions to the projections. Rows become the values of the model here and nowhere else: one module per subject."""

from __future__ import annotations

from registry.storage.reading.access import AccessQuestions
from registry.storage.reading.associations import AssociationQuestions
from registry.storage.reading.contracts import ContractQuestions
from registry.storage.reading.entries import LogQuestions
from registry.storage.reading.listing import ListingQuestions
from registry.storage.reading.settings import SettingQuestions
from registry.storage.reading.subjects import SubjectFilter, SubjectQuestions
from registry.storage.reading.upcasters import StoredUpcaster, UpcasterQuestions
from registry.storage.reading.versions import VersionQuestions

__all__ = ["Reading", "StoredUpcaster", "SubjectFilter"]


class Reading(
    VersionQuestions,
    ListingQuestions,
    LogQuestions,
    SubjectQuestions,
    SettingQuestions,
    UpcasterQuestions,
    ContractQuestions,
    AssociationQuestions,
    AccessQuestions,
):
    """One consistent state of the projections, as far as a view shows it: lives as long as its transaction.

    What the view does not show is absent: no row, no entry, no count.
    """

    @property
    def whole(self) -> Reading:
        """The same state without the bounds of a view, for decisions that must not depend on who asks."""
        return Reading(self._transaction)
