"""API keys and grants."""

from alembic import op
import sqlalchemy as sa

revision = "0007"
down_revision = "0006"

NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", NAME, nullable=False),
        sa.Column("principal", NAME, nullable=False),
        sa.Column("digest", NAME, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "access_grant",
        sa.Column("principal", NAME, nullable=False),
        sa.Column("role", NAME, nullable=False),
        sa.Column("context", NAME, nullable=False),
        sa.Column("prefix", NAME, nullable=False),
        sa.PrimaryKeyConstraint("principal", "role", "context", "prefix"),
    )
