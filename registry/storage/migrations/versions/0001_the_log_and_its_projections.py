"""The log and its projections."""

from alembic import op
import sqlalchemy as sa

revision = "0001"
down_revision = None

NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('context',
    sa.Column('name', NAME, nullable=False),
    sa.Column('last_id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('head',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('log',
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('time', sa.BigInteger(), nullable=False),
    sa.Column('actor', NAME, nullable=False),
    sa.Column('request_id', NAME, nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('context', NAME, nullable=False),
    sa.Column('stream', NAME, nullable=False),
    sa.Column('type', NAME, nullable=False),
    sa.Column('type_version', sa.Integer(), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('position')
    )
    op.create_index('log_stream', 'log', ['context', 'stream', 'position'], unique=False)
    op.create_index('log_type', 'log', ['type', 'position'], unique=False)
    op.create_table('reference',
    sa.Column('context', NAME, nullable=False),
    sa.Column('subject', NAME, nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('ordinal', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('to_context', NAME, nullable=False),
    sa.Column('to_subject', NAME, nullable=False),
    sa.Column('to_number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('context', 'subject', 'number', 'ordinal')
    )
    op.create_index('reference_target', 'reference', ['to_context', 'to_subject', 'to_number'], unique=False)
    op.create_table('schema',
    sa.Column('context', NAME, nullable=False),
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('guid', NAME, nullable=False),
    sa.Column('format', NAME, nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('canonical_digest', NAME, nullable=False),
    sa.Column('normalized_digest', NAME, nullable=False),
    sa.Column('references', sa.Text(), nullable=False),
    sa.Column('metadata', sa.Text(), nullable=True),
    sa.Column('rule_set', sa.Text(), nullable=True),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('context', 'id')
    )
    op.create_index('schema_canonical', 'schema', ['context', 'canonical_digest'], unique=False)
    op.create_index('schema_guid', 'schema', ['guid'], unique=False)
    op.create_index('schema_normalized', 'schema', ['context', 'normalized_digest'], unique=False)
    op.create_table('setting',
    sa.Column('context', NAME, nullable=False),
    sa.Column('subject', NAME, nullable=False),
    sa.Column('configuration', sa.Text(), nullable=True),
    sa.Column('mode', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('context', 'subject')
    )
    op.create_table('subject',
    sa.Column('context', NAME, nullable=False),
    sa.Column('name', NAME, nullable=False),
    sa.Column('folded', NAME, nullable=False),
    sa.Column('format', NAME, nullable=False),
    sa.Column('live', sa.Integer(), nullable=False),
    sa.Column('latest', sa.Integer(), nullable=False),
    sa.Column('highest', sa.Integer(), nullable=False),
    sa.Column('properties', sa.Text(), nullable=False),
    sa.Column('changed', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('context', 'name')
    )
    op.create_index('subject_position', 'subject', ['position'], unique=False)
    op.create_table('upcaster',
    sa.Column('context', NAME, nullable=False),
    sa.Column('subject', NAME, nullable=False),
    sa.Column('source', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('target', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('hash', NAME, nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('migration_rules', sa.Text(), nullable=False),
    sa.Column('details', sa.Text(), nullable=False),
    sa.Column('time', sa.BigInteger(), nullable=False),
    sa.Column('actor', NAME, nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('context', 'subject', 'source', 'target')
    )
    op.create_table('version',
    sa.Column('context', NAME, nullable=False),
    sa.Column('subject', NAME, nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('schema_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('time', sa.BigInteger(), nullable=False),
    sa.Column('actor', NAME, nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('deleted', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('context', 'subject', 'number')
    )
    op.create_index('version_schema', 'version', ['context', 'schema_id'], unique=False)
    op.bulk_insert(sa.table("head", sa.column("id"), sa.column("position")), [{"id": 1, "position": 0}])
