"""Found however many there are: the first version with an id, a name in any context, where an application is live."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index("version_holder", "version", ["context", "schema_id", "subject", "position"], unique=False)
    op.drop_index("version_schema", table_name="version")
    op.create_index("subject_name", "subject", ["name", "context"], unique=False)
    op.create_index("deployment_application", "deployment", ["application"], unique=False)
