"""Client certificates: whom they name, and whose word about them is taken.

A certificate is known from the connection itself, where the server tells of it, or from a header of a proxy that has
ended TLS and verified it. A header counts only from the addresses of such proxies; from there nothing else counts, for
the connection's own certificate is then the proxy's.

- RFC 9440: ``Client-Cert``, the certificate in base64 between colons.
- Envoy, Istio: ``X-Forwarded-Client-Cert``, elements with ``Subject``, ``URI``, ``DNS``, ``Cert``. Each proxy appends
  one; the last is that of the proxy that is trusted.
- nginx, HAProxy, Traefik and others: a header with the subject's name (RFC 4514), or the certificate as escaped PEM.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, Literal
from urllib.parse import unquote

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from registry.access.roles import principal_name
from registry.errors import InvalidRequest, Unauthenticated
from registry.settings import Settings

Principal = Literal["subject", "common-name", "uri", "dns"]

_SPELT: Final = {
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "title": NameOID.TITLE,
    "SN": NameOID.SURNAME,
    "GN": NameOID.GIVEN_NAME,
    "postalCode": NameOID.POSTAL_CODE,
    "organizationIdentifier": NameOID.ORGANIZATION_IDENTIFIER,
}
"""Beyond RFC 4514, as OpenSSL writes them."""
_WRITTEN: Final = {oid: name for name, oid in _SPELT.items()}
_LONGEST: Final = 32_000
_ELEMENT: Final = re.compile(r'\s*([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^;,"]*)\s*([;,]|$)')
_QUOTED: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Names:
    """What a certificate says of its holder."""

    subject: x509.Name | None = None
    uris: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()

    def principal(self, which: Principal) -> str:
        """The name that counts. Raises Unauthenticated where there is none, or more than one."""
        match which:
            case "subject":
                found = [] if self.subject is None else [self.subject.rfc4514_string(_WRITTEN)]
            case "common-name":
                attributes = self.subject.get_attributes_for_oid(NameOID.COMMON_NAME) if self.subject else []
                found = [str(each.value) for each in attributes]
            case "uri":
                found = list(self.uris)
            case "dns":
                found = list(self.dns)
        if len(found) != 1 or not found[0]:
            raise Unauthenticated(
                f"The client certificate has {len(found)} names of the kind that counts here, not one: {which}"
            )
        try:
            return principal_name(found[0])
        except InvalidRequest as error:
            raise Unauthenticated(f"The client certificate names nobody: {error.message}") from error


class Certificates:
    """From what is known of a certificate to the principal that it names."""

    def __init__(self, settings: Settings) -> None:
        """Raises InvalidRequest for settings that cannot be."""
        self._which: Principal = settings.certificate_principal
        self.header = settings.proxy_certificate_header.strip().lower()
        try:
            written = [one.strip() for one in settings.proxy_addresses.split(",") if one.strip()]
            self._proxies = tuple(ip_network(one) for one in written)
        except ValueError as error:
            raise InvalidRequest(f"LINEAL_PROXY_ADDRESSES is not a list of addresses or networks: {error}") from error
        if bool(self.header) != bool(self._proxies):
            raise InvalidRequest(
                "LINEAL_PROXY_CERTIFICATE_HEADER and LINEAL_PROXY_ADDRESSES need each other: a header counts only from "
                "the proxies that are named"
            )

    def trusts(self, peer: str) -> bool:
        """Whether an address is that of a proxy whose word counts."""
        return bool(self._proxies) and _within(peer, self._proxies)

    def said(self, values: Sequence[str]) -> str:
        """The principal in a trusted proxy's header, given each value of it; empty without one.

        Raises Unauthenticated.
        """
        sent = [value for value in values if value.strip()]
        return _principal(self.header, tuple(sent), self._which) if sent else ""

    def shown(self, pem: str) -> str:
        """The principal in a certificate (PEM) that the server itself has verified. Raises Unauthenticated."""
        return _principal("", (pem,), self._which)


@lru_cache(1_024)
def _principal(header: str, values: tuple[str, ...], which: Principal) -> str:
    if sum(map(len, values)) > _LONGEST:
        raise Unauthenticated("The client certificate is too long")
    try:
        return _names(header, values).principal(which)
    except ValueError as error:
        where = f" from the header {header}" if header else ""
        raise Unauthenticated(f"The client certificate cannot be read{where}: {error}") from error


def _names(header: str, values: Sequence[str]) -> Names:
    """Raises ValueError."""
    if header == "x-forwarded-client-cert":
        return _forwarded(",".join(values))
    if len(values) > 1:
        raise ValueError("it was sent more than once; let the proxy replace what clients send")
    value = values[0].strip()
    if header == "client-cert":
        if len(value) < len("::") or value[0] != ":" or value[-1] != ":":
            raise ValueError("RFC 9440 writes base64 between colons")
        return _of(x509.load_der_x509_certificate(b64decode(value[1:-1], validate=True)))
    if (text := unquote(value)).startswith("-----BEGIN"):
        return _of(x509.load_pem_x509_certificate(text.encode()))
    return Names(_parsed(value))


def _forwarded(value: str) -> Names:
    """The last element of ``X-Forwarded-Client-Cert``. Raises ValueError."""
    element: list[tuple[str, str]] = []
    place, ended = 0, True
    while place < len(value):
        found = _ELEMENT.match(value, place)
        if found is None or found.end() == place:
            raise ValueError("it is not made of elements as Envoy writes them")
        element = [] if ended else element
        text = found[2]
        plain = _QUOTED.sub(r"\1", text[1:-1]) if text.startswith('"') else text
        element.append((found[1].lower(), plain))
        ended, place = found[3] == ",", found.end()
    certificates = [text for name, text in element if name == "cert"]
    if len(certificates) == 1:
        return _of(x509.load_pem_x509_certificate(unquote(certificates[0]).encode()))
    subjects = [text for name, text in element if name == "subject"]
    if len(subjects) > 1:
        raise ValueError("it has more than one Subject")
    return Names(
        _parsed(subjects[0]) if subjects and subjects[0] else None,
        tuple(text for name, text in element if name == "uri" and text),
        tuple(text for name, text in element if name == "dns" and text),
    )


def _of(certificate: x509.Certificate) -> Names:
    """Raises ValueError."""
    try:
        found = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except x509.ExtensionNotFound:
        return Names(certificate.subject)
    if not isinstance(found, x509.SubjectAlternativeName):
        return Names(certificate.subject)
    return Names(
        certificate.subject,
        tuple(found.get_values_for_type(x509.UniformResourceIdentifier)),
        tuple(found.get_values_for_type(x509.DNSName)),
    )


def _parsed(name: str) -> x509.Name:
    """Raises ValueError."""
    try:
        return x509.Name.from_rfc4514_string(name, _SPELT)
    except ValueError as error:
        raise ValueError(f"{name[:80]!r} is no name as RFC 4514 writes it: {error}".rstrip(": ")) from error


@lru_cache(1_024)
def _within(peer: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)
