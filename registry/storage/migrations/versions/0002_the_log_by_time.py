"""The log can be asked by time."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("log_time", "log", ["time", "position"], unique=False)
