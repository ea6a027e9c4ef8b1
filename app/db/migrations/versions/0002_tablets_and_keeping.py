"""Tablets, links to phones, erasure and retention; a code may be forgotten."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.db.tables

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('erasure',
    sa.Column('response_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('encounter_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('device', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('receipt', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('recorded_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('exports', sa.JSON(), nullable=False),
    sa.Column('at', app.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("reason IN ('withdrawn', 'retention_over')", name=op.f('ck_erasure_reason_known')),
    sa.PrimaryKeyConstraint('response_id', name=op.f('pk_erasure'))
    )
    with op.batch_alter_table('erasure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erasure_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_erasure_device'), ['device'], unique=False)

    op.create_table('retention_run',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', app.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('removed', sa.JSON(), nullable=False),
    sa.Column('awaiting', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_retention_run'))
    )
    with op.batch_alter_table('retention_run', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_retention_run_at'), ['at'], unique=False)

    op.create_table('phone_link',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('encounter_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('device', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('token_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('respondent', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('made_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('made_at', app.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', app.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('begun_at', app.db.tables.UtcDateTime(timezone=True), nullable=True),
    sa.Column('spent_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.CheckConstraint("respondent IN ('young_person', 'parent_self', 'parent_proxy')", name=op.f('ck_phone_link_respondent_known')),
    sa.ForeignKeyConstraint(['encounter_id'], ['encounter.id'], name=op.f('fk_phone_link_encounter_id_encounter')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_phone_link')),
    sa.UniqueConstraint('device', name=op.f('uq_phone_link_device')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_phone_link_token_hash'))
    )
    with op.batch_alter_table('phone_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_phone_link_encounter_id'), ['encounter_id'], unique=False)

    op.create_table('tablet',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('label', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('team_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('token_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('enrolled_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('enrolled_at', app.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('contacted_at', app.db.tables.UtcDateTime(timezone=True), nullable=True),
    sa.Column('report', sa.JSON(), nullable=True),
    sa.Column('revoked_at', app.db.tables.UtcDateTime(timezone=True), nullable=True),
    sa.Column('revoked_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('revoke_reason', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.CheckConstraint("revoke_reason IS NULL OR revoke_reason IN ('lost', 'stolen', 'replaced', 'enrolled_by_mistake')", name=op.f('ck_tablet_revoke_reason_known')),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_tablet_team_id_team')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tablet')),
    sa.UniqueConstraint('number', name=op.f('uq_tablet_number')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_tablet_token_hash'))
    )
    with op.batch_alter_table('tablet', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_tablet_team_id'), ['team_id'], unique=False)

    with op.batch_alter_table('encounter', schema=None) as batch_op:
        batch_op.alter_column('code',
               existing_type=sa.VARCHAR(),
               nullable=True)

    with op.batch_alter_table('quarantine', schema=None) as batch_op:
        batch_op.add_column(sa.Column('settled_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('settled_as', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.create_check_constraint(
            "settled_as_known",
            "settled_as IS NULL OR settled_as IN ('stored', 'kept_aside', 'erased')",
        )

    with op.batch_alter_table('response', schema=None) as batch_op:
        batch_op.add_column(sa.Column('delivered_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('withdrawal_key', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('late', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index(batch_op.f('ix_response_withdrawal_key'), ['withdrawal_key'], unique=False)



def downgrade() -> None:
    """Undo is a restore of the backup made before: rows written since would be lost."""
    raise RuntimeError("not offered: restore the backup that was made before the upgrade")
