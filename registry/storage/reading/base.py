"""What every question to the projections needs."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from registry.access.roles import WHOLE, View


class Questions:
    """A transaction to ask in, and the view through which it is asked."""

    def __init__(self, transaction: Callable[[], Connection], view: View = WHOLE) -> None:
        self._transaction = transaction
        self.view = view

    @property
    def connection(self) -> Connection:
        """The transaction: where it has not begun yet, it begins with the first question."""
        return self._transaction()

    @property
    def log(self) -> Connection:
        """Where the log is: with the projections."""
        return self.connection

    @property
    def unlogged(self) -> Connection:
        """Where what the log does not tell is: how far deliveries, copies and following have come."""
        return self.connection
