"""What every question to the projections needs."""

from __future__ import annotations

from sqlalchemy import Connection

from registry.access.roles import WHOLE, View


class Questions:
    """A transaction to ask in, and the view through which it is asked."""

    def __init__(self, connection: Connection, view: View = WHOLE) -> None:
        self._connection = connection
        self.view = view

    @property
    def connection(self) -> Connection:
        """The transaction."""
        return self._connection
