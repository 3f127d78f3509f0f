"""Users and grants from a TOML file, for those who keep them under version control.

    [users]
    anna = "scrypt$…"                  # lineal key password

    [[grants]]
    principal = "anna"                 # or group:developers, or anonymous
    role = "developer"
    context = "."                      # every context where it is left out
    prefix = "orders."

They count in addition to the grants in the log, and cannot be taken away through the API. A changed file counts without
a restart.
"""

from __future__ import annotations

import logging
import tomllib
from pathlib import Path

import msgspec

from registry.access.passwords import is_hash
from registry.access.roles import Grant, grant, principal_name
from registry.errors import InvalidRequest, RegistryError

_log = logging.getLogger(__name__)


class AccessFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says."""

    users: dict[str, str] = {}
    """Hashes of passwords by name."""
    grants: list[Grant] = []


def read(path: str) -> AccessFile:
    """The file, or nothing where there is none. Raises InvalidRequest with the place."""
    if not path:
        return AccessFile()
    try:
        found = msgspec.convert(tomllib.loads(Path(path).read_text("utf-8")), AccessFile)
        for name, kept in found.users.items():
            principal_name(name)
            if not is_hash(kept):
                raise InvalidRequest(f"the password of {name} is not hashed: `lineal key password` makes the line")
        return msgspec.structs.replace(
            found, grants=[grant(one.principal, one.role, one.context, one.prefix) for one in found.grants]
        )
    except OSError as error:
        raise InvalidRequest(f"LINEAL_ACCESS_FILE {path} cannot be read: {error.strerror}") from error
    except (ValueError, RegistryError) as error:  # not TOML, not UTF-8, of another shape, or a value that cannot be
        raise InvalidRequest(f"LINEAL_ACCESS_FILE {path}: {error}") from error


class Watched:
    """What the file says, read again once it has changed."""

    def __init__(self, path: str) -> None:
        """Raises InvalidRequest with the place."""
        self._path = path
        self._state = state(Path(path)) if path else None
        self.said = read(path)

    def refresh(self) -> bool:
        """Whether it says something else now. One that cannot be read leaves in force what was last read."""
        if not self._path or (now := state(Path(self._path))) == self._state:
            return False
        self._state = now
        try:
            found = read(self._path)
        except InvalidRequest as error:
            _log.error("%s; what it said before stays in force", error.message)
            return False
        before, self.said = self.said, found
        return found != before


def state(file: Path) -> tuple[int, int, int] | None:
    """What differs when a file was written or replaced; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
