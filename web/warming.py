"""What visitors would wait for is read and computed beside them, a little at a time: when the server starts, and after
a list was shown.
"""

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
_LEFT_SECONDS: Final = 1.0
"""For the steps of one subject that a list has left out: longer than its texts take to be read, or none would be judged
and they would be left again.
"""
_LOOK_SECONDS: Final = 0.5
SUBJECTS: Final = 2_000
"""Subjects whose last steps are judged in advance."""


def beside(site: Site, stop: Event) -> None:
    """Warm up, then judge what lists have left out, until told to stop."""
    warm(site, stop)
    while not stop.wait(_LOOK_SECONDS):
        judge_left(site, stop)


def judge_left(site: Site, stop: Event) -> None:
    """Judge the steps that lists have left out so far; ends early when told to."""
    while (summary := site.unjudged.take()) is not None and not stop.wait(_PAUSE_SECONDS):
        try:
            small_steps(site, summary, Deadline(_LEFT_SECONDS))  # adds it again where that does not do
        except (RegistryError, CompatError):
            _log.warning("the steps of %s cannot be judged", summary.subject, exc_info=True)


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
