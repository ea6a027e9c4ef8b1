"""What an export holds, and its second approval."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.db.tables

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('export_request', schema=None) as batch_op:
        batch_op.add_column(sa.Column('wanted', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('first_approved_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('first_approved_at', app.db.tables.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('uniqueness', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('logical_sha256', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('fault', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    # One person approved these; rows leave by the word of two, so the second is asked for now.
    op.execute(
        "UPDATE export_request SET state = 'requested', first_approved_by = decided_by,"
        " first_approved_at = decided_at, decided_by = NULL, decided_at = NULL"
        " WHERE state = 'approved'"
    )


def downgrade() -> None:
    """Undo is a restore of the backup made before: rows written since would be lost."""
    raise RuntimeError("not offered: restore the backup that was made before the upgrade")
