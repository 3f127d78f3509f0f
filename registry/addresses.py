"""Where the server sends requests of its own, to webhooks and for exporters: never into a private network, unless a
setting says so.

A name is resolved once for each attempt, what it stands for is checked, and the connection is made to the very address
that was checked: a name that changes its meaning in between leads nowhere.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx

from registry.errors import InvalidRequest
from registry.patience import PatientTransport

IpAddress = IPv4Address | IPv6Address

_PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = IPv6Network("64:ff9b::/96")


class ForbiddenAddress(Exception):
    """What the name stands for may not be called."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far requests of one kind may go."""

    private: bool
    """Also to private, loopback and link-local addresses."""
    setting: str
    """The environment variable that says so."""

    def require(self, name: str, address: IpAddress) -> None:
        """Raises ForbiddenAddress."""
        if not self.private and not _public(address):
            raise ForbiddenAddress(f"{name} is {address}, which is not public: {self.setting}=true allows it")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request really goes, and what it says it goes to."""

    url: str
    """With the address in the place of the name."""
    host: str
    """For the ``Host`` header."""
    name: str
    """For the certificate."""


def require(url: str, reach: Reach) -> str:
    """A URL as it is given, before anything is sent: a name is not resolved yet. Raises InvalidRequest."""
    try:
        parts = _split(url)
    except ValueError as error:
        raise InvalidRequest(f"url is {url!r}, which cannot be read: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise InvalidRequest("url holds a user or password, which would stand in the log: leave them out")
    name = parts.hostname or ""
    try:
        literal = ip_address(name)
    except ValueError:
        return url
    try:
        reach.require("url", literal)
    except ForbiddenAddress as error:
        raise InvalidRequest(str(error)) from error
    return url


def resolve(url: str, reach: Reach) -> Target:
    """Resolve the name in a URL now. Raises ForbiddenAddress, OSError."""
    parts = _split(url)
    name, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    for address in addresses:
        reach.require(name, address)
    chosen = f"[{addresses[0]}]" if addresses[0].version == 6 else str(addresses[0])
    return Target(parts._replace(netloc=f"{chosen}:{port}").geturl(), parts.netloc, name)


def showing(cert: str, key: str, variables: str) -> ssl.SSLContext:
    """Trust as this machine does, and show a client certificate: files in PEM, the key in one of its own or with it.

    ``variables``: how the two settings are called, without ``_CERT`` and ``_KEY``. Raises InvalidRequest.
    """
    context = httpx.create_ssl_context()
    try:
        context.load_cert_chain(cert, key or None)
    except (ssl.SSLError, OSError) as error:
        raise InvalidRequest(
            f"{variables}_CERT is {cert}, which cannot be used: {error}; its key stands in it or in {variables}_KEY"
        ) from error
    return context


class Checked(httpx.BaseTransport):
    """Sends each request to the very address that was checked. An address that may not be called is a ConnectError."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._inner = PatientTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            target = resolve(str(request.url), self._reach)
        except (ForbiddenAddress, OSError) as error:
            raise httpx.ConnectError(str(error), request=request) from error
        request.url = httpx.URL(target.url)
        request.extensions = {**request.extensions, "sni_hostname": target.name}
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def _split(url: str) -> SplitResult:
    """Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("write http://host/path or https://host/path")
    _ = parts.port
    return parts


def _public(address: IpAddress) -> bool:
    """Whether an address, or the older one that is hidden in it, belongs to the public network."""
    if isinstance(address, IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in _NAT64:
            hidden = IPv4Address(int(address) & 0xFFFFFFFF)
        if hidden:
            return _public(hidden)
    return address.is_global and not address.is_multicast
