"""What a proof has found so far."""

from __future__ import annotations

from collections.abc import Iterator

from registry.upcasting.report import Finding


class Findings:
    """Findings, each once, up to a number."""

    def __init__(self, most: int) -> None:
        self._found: list[Finding] = []
        self._most = most

    def add(self, finding: Finding) -> None:
        """Take note of a finding."""
        if finding not in self._found:
            self._found.append(finding)

    @property
    def enough(self) -> bool:
        """Whether more would not be reported."""
        return len(self._found) >= self._most

    def __bool__(self) -> bool:
        return bool(self._found)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._found[: self._most])
