"""``/``, ``/contexts`` and ``/v1/metadata``: what the server is."""

from __future__ import annotations

from importlib.metadata import version as distribution_version
from typing import Any, Final
from urllib.parse import unquote

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from registry.http.exchange import exchange_of
from registry.http.parameters import AnyRequest, ContextPrefix, page
from registry.model import context_name
from registry.service import Registry


@get("/", sync_to_thread=False)
def root() -> dict[str, Any]:
    """The protocol's empty object."""
    return {}


@post("/", status_code=200, sync_to_thread=False)
def post_root() -> dict[str, Any]:
    """The protocol's empty object."""
    return {}


@get("/contexts", sync_to_thread=True)
def list_contexts(
    registry: NamedDependency[Registry],
    context_prefix: ContextPrefix = "",
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = -1,
) -> list[str]:
    """The names of the contexts."""
    return registry.lookup.contexts(context_prefix, page(offset, limit))


@delete("/contexts/{name:str}", sync_to_thread=True)
def delete_context(request: AnyRequest, registry: NamedDependency[Registry], name: FromPath[str]) -> None:
    """Forget an empty context."""
    registry.deletion.context(context_name(unquote(name)), origin=exchange_of(request).origin)


@get("/v1/metadata/id", sync_to_thread=True)
def cluster(registry: NamedDependency[Registry]) -> dict[str, Any]:
    """Names this registry, and tells its log from all others."""
    name = registry.settings.cluster_id
    scope = {"path": [], "clusters": {"kafka-cluster": name, "schema-registry-cluster": name}}
    return {"id": name, "scope": scope, "log": registry.catalog.log_id()}


@get("/v1/metadata/version", sync_to_thread=False)
def version() -> dict[str, str]:
    """The version of lineal."""
    return {"version": distribution_version("lineal"), "commitId": ""}


@get("/v1/metadata/deployment", sync_to_thread=False)
def deployment() -> dict[str, list[str]]:
    """How it is deployed."""
    return {"attributes": ["deploymentScope:opensource"]}


HANDLERS: Final = (root, post_root, list_contexts, delete_context, cluster, version, deployment)
