"""Webhooks change: another secret, a handshake."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("webhook", sa.Column("sealed_before", sa.Text(), nullable=False, server_default=""))
    op.add_column("webhook", sa.Column("before_until", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("webhook", sa.Column("handshake", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("webhook", sa.Column("rate", sa.Integer(), nullable=False, server_default="0"))
