"""What handlers of pages are given, and the numbers that an address may carry."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from web import address
from web.site import Site

Asked = Request[Any, Any, Any]
Pages = NamedDependency[Site]
Form = URLEncodedBody[dict[str, str]]

SUBJECT: Final = f"{address.CATALOG}/subjects/{{name:str}}"
"""The route of a subject's first page; those of its other pages begin with it."""

HIGHEST: Final = 2**31 - 1
"""The highest id, version, position or page that an address may name; beyond it there is nothing."""


def before_position(position: int) -> int | None:
    """The position that an address names; none where it makes no sense."""
    return min(position, HIGHEST) if position > 0 else None
