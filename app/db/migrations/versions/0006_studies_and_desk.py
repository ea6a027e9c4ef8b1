"""Amendments and eligible appointments of studies, and the counts of the desk.

The counts are made anew from the answers by the next run of the nightly job.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db.tables import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = ("team_id", "phase", "respondent", "occasion", "mode", "instrument_id", "instrument_version")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("study", schema=None) as batch_op:
        batch_op.add_column(sa.Column("first_looked_at", UtcDateTime(), nullable=True))
    _studies()
    _desk()


def _studies() -> None:
    op.create_table(
        "study_amendment",
        sa.Column("study_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("sha256_before", sa.String(), nullable=False),
        sa.Column("sha256_after", sa.String(), nullable=False),
        sa.Column("after_look", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_study_amendment_study_id_study")
        ),
        sa.PrimaryKeyConstraint("study_id", "number", name=op.f("pk_study_amendment")),
    )
    op.create_table(
        "eligible_count",
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("appointments", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "appointments >= 0", name=op.f("ck_eligible_count_appointments_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_eligible_count_team_id_team")
        ),
        sa.PrimaryKeyConstraint("team_id", "week_on", name=op.f("pk_eligible_count")),
    )


def _desk() -> None:
    op.create_table(
        "desk_cell",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("study_id", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in KEY),
        sa.Column("wording_sha256", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=True),
        sa.Column("through_at", UtcDateTime(), nullable=False),
        sa.Column("through_id", sa.String(), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_cell")),
    )
    op.create_index(op.f("ix_desk_cell_study_id"), "desk_cell", ["study_id"])
    op.create_table(
        "desk_comparison",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("study_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_comparison")),
    )
    op.create_index(op.f("ix_desk_comparison_study_id"), "desk_comparison", ["study_id"])
    op.create_table(
        "desk_flow",
        sa.Column("study_id", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("respondent", sa.String(), nullable=False),
        sa.Column("appointments", sa.Integer(), nullable=False),
        sa.Column("forms", sa.JSON(), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "study_id", "team_id", "phase", "respondent", name=op.f("pk_desk_flow")
        ),
    )


def downgrade() -> None:
    """Undo is a restore of the backup made before: rows written since would be lost."""
    raise RuntimeError("not offered: restore the backup that was made before the upgrade")
