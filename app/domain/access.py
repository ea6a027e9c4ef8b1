"""Who may: permissions, and the roles that list them.

A permission is NOUN_VERB. A role is a set of permissions; an account holds roles. No account
may both see rows for research and approve their release (rules of the room 3.6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.approval import ApprovalKind


class Permission(StrEnum):
    """One thing that a member of staff may do."""

    HOME_VIEW = "home_view"
    GRID_VIEW = "grid_view"
    ENCOUNTER_OPEN = "encounter_open"
    ENCOUNTER_VIEW = "encounter_view"
    ENCOUNTER_VOID = "encounter_void"
    TABLET_HAND_OVER = "tablet_hand_over"
    EXPORT_REQUEST = "export_request"
    EXPORT_APPROVE = "export_approve"
    EXPORT_DOWNLOAD = "export_download"
    COMPLETENESS_VIEW = "completeness_view"
    CONTENT_VIEW = "content_view"
    GRID_APPROVE = "grid_approve"
    GRID_WITHDRAW = "grid_withdraw"
    AUDIT_VIEW = "audit_view"
    STAFF_MANAGE = "staff_manage"
    SERVICE_MANAGE = "service_manage"
    TABLET_VIEW = "tablet_view"
    TABLET_ENROL = "tablet_enrol"
    TABLET_REVOKE = "tablet_revoke"
    QUARANTINE_VIEW = "quarantine_view"
    QUARANTINE_SETTLE = "quarantine_settle"
    ERASURE_RECORD = "erasure_record"
    RETENTION_VIEW = "retention_view"
    PHONE_LINK_MAKE = "phone_link_make"
    LOCAL_OFFER_EDIT = "local_offer_edit"
    INCIDENT_VIEW = "incident_view"
    INCIDENT_SETTLE = "incident_settle"
    PAPER_PRINT = "paper_print"
    ANSWER_ENTER = "answer_enter"


class Role(StrEnum):
    """What somebody is here."""

    PRACTITIONER = "practitioner"
    FRONT_DESK = "front_desk"
    RESEARCHER = "researcher"
    CONTENT_EDITOR = "content_editor"
    REVIEWER_CLINICAL = "reviewer_clinical"
    REVIEWER_LIVED_EXPERIENCE = "reviewer_lived_experience"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


P = Permission
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.PRACTITIONER: frozenset(
        {
            P.HOME_VIEW,
            P.GRID_VIEW,
            P.ENCOUNTER_OPEN,
            P.ENCOUNTER_VIEW,
            P.ENCOUNTER_VOID,
            P.TABLET_HAND_OVER,
            P.TABLET_VIEW,
            P.TABLET_ENROL,
            # Whoever notices in the evening that a tablet is gone must not look for somebody else.
            P.TABLET_REVOKE,
            P.PHONE_LINK_MAKE,
            P.LOCAL_OFFER_EDIT,
            P.PAPER_PRINT,
            # Of somebody else's appointment: never what families said about one's own.
            P.ANSWER_ENTER,
        }
    ),
    # Starts a CollaboRATE turn from a code and sees nothing else (rules of the room 1.2); hears
    # the words of somebody who wants their answers erased (2.4); fetches paper for a family (1.4)
    # and types in what came back on it.
    Role.FRONT_DESK: frozenset(
        {P.HOME_VIEW, P.TABLET_HAND_OVER, P.ERASURE_RECORD, P.PAPER_PRINT, P.ANSWER_ENTER}
    ),
    Role.RESEARCHER: frozenset(
        {P.HOME_VIEW, P.GRID_VIEW, P.COMPLETENESS_VIEW, P.EXPORT_REQUEST, P.EXPORT_DOWNLOAD}
    ),
    Role.CONTENT_EDITOR: frozenset({P.HOME_VIEW, P.GRID_VIEW, P.CONTENT_VIEW}),
    Role.REVIEWER_CLINICAL: frozenset({P.HOME_VIEW, P.GRID_VIEW, P.CONTENT_VIEW, P.GRID_APPROVE}),
    Role.REVIEWER_LIVED_EXPERIENCE: frozenset(
        {P.HOME_VIEW, P.GRID_VIEW, P.CONTENT_VIEW, P.GRID_APPROVE}
    ),
    Role.APPROVER: frozenset({P.HOME_VIEW, P.GRID_VIEW, P.EXPORT_APPROVE}),
    Role.AUDITOR: frozenset(
        {
            P.HOME_VIEW,
            P.GRID_VIEW,
            P.AUDIT_VIEW,
            P.CONTENT_VIEW,
            P.RETENTION_VIEW,
            P.TABLET_VIEW,
            P.QUARANTINE_VIEW,
            P.INCIDENT_VIEW,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            P.HOME_VIEW,
            P.GRID_VIEW,
            P.STAFF_MANAGE,
            P.SERVICE_MANAGE,
            P.CONTENT_VIEW,
            P.GRID_WITHDRAW,
            P.TABLET_VIEW,
            P.TABLET_ENROL,
            P.TABLET_REVOKE,
            P.QUARANTINE_VIEW,
            P.QUARANTINE_SETTLE,
            P.ERASURE_RECORD,
            P.RETENTION_VIEW,
            P.LOCAL_OFFER_EDIT,
            P.INCIDENT_VIEW,
            P.INCIDENT_SETTLE,
        }
    ),
}

# What each kind of reviewer answers for. One account may hold both roles, since somebody can have
# both; one release still needs two people.
APPROVES: dict[Role, ApprovalKind] = {
    Role.REVIEWER_CLINICAL: ApprovalKind.CLINICAL,
    Role.REVIEWER_LIVED_EXPERIENCE: ApprovalKind.LIVED_EXPERIENCE,
}

# While a login is narrowed to one encounter (the tablet came back by PIN), only these hold.
AFTER_PIN = frozenset({P.ENCOUNTER_VIEW, P.ENCOUNTER_VOID, P.TABLET_HAND_OVER, P.GRID_VIEW})

#: What leaves the service or speaks for it asks for a proof of who it is, at most this old.
STEP_UP_LASTS = timedelta(minutes=15)

INCOMPATIBLE = frozenset({Role.RESEARCHER, Role.APPROVER})


@dataclass(frozen=True)
class Viewer:
    """The member of staff behind a request, as far as rules need to know.

    ``narrowed_to`` is the only encounter that is open to this login after a PIN, or None.
    ``has_second_factor`` is the account's; ``second_factor_at`` is when one was last given in
    this login, ``confirmed_at`` when the password was.
    """

    staff_id: str
    login_id: str
    name: str
    roles: frozenset[Role]
    teams: frozenset[str]
    narrowed_to: str | None = None
    has_second_factor: bool = False
    confirmed_at: datetime | None = None
    second_factor_at: datetime | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """Return what the roles allow, cut down while narrowed."""
        granted = frozenset[Permission]().union(*(PERMISSIONS[role] for role in self.roles))
        return granted & AFTER_PIN if self.narrowed_to else granted

    @property
    def approves(self) -> tuple[ApprovalKind, ...]:
        """Return the kinds of approval that this viewer can give now, in a fixed order."""
        if not self.may(Permission.GRID_APPROVE):
            return ()
        return tuple(kind for role, kind in APPROVES.items() if role in self.roles)

    def proved_lately(self, now: datetime) -> bool:
        """Say whether this person proved in the last minutes who they are, as well as they can."""
        proved_at = self.second_factor_at if self.has_second_factor else self.confirmed_at
        return proved_at is not None and now - proved_at < STEP_UP_LASTS

    def may(self, permission: Permission) -> bool:
        """Say whether this viewer holds ``permission`` now."""
        return permission in self.permissions


def can_hold(roles: Iterable[Role]) -> bool:
    """Say whether one account may hold all of ``roles``."""
    held = frozenset(roles)
    return bool(held) and not INCOMPATIBLE <= held
