"""The upcasters of a subject, and one event that travels along them."""

from __future__ import annotations

from dataclasses import dataclass
from collections.abc import Mapping

from registry.service.answers import SubjectDetail
from web.site import Site
from web.subject import live
from web.views import Chain


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks the player for."""

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "Wanted":
        return cls()


def chain(site: Site, detail: SubjectDetail, wanted: Wanted) -> Chain:
    numbers = tuple(version.number for version in live(detail.versions))
    return Chain((), (), (), numbers, numbers[0], numbers[-1], "", 0, "", "", "")
