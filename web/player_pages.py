"""The handlers of a subject's upcasters: the player, and the modules it runs."""

from __future__ import annotations

import json
from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from registry.errors import VersionNotFound
from web import address, chain, subject
from web.asked import SUBJECT, Asked, Pages
from web.rendering import page, script
from web.threads import in_thread


@get(f"{SUBJECT}/upcasters")
@in_thread
def player(site: Pages, request: Asked, name: FromPath[str]) -> Response[str]:
    """The upcasters of a subject, and one event travelling along them."""
    detail = subject.named(site, name)
    wanted = chain.Wanted.read(request.query_params)
    return page(
        "player.html",
        {
            "active": "catalog",
            "head": subject.head(site, detail, detail.latest, "upcasters", explicit=False),
            "chain": chain.chain(site, detail, wanted),
            "player_form": address.player(str(detail.summary.subject)),
        },
    )


@get(f"{SUBJECT}/upcasters/{{module:str}}")
@in_thread
def module(site: Pages, name: FromPath[str], module: FromPath[str]) -> Response[str]:
    """The JavaScript module that brings events of one version to another, as it is published."""
    detail = subject.named(site, name)
    source, separator, target = module.removesuffix(".js").partition("...")
    if not (separator and source.isdecimal() and target.isdecimal()):
        raise VersionNotFound(module)
    route = site.registry.upcasters.route(detail.summary.subject, int(source), int(target))
    text, refused = site.modules.of(route.chain())
    return script(text or f"throw new Error({json.dumps(f'JavaScript cannot run this chain: {refused}')});\n")


HANDLERS: Final = [player, module]
