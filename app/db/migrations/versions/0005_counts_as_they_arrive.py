"""Counts as they arrive: digest and receipt, and what service they belong to.

Nothing wrote this table before, so that the new columns need no values for old rows; a row that
is there all the same stops the upgrade, and nothing is changed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("exposure", schema=None, recreate="auto") as batch_op:
        for name in ("digest", "receipt", "grid_sha256", "environment"):
            batch_op.add_column(sa.Column(name, sa.String(), nullable=False))
        batch_op.add_column(sa.Column("demo", sa.Boolean(), nullable=False))
        batch_op.alter_column("minutes_band", existing_type=sa.String(), nullable=True)
        batch_op.create_check_constraint(
            batch_op.f("ck_exposure_environment_known"), "environment IN ('training', 'live')"
        )


def downgrade() -> None:
    """Undo is a restore of the backup made before: rows written since would be lost."""
    raise RuntimeError("not offered: restore the backup that was made before the upgrade")
