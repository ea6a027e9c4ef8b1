"""What reviewers and administrators say of a release, and where it then stands.

The database alone decides: a word in a file is no approval (rules of the room 3.1). Both
approvals are over the hash of the release's bytes, so that a changed word needs them anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.content.contacts import Contacts
from app.content.library import Library, ReleaseStatus
from app.content.ownership import list_missing_owners
from app.content.release import GridRelease
from app.db import sessions
from app.db.engine import Database
from app.db.queries import approvals as queries
from app.db.queries.approvals import Standing
from app.db.tables import Approval, Withdrawal
from app.domain.access import Viewer
from app.domain.approval import ApprovalKind, WithdrawalReason
from app.errors import NotAllowed
from app.services import audit, proofs
from app.services.refusals import Refused

#: Every help line is checked within a month of an approval (safe messaging, section 6).
CONTACT_CHECK_LASTS: Final = timedelta(days=31)


@dataclass(frozen=True)
class ApprovalDraft:
    """A reviewer's word that is about to be given."""

    release: GridRelease
    kind: ApprovalKind
    proof: proofs.Proof


def approve_release(
    database: Database, *, draft: ApprovalDraft, blocked_by: str | None, by: Viewer, now: datetime
) -> Refused | None:
    """Write down an approval over the very hash of a release, with the password given again.

    ``blocked_by`` is what ``find_block`` says. Raises NotAllowed for a kind that is not the
    viewer's.
    """
    if draft.kind not in by.approves:
        raise NotAllowed
    with sessions.write(database) as db:
        refused = proofs.settle(db, draft.proof, now=now)
        if refused is not None:
            return refused
        fault = blocked_by or _find_fault(db, draft, by)
        if fault is None and not _insert(db, draft, by, now):
            fault = "approved_meanwhile"
        return Refused({"approval": fault}) if fault else None


def withdraw_release(
    db: Session, *, release: GridRelease, reason: WithdrawalReason, by: str, now: datetime
) -> bool:
    """Take a release back for good; False where that was done before."""
    row = Withdrawal(
        release_sha256=release.sha256,
        public_id=release.public_id,
        version=release.number,
        reason=reason.value,
        withdrawn_by=by,
        at=now,
    )
    if db.get(Withdrawal, release.sha256) is not None or not _added(db, row):
        return False
    details: dict[str, audit.Detail] = {
        "grid": release.public_id,
        "version": release.number,
        "reason": reason.value,
    }
    kind = audit.AuditKind.GRID_WITHDRAWN
    audit.record(db, kind=kind, actor=by, subject=release.sha256, details=details, now=now)
    return True


def withdraw_now(
    database: Database, *, release: GridRelease, reason: WithdrawalReason, by: str, now: datetime
) -> bool:
    """Take a release back in a transaction of its own, so that it holds before anybody is told."""
    with sessions.write(database) as db:
        return withdraw_release(db, release=release, reason=reason, by=by, now=now)


def find_block(
    release: GridRelease, *, library: Library, contacts: Contacts, today: date
) -> str | None:
    """Return the key of what keeps anybody from approving a release today, or None.

    What awaits a person blocks an approval: cells that a clinician has to write, words on a
    sensitive topic that nobody made their own (SM-F9), help lines that nobody has checked within
    the month.
    """
    if library.status(release, today) in {ReleaseStatus.WITHDRAWN, ReleaseStatus.EXPIRED}:
        return "release_closed"
    cells = release.grid.cells
    if any(cell.state == "waiting" and cell.reason == "clinician" for cell in cells):
        return "cells_waiting"
    if list_missing_owners(release.grid, release.voices.values()):
        return "words_not_owned"
    return None if _all_checked(contacts, today) else "contacts_unchecked"


def with_standing(library: Library, standing: Standing) -> Library:
    """Return the library as its releases stand by this service's own records.

    A release that its lock file calls withdrawn stays so: whoever wrote it sent it out like that.
    """
    words = {
        release.sha256: _stands(library, standing, release.sha256).value
        for release in library.releases.values()
    }
    return replace(library, approvals=MappingProxyType(words))


def _stands(library: Library, standing: Standing, sha256: str) -> ReleaseStatus:
    sent_out_so = library.approvals.get(sha256) == ReleaseStatus.WITHDRAWN
    if sent_out_so or sha256 in standing.withdrawn:
        return ReleaseStatus.WITHDRAWN
    approved = standing.is_approved(sha256)
    return ReleaseStatus.APPROVED if approved else ReleaseStatus.DRAFT_RELEASE


def _all_checked(contacts: Contacts, today: date) -> bool:
    """Say whether a person tried every line lately; the service's own line has no date here."""
    return all(
        contact.checked_on is not None
        and contact.checked_on <= today <= contact.checked_on + CONTACT_CHECK_LASTS
        for contact in contacts.contacts
        if contact.number
    )


def _find_fault(db: Session, draft: ApprovalDraft, by: Viewer) -> str | None:
    given = queries.list_approvals(db, draft.release.sha256)
    if queries.find_withdrawal(db, draft.release.sha256) is not None:
        return "release_closed"
    if any(approval.kind == draft.kind for approval in given):
        return "approved_already"
    return "approved_by_you" if any(a.staff_id == by.staff_id for a in given) else None


def _insert(db: Session, draft: ApprovalDraft, by: Viewer, now: datetime) -> bool:
    release = draft.release
    sha256, kind = release.sha256, draft.kind.value
    if not _added(db, Approval(release_sha256=sha256, kind=kind, staff_id=by.staff_id, at=now)):
        return False
    details: dict[str, audit.Detail] = {
        "grid": release.public_id,
        "version": release.number,
        "kind": kind,
    }
    happened = audit.AuditKind.GRID_APPROVED
    audit.record(db, kind=happened, actor=by.staff_id, subject=sha256, details=details, now=now)
    return True


def _added(db: Session, row: Approval | Withdrawal) -> bool:
    """Add a row unless somebody added its like between our look and our write."""
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        return False
    return True
