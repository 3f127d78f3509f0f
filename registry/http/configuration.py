"""``/config`` and ``/mode``: for everything, for a context, for a subject."""

from __future__ import annotations

from typing import Final

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from registry.http.exchange import exchange_of
from registry.http.parameters import AnyRequest, DefaultToGlobal, Flag
from registry.http.payloads import ConfigurationBody, ModeBody, configuration_body
from registry.model import DEFAULT, Configuration, ConfigurationChange, Subject
from registry.service import Registry


@get("/config", sync_to_thread=True)
def get_everything(
    registry: NamedDependency[Registry],
    *,
    default_to_global: DefaultToGlobal = False,  # noqa: ARG001 - there is nothing above
) -> Configuration:
    """The settings for everything."""
    return registry.configurations.configuration(DEFAULT)


@put("/config", status_code=200, sync_to_thread=True)
def put_everything(
    request: AnyRequest, registry: NamedDependency[Registry], data: JSONBody[ConfigurationChange]
) -> ConfigurationBody:
    """Change the settings for everything: absent keeps, null clears."""
    return configuration_body(registry.configurations.configure(DEFAULT, data, exchange_of(request).origin))


@delete("/config", status_code=200, sync_to_thread=True)
def delete_everything(request: AnyRequest, registry: NamedDependency[Registry]) -> Configuration:
    """Take the settings for everything away; the server's own remain."""
    return registry.configurations.unconfigure(DEFAULT, exchange_of(request).origin)


@get("/config/{name:str}", sync_to_thread=True)
def get_subject(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    *,
    default_to_global: DefaultToGlobal = False,
) -> Configuration:
    """The settings of a subject or context; with ``defaultToGlobal`` those in force."""
    return registry.configurations.configuration(subject, inherited=default_to_global)


@put("/config/{name:str}", status_code=200, sync_to_thread=True)
def put_subject(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    data: JSONBody[ConfigurationChange],
) -> ConfigurationBody:
    """Change the settings of a subject or context: absent keeps, null clears."""
    return configuration_body(registry.configurations.configure(subject, data, exchange_of(request).origin))


@delete("/config/{name:str}", status_code=200, sync_to_thread=True)
def delete_of_subject(
    request: AnyRequest, registry: NamedDependency[Registry], subject: NamedDependency[Subject]
) -> Configuration:
    """Take the settings of a subject or context away."""
    return registry.configurations.unconfigure(subject, exchange_of(request).origin)


@get("/mode", sync_to_thread=True)
def get_mode_of_everything(
    registry: NamedDependency[Registry],
    *,
    default_to_global: DefaultToGlobal = False,  # noqa: ARG001
) -> ModeBody:
    """The mode of everything."""
    return ModeBody(registry.configurations.mode(DEFAULT).value)


@put("/mode", status_code=200, sync_to_thread=True)
def put_mode_of_everything(
    request: AnyRequest, registry: NamedDependency[Registry], data: JSONBody[ModeBody], *, force: Flag = False
) -> ModeBody:
    """Set the mode of everything; null clears it."""
    registry.configurations.set_mode(DEFAULT, data.mode, force=force, origin=exchange_of(request).origin)
    return data


@delete("/mode", status_code=200, sync_to_thread=True)
def delete_mode_of_everything(
    request: AnyRequest, registry: NamedDependency[Registry], *, recursive: Flag = False
) -> ModeBody:
    """Take the mode of everything away, and with ``recursive`` those of all its subjects."""
    mode = registry.configurations.remove_mode(DEFAULT, recursive=recursive, origin=exchange_of(request).origin)
    return ModeBody(None if mode is None else mode.value)


@get("/mode/{name:str}", sync_to_thread=True)
def get_mode(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    *,
    default_to_global: DefaultToGlobal = False,
) -> ModeBody:
    """The mode of a subject or context; with ``defaultToGlobal`` the one in force."""
    return ModeBody(registry.configurations.mode(subject, inherited=default_to_global).value)


@put("/mode/{name:str}", status_code=200, sync_to_thread=True)
def put_mode(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    data: JSONBody[ModeBody],
    *,
    force: Flag = False,
) -> ModeBody:
    """Set the mode of a subject or context; null clears it."""
    registry.configurations.set_mode(subject, data.mode, force=force, origin=exchange_of(request).origin)
    return data


@delete("/mode/{name:str}", status_code=200, sync_to_thread=True)
def delete_mode(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    *,
    recursive: Flag = False,
) -> ModeBody:
    """Take the mode of a subject or context away."""
    mode = registry.configurations.remove_mode(subject, recursive=recursive, origin=exchange_of(request).origin)
    return ModeBody(None if mode is None else mode.value)


HANDLERS: Final = (
    get_everything,
    put_everything,
    delete_everything,
    get_subject,
    put_subject,
    delete_of_subject,
    get_mode_of_everything,
    put_mode_of_everything,
    delete_mode_of_everything,
    get_mode,
    put_mode,
    delete_mode,
)
