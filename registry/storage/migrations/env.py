"""Run by alembic: migrate over the connection that the store has handed in."""

from __future__ import annotations

from alembic import context

from registry.storage.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
