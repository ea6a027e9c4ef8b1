"""Consent on answers, the words in which it was asked for, and link cards.

Every answer before this rests on a study that gives a notice and asks nobody, so that all of
them may serve it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db.tables

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MODELS = (
    "'notice_only', 'opt_in_young_person', 'opt_in_young_person_and_adult_under_16', "
    "'opt_out_card'"
)
LISTS = {
    "consent_model": MODELS,
    "consent": "'given', 'refused', 'no_objection'",
    "consent_adult": "'given', 'refused', 'not_there'",
}
REASONS = "'lost', 'not_wanted', 'misprinted', 'wrong_family'"


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("response", schema=None) as batch_op:
        for name in (*LISTS, "consent_text_sha256", "notice_sha256"):
            batch_op.add_column(sa.Column(name, sa.String(), nullable=True))
        batch_op.add_column(
            sa.Column("consented", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        for name, values in LISTS.items():
            batch_op.create_check_constraint(
                batch_op.f(f"ck_response_{name}_known"), f"{name} IS NULL OR {name} IN ({values})"
            )
    _make_consent_text()
    _make_cards()


def _make_consent_text() -> None:
    op.create_table(
        "consent_text",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("study_id", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("installed_at", app.db.tables.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_consent_text_study_id_study")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_consent_text")),
    )
    op.create_index(op.f("ix_consent_text_study_id"), "consent_text", ["study_id"], unique=False)


def _make_cards() -> None:
    op.create_table(
        "link_card",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("study_id", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("printed_by", sa.String(), nullable=False),
        sa.Column("printed_at", app.db.tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", app.db.tables.UtcDateTime(timezone=True), nullable=True),
        sa.Column("voided_at", app.db.tables.UtcDateTime(timezone=True), nullable=True),
        sa.Column("voided_by", sa.String(), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            f"void_reason IS NULL OR void_reason IN ({REASONS})",
            name=op.f("ck_link_card_void_reason_known"),
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_link_card_study_id_study")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_link_card_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_card")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_link_card_code_hash")),
    )
    op.create_index(op.f("ix_link_card_study_id"), "link_card", ["study_id"], unique=False)
    op.create_table(
        "link_visit",
        sa.Column("encounter_id", sa.String(), nullable=False),
        sa.Column("card_id", sa.String(), nullable=False),
        sa.Column("same_day", sa.Boolean(), nullable=False),
        sa.Column("noted_by", sa.String(), nullable=False),
        sa.Column("noted_at", app.db.tables.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["link_card.id"], name=op.f("fk_link_visit_card_id_link_card")
        ),
        sa.ForeignKeyConstraint(
            ["encounter_id"], ["encounter.id"], name=op.f("fk_link_visit_encounter_id_encounter")
        ),
        sa.PrimaryKeyConstraint("encounter_id", name=op.f("pk_link_visit")),
    )
    op.create_index(op.f("ix_link_visit_card_id"), "link_visit", ["card_id"], unique=False)


def downgrade() -> None:
    """Undo is a restore of the backup made before: rows written since would be lost."""
    raise RuntimeError("not offered: restore the backup that was made before the upgrade")
