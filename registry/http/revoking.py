"""TLS that demands a certificate of the client, and knows which ones their authority has withdrawn (RFC 5280, CRLs)."""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from registry.access.file import state
from registry.errors import InvalidRequest

_log = logging.getLogger(__name__)

_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secrecy and authenticated encryption; TLS 1.3 has no others."""
_LIST: Final = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)


class DemandingContext(ssl.SSLContext):
    """Lets in clients with a certificate of an authority, except those on its list.

    With a list, TLS is 1.3 and sessions are not taken up again: a session taken up again shows no certificate.
    """

    _file: Path | None = None
    _state: tuple[int, int, int] | None = None
    generation = 0
    """How often a list was read."""

    @classmethod
    def made(cls, cert: Path, key: Path, client_ca: Path, client_crl: Path | None) -> DemandingContext:
        """Raises OSError (ssl.SSLError among them) for files that are not what they should be."""
        made = cls(ssl.PROTOCOL_TLS_SERVER)
        made.verify_mode = ssl.CERT_REQUIRED
        made.set_ciphers(_CIPHERS)
        made.load_cert_chain(cert, key)
        made.load_verify_locations(client_ca)
        if client_crl is not None:
            made._file = client_crl
            made.minimum_version = ssl.TLSVersion.TLSv1_3
            made.num_tickets = 0
            made.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
            made.refresh()
        return made

    def refresh(self) -> int:
        """Read the list again if its file has changed; the generation. An unreadable one leaves the last in force."""
        if self._file is not None and (now := state(self._file)) != self._state:
            self._state = now
            try:
                self._read(self._file)
            except (OSError, InvalidRequest) as error:
                _log.error("the revocation list %s cannot be read, the last one stays in force: %s", self._file, error)
        return self.generation

    def _read(self, file: Path) -> None:
        for each in lists(file):
            _complain(file, each)
        self.load_verify_locations(file)  # OpenSSL goes by the newest that it has of an authority
        self.generation += 1


def lists(file: Path) -> Iterator[x509.CertificateRevocationList]:
    """The lists in a PEM file. Raises InvalidRequest where there is none, OSError."""
    found = _LIST.findall(file.read_bytes())
    if not found:
        raise InvalidRequest(f"there is no revocation list in {file}: it holds PEM, '-----BEGIN X509 CRL-----'")
    for each in found:
        try:
            yield x509.load_pem_x509_crl(each)
        except ValueError as error:
            raise InvalidRequest(f"{file} is damaged: {error}") from error


def _complain(file: Path, found: x509.CertificateRevocationList) -> None:
    """A list that ran out lets nobody in: whoever wonders why finds it said here."""
    if (end := found.next_update_utc) is not None and end < datetime.now(UTC):
        _log.error(
            "the list of %s in %s ran out on %s: without a newer one, no client of this authority is let in",
            found.issuer.rfc4514_string(),
            file,
            f"{end:%Y-%m-%d %H:%M} UTC",
        )
