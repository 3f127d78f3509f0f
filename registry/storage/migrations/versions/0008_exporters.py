"""What is copied to other registries, and how far that is."""

from alembic import op
import sqlalchemy as sa

revision = "0008"
down_revision = "0007"

NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('exporter',
    sa.Column('name', NAME, nullable=False),
    sa.Column('definition', sa.Text(), nullable=False),
    sa.Column('paused', sa.Boolean(), nullable=False),
    sa.Column('epoch', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('export',
    sa.Column('name', NAME, nullable=False),
    sa.Column('epoch', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('time', sa.BigInteger(), nullable=False),
    sa.Column('trace', sa.Text(), nullable=False),
    sa.Column('holder', NAME, nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
