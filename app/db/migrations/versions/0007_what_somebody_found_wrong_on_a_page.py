"""What somebody found wrong on a page."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.db.tables

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('incident',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('place', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('reported_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('reported_at', app.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('owner_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('severity', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('hazard', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('closed_at', app.db.tables.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('outcome', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.CheckConstraint("outcome IS NULL OR outcome IN ('mended', 'withdrawn', 'passed_on', 'no_fault')", name=op.f('ck_incident_outcome_known')),
    sa.CheckConstraint("reason IN ('not_true', 'upsetting', 'unclear', 'number_wrong', 'not_offered', 'not_mine', 'broken', 'wrong_appointment', 'wrong_paper', 'answers_missing')", name=op.f('ck_incident_reason_known')),
    sa.CheckConstraint("severity IS NULL OR severity IN ('no_harm', 'low', 'moderate', 'severe', 'fatal')", name=op.f('ck_incident_severity_known')),
    sa.ForeignKeyConstraint(['owner_id'], ['staff.id'], name=op.f('fk_incident_owner_id_staff')),
    sa.ForeignKeyConstraint(['reported_by'], ['staff.id'], name=op.f('fk_incident_reported_by_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incident'))
    )
    with op.batch_alter_table('incident', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_incident_reported_at'), ['reported_at'], unique=False)



def downgrade() -> None:
    """Undo is a restore of the backup made before: rows written since would be lost."""
    raise RuntimeError("not offered: restore the backup that was made before the upgrade")
