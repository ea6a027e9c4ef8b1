"""What people say of a course."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.db.tables

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('course_rating',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('given_on', sa.Date(), nullable=False),
    sa.Column('occasion', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('role', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('readiness', sa.Integer(), nullable=False),
    sa.Column('confidence', sa.Integer(), nullable=False),
    sa.Column('knowledge', sa.Integer(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('pairs_with', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('environment', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.CheckConstraint("environment IN ('training', 'live')", name=op.f('ck_course_rating_environment_known')),
    sa.CheckConstraint("occasion IN ('before', 'after')", name=op.f('ck_course_rating_occasion_known')),
    sa.CheckConstraint("role IN ('practitioner', 'service_manager', 'senior_leader', 'other')", name=op.f('ck_course_rating_role_known')),
    sa.CheckConstraint('confidence IN (0, 1, 2, 3, 4, -97)', name=op.f('ck_course_rating_confidence_known')),
    sa.CheckConstraint('knowledge IN (0, 1, 2, 3, 4, -97)', name=op.f('ck_course_rating_knowledge_known')),
    sa.CheckConstraint('readiness IN (0, 1, 2, 3, 4, -97)', name=op.f('ck_course_rating_readiness_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_rating')),
    sa.UniqueConstraint('code', name=op.f('uq_course_rating_code')),
    sa.UniqueConstraint('pairs_with', name=op.f('uq_course_rating_pairs_with'))
    )
    with op.batch_alter_table('course_rating', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_course_rating_given_on'), ['given_on'], unique=False)


def downgrade() -> None:
    """Undo is a restore of the backup made before: rows written since would be lost."""
    raise RuntimeError("not offered: restore the backup that was made before the upgrade")
