"""The handlers of applications: everybody in one picture, and one at a time."""

from __future__ import annotations

from typing import Final

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from web import address, contracts, lineage
from web.asked import Pages
from web.going_live import going_live
from web.rendering import page
from web.threads import in_thread


@get(f"{address.CATALOG}/applications")
@in_thread
def applications(site: Pages, env: FromQuery[str] = "") -> Response[str]:
    """Every application that reads or writes something."""
    values: dict[str, object] = {"active": "applications", "applications": contracts.applications(site)}
    values |= {"lineage": lineage.everything(site, env.strip()[:200]), "legend": tuple(contracts.WAYS.values())}
    return page("applications.html", values)


@get(f"{address.CATALOG}/applications/{{name:str}}")
@in_thread
def application(
    site: Pages, name: FromPath[str], build: FromQuery[str] = "", env: FromQuery[str] = ""
) -> Response[str]:
    """What one application reads and writes, where it is live, and whether a build of it may go live."""
    name = address.name_in(name)
    values: dict[str, object] = {"active": "applications", "application": contracts.application(site, name)}
    values |= {"going": going_live(site, name, build.strip()[:200], env.strip()[:200])}
    values |= {"lineage": lineage.of(site, name), "legend": tuple(contracts.WAYS.values())}
    return page("application.html", values)


HANDLERS: Final = [applications, application]
