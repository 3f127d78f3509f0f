"""What of a page stands in the way of people who do not see it well, or use it by keyboard or ear; axe-core tells."""

from __future__ import annotations

from typing import Any, Final

from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page

Barrier = tuple[str, str, list[str]]
"""The rule of axe-core, its words, and the first elements that break it."""

_EVERY_RULE: Final = {"resultTypes": ["violations"]}
_RULES_OF_COLOUR: Final = {**_EVERY_RULE, "runOnly": ["color-contrast", "link-in-text-block"]}


def barriers(page: Page) -> list[Barrier]:
    """The barriers of a page as it is shown."""
    return _barriers(page, _EVERY_RULE)


def barriers_in_light_and_dark(page: Page) -> list[Barrier]:
    """The barriers of a page in either colour scheme; only colours differ between the two."""
    found: list[Barrier] = []
    for scheme, rules in (("light", _EVERY_RULE), ("dark", _RULES_OF_COLOUR)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += _barriers(page, rules)
    return found


def _barriers(page: Page, rules: dict[str, Any]) -> list[Barrier]:
    violations = Axe().run(page, options=rules)["violations"]
    return [(one["id"], one["help"], [node["html"][:300] for node in one["nodes"][:3]]) for one in violations]
