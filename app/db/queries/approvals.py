"""Reading what reviewers said of releases, and which appointments were shown one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from app.db.tables import Approval, Encounter, Response, Staff, Withdrawal
from app.domain.approval import ApprovalKind, WithdrawalReason, are_enough


@dataclass(frozen=True)
class GivenApproval:
    """One approval as staff read it."""

    kind: ApprovalKind
    staff_id: str
    name: str
    at: datetime


@dataclass(frozen=True)
class Standing:
    """Where releases stand by what this service was told; both maps are by sha256."""

    approved: Mapping[str, frozenset[ApprovalKind]] = field(default_factory=dict)
    withdrawn: Mapping[str, WithdrawalReason] = field(default_factory=dict)

    def is_approved(self, sha256: str) -> bool:
        """Say whether every reviewer that a release needs has approved that very hash."""
        return are_enough(self.approved.get(sha256, frozenset()))


@dataclass(frozen=True)
class ShownIn:
    """One version of a grid and the codes of the appointments in which it was shown.

    ``forgotten`` counts those whose code was forgotten when its time was over.
    """

    version: int
    codes: tuple[str, ...]
    forgotten: int = 0


def read_standing(db: Session) -> Standing:
    """Return every approval and every withdrawal."""
    approved: dict[str, set[ApprovalKind]] = defaultdict(set)
    for sha256, kind in db.exec(select(Approval.release_sha256, Approval.kind)).all():
        approved[sha256].add(ApprovalKind(kind))
    taken_back = db.exec(select(Withdrawal.release_sha256, Withdrawal.reason)).all()
    return Standing(
        {sha256: frozenset(kinds) for sha256, kinds in approved.items()},
        {sha256: WithdrawalReason(reason) for sha256, reason in taken_back},
    )


def list_approvals(db: Session, sha256: str) -> tuple[GivenApproval, ...]:
    """Return who approved a release, in the order in which they did."""
    query = (
        select(Approval, Staff.display_name)
        .join(Staff, col(Staff.id) == Approval.staff_id)
        .where(Approval.release_sha256 == sha256)
        .order_by(col(Approval.at), Approval.kind)
    )
    rows = db.exec(query).all()
    return tuple(
        GivenApproval(ApprovalKind(row.kind), row.staff_id, name, row.at) for row, name in rows
    )


def find_withdrawal(db: Session, sha256: str) -> Withdrawal | None:
    """Return the row that took a release back, or None."""
    return db.get(Withdrawal, sha256)


def list_shown(db: Session, public_id: str) -> tuple[ShownIn, ...]:
    """Return the codes of every appointment with a grid, by version, for calling families back.

    Voided appointments are among them, and those whose answers name another version than the
    appointment was opened with: whoever may have seen it is to be asked.
    """
    opened = select(Encounter.grid_version, Encounter.id, Encounter.code).where(
        Encounter.grid_public_id == public_id
    )
    answered = (
        select(Response.grid_version, Encounter.id, Encounter.code)
        .join(Encounter, col(Encounter.id) == Response.encounter_id)
        .where(Response.grid_public_id == public_id)
        .distinct()
    )
    shown: dict[int, dict[str, str | None]] = defaultdict(dict)
    for version, encounter_id, code in (*db.exec(opened).all(), *db.exec(answered).all()):
        if version is not None:
            shown[version][encounter_id] = code
    return tuple(_shown_in(version, tuple(shown[version].values())) for version in sorted(shown))


def _shown_in(version: int, codes: tuple[str | None, ...]) -> ShownIn:
    known = sorted(code for code in codes if code)
    return ShownIn(version, tuple(known), len(codes) - len(known))
