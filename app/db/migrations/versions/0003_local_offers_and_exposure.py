"""The local offer, notes on options, and what was opened in an appointment."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.db.tables

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('local_offer',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('what', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('age_from', sa.Integer(), nullable=True),
    sa.Column('age_to', sa.Integer(), nullable=True),
    sa.Column('how_to_get', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('wait_weeks', sa.Integer(), nullable=True),
    sa.Column('source_ref', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('checked_on', sa.Date(), nullable=False),
    sa.Column('checked_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('created_at', app.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('retired_at', app.db.tables.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_local_offer')),
    sa.UniqueConstraint('source_ref', name=op.f('uq_local_offer_source_ref'))
    )
    op.create_table('exposure',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('encounter_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('device', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('grid_public_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('grid_version', sa.Integer(), nullable=False),
    sa.Column('picked', sa.JSON(), nullable=False),
    sa.Column('shown', sa.JSON(), nullable=False),
    sa.Column('opened', sa.JSON(), nullable=False),
    sa.Column('minutes_band', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('received_at', app.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("minutes_band IN ('under_2', '2_to_5', '5_to_10', '10_to_20', 'over_20')", name=op.f('ck_exposure_minutes_band_known')),
    sa.ForeignKeyConstraint(['encounter_id'], ['encounter.id'], name=op.f('fk_exposure_encounter_id_encounter')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exposure'))
    )
    with op.batch_alter_table('exposure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_exposure_encounter_id'), ['encounter_id'], unique=False)

    op.create_table('option_note',
    sa.Column('public_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('option_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('team_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('place', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('wait_weeks', sa.Integer(), nullable=True),
    sa.Column('offer_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('checked_on', sa.Date(), nullable=False),
    sa.Column('checked_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.CheckConstraint("place IN ('here', 'elsewhere', 'not_here')", name=op.f('ck_option_note_place_known')),
    sa.ForeignKeyConstraint(['offer_id'], ['local_offer.id'], name=op.f('fk_option_note_offer_id_local_offer')),
    sa.PrimaryKeyConstraint('public_id', 'option_id', 'team_id', name=op.f('pk_option_note'))
    )


def downgrade() -> None:
    """Undo is a restore of the backup made before: rows written since would be lost."""
    raise RuntimeError("not offered: restore the backup that was made before the upgrade")
