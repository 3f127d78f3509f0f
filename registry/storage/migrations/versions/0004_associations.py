"""Which resources use which subjects."""

from alembic import op
import sqlalchemy as sa

revision = "0004"
down_revision = "0003"

NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('association',
    sa.Column('guid', NAME, nullable=False),
    sa.Column('context', NAME, nullable=False),
    sa.Column('subject', NAME, nullable=False),
    sa.Column('resource_name', NAME, nullable=False),
    sa.Column('resource_namespace', NAME, nullable=False),
    sa.Column('resource_id', NAME, nullable=False),
    sa.Column('resource_type', NAME, nullable=False),
    sa.Column('association_type', NAME, nullable=False),
    sa.Column('lifecycle', NAME, nullable=False),
    sa.Column('frozen', sa.Boolean(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('guid')
    )
    op.create_index('association_subject', 'association', ['context', 'subject'], unique=False)
    op.create_index('association_resource', 'association', ['resource_id'], unique=False)
    op.create_index('association_name', 'association', ['resource_name', 'resource_namespace'], unique=False)
