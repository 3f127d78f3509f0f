"""Every rule of JSON Schema that a finding can name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from compat.verdict import Rule

RULES: Final[Mapping[str, Rule]] = MappingProxyType({})
