"""Applications, their readers and writers, and where they are live."""

from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = "0002"

NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('application',
    sa.Column('name', NAME, nullable=False),
    sa.Column('owner', NAME, nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('contract',
    sa.Column('context', NAME, nullable=False),
    sa.Column('subject', NAME, nullable=False),
    sa.Column('role', NAME, nullable=False),
    sa.Column('application', NAME, nullable=False),
    sa.Column('build', NAME, nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('time', sa.BigInteger(), nullable=False),
    sa.Column('actor', NAME, nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('context', 'subject', 'role', 'application', 'build')
    )
    op.create_index('contract_build', 'contract', ['application', 'build'], unique=False)
    op.create_table('deployment',
    sa.Column('environment', NAME, nullable=False),
    sa.Column('application', NAME, nullable=False),
    sa.Column('build', NAME, nullable=False),
    sa.Column('mode', NAME, nullable=False),
    sa.Column('time', sa.BigInteger(), nullable=False),
    sa.Column('actor', NAME, nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('environment', 'application', 'build')
    )
