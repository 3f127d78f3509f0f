"""While the server starts: what the first visitors would wait for is read and computed, a little at a time."""

from __future__ import annotations

import logging
from threading import Event
from typing import Final

from compat.errors import CompatError
from registry.errors import RegistryError
from registry.model import Page
from web.site import Site
from web.steps import Deadline
from web.subject import small_steps

_log = logging.getLogger(__name__)
_PORTION_SECONDS: Final = 0.05
_PAUSE_SECONDS: Final = 0.05
SUBJECTS: Final = 2_000
"""Subjects whose last steps are judged in advance."""


def warm(site: Site, stop: Event) -> None:
    """Read every subject into the search index, then judge the last steps of each; ends early when told to."""
    try:
        _read_index(site, stop)
        _judge_steps(site, stop)
    except (RegistryError, CompatError):
        # nothing depends on it: whatever is missing is made when it is asked for
        _log.warning("warming the catalog ended early", exc_info=True)


def _read_index(site: Site, stop: Event) -> None:
    while not stop.wait(_PAUSE_SECONDS):
        _, waiting = site.index.refresh(_PORTION_SECONDS)
        if not waiting:
            return


def _judge_steps(site: Site, stop: Event) -> None:
    summaries, _ = site.registry.catalog.subjects(page=Page(0, SUBJECTS))
    for summary in summaries:
        if summary.versions < 2:
            continue
        if stop.wait(_PAUSE_SECONDS):
            return
        small_steps(site, summary, Deadline(_PORTION_SECONDS))
