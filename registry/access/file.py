"""Users and grants from a TOML file, for those who keep them under version control.

    [users]
    anna = "scrypt$…"                  # lineal key password

    [[grants]]
    principal = "anna"                 # or group:developers, or anonymous
    role = "developer"
    context = "."                      # every context where it is left out
    prefix = "orders."

They count in addition to the grants in the log, and cannot be taken away through the API.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from registry.access.passwords import is_hash
from registry.access.roles import Grant, grant, principal_name
from registry.errors import InvalidRequest, RegistryError


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
