"""What people write about a grid."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.db.tables

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('feedback',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('encounter_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('written_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('grid_public_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('grid_version', sa.Integer(), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('given_on', sa.Date(), nullable=False),
    sa.Column('device', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('seq', sa.Integer(), nullable=True),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('receipt', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('read_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('read_on', sa.Date(), nullable=True),
    sa.Column('outcome', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('environment', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.CheckConstraint("environment IN ('training', 'live')", name=op.f('ck_feedback_environment_known')),
    sa.CheckConstraint("outcome IS NULL OR outcome IN ('read', 'passed_on')", name=op.f('ck_feedback_outcome_known')),
    sa.CheckConstraint("written_by IN ('young_person', 'parent', 'practitioner')", name=op.f('ck_feedback_written_by_known')),
    sa.CheckConstraint('length(text) BETWEEN 1 AND 280', name=op.f('ck_feedback_text_fits')),
    sa.ForeignKeyConstraint(['encounter_id'], ['encounter.id'], name=op.f('fk_feedback_encounter_id_encounter')),
    sa.ForeignKeyConstraint(['read_by'], ['staff.id'], name=op.f('fk_feedback_read_by_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feedback'))
    )
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_feedback_encounter_id'), ['encounter_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_feedback_given_on'), ['given_on'], unique=False)


def downgrade() -> None:
    """Undo is a restore of the backup made before: rows written since would be lost."""
    raise RuntimeError("not offered: restore the backup that was made before the upgrade")
