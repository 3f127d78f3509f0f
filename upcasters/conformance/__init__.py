"""Cases as data, for every compiler here and for implementations elsewhere."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec

from upcasters.codecs import constant


def cases() -> list[dict[str, Any]]:
    """Each case has a name, ops, an event ``in``, and ``out`` or ``error``: the place of the operation that refuses.

    A case with a ``shape`` is for compilers that know it.
    """
    data = (files("upcasters.conformance") / "cases.json").read_bytes()
    found: list[dict[str, Any]] = msgspec.json.decode(data)["cases"]
    return found


def streams() -> list[dict[str, Any]]:
    """Each case has a name, ops of one step, an event ``in``, and the events ``out`` or ``error``."""
    data = (files("upcasters.conformance") / "streams.json").read_bytes()
    found: list[dict[str, Any]] = msgspec.json.decode(data)["cases"]
    return found


def codecs() -> list[dict[str, Any]]:
    """Every codec as ``using``, with ``values`` as pairs of before and after, and values ``refused``."""
    data = (files("upcasters.conformance") / "codecs.json").read_bytes()
    found: list[dict[str, Any]] = msgspec.json.decode(data)["codecs"]
    return found


def values() -> list[dict[str, Any]]:
    """Kinds of values, each with its rule and cases. A case with a ``format`` has two schemas, ``old`` and ``new``."""
    data = (files("upcasters.conformance") / "values.json").read_bytes()
    found: list[dict[str, Any]] = msgspec.json.decode(data)["values"]
    return found


def missing() -> list[dict[str, Any]]:
    """Each case has a name, a shape, ops and an event ``in`` that every plan refuses: it lacks what stands ``at``."""
    data = (files("upcasters.conformance") / "missing.json").read_bytes()
    found: list[dict[str, Any]] = msgspec.json.decode(data)["cases"]
    return found


def native(value: Any) -> Any:
    """A value of a case, with what JSON does not have: ``{"$decimal": "1.20"}`` is a decimal."""
    match value:
        case dict() if len(value) == 1 and (name := next(iter(value))).startswith("$"):
            return constant(value[name], name[1:])
        case dict():
            return {name: native(item) for name, item in value.items()}
        case list():
            return [native(item) for item in value]
        case _:
            return value
