"""One-time links: the first administrator, a new colleague, a forgotten password.

There is no default password anywhere. A link has 256 random bits, is shown once, is stored as
its SHA-256 and works once. Making a new one puts an end to the one before.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlmodel import Session, col, select

from app.adapters import passwords
from app.db import sessions
from app.db.engine import Database
from app.db.queries import staff as queries
from app.db.queries.staff import OpenInvitation
from app.db.tables import Invitation, Staff, TeamMember
from app.domain.access import Role
from app.errors import NotFound
from app.services import audit, logins, passkeys, second_factor, staff, teams
from app.services.refusals import Refused

FIRST_LIVES = timedelta(hours=24)
INVITATION_LIVES = timedelta(days=7)
RESET_LIVES = timedelta(hours=24)
# One person can rehearse the whole job; whoever works beside them is invited.
FIRST_ROLES = (Role.ADMINISTRATOR, Role.PRACTITIONER)
FIRST_TEAM = "first-team"


@dataclass(frozen=True)
class Invited:
    """An account that waits for its password; ``path`` is shown once and stored nowhere."""

    staff_id: str
    path: str


@dataclass(frozen=True)
class Joined:
    """The account whose password was just chosen."""

    staff_id: str


@dataclass(frozen=True)
class JoinAnswer:
    """What somebody fills in behind a link. Only a first link asks for more than a password."""

    password: str
    username: str = ""
    name: str = ""
    team_name: str = ""


def first_link(db: Session, now: datetime) -> str | None:
    """Return the path of a fresh link for the first administrator, or None if staff exist."""
    if db.exec(select(Staff.id).limit(1)).first() is not None:
        return None
    staff.expire_links(db, staff_id=None, now=now)
    roles = staff.stored_roles(FIRST_ROLES)
    made = _Link("first", None, roles, FIRST_LIVES)
    return _add_link(db, made, by=audit.SYSTEM, now=now)


def invite_staff(
    db: Session,
    *,
    username: str,
    name: str,
    roles: Collection[Role],
    teams: Collection[str] = (),
    by: str,
    now: datetime,
) -> Invited | Refused:
    """Make an account without a password and a link that lasts seven days."""
    username, name = username.strip().lower(), name.strip()
    faults = _find_faults(db, username, name, roles)
    if faults:
        return Refused(faults)
    account = _add_account(db, username, name, roles, now)
    staff.change_teams(db, staff_id=account.id, teams=teams, by=by, now=now)
    made = _Link("invite", account.id, account.roles, INVITATION_LIVES)
    return Invited(account.id, _add_link(db, made, by=by, now=now))


def reset_staff(
    db: Session, *, staff_id: str, drop_second_factor: bool, by: str, now: datetime
) -> Invited | Refused:
    """Take an account's password away, end its logins, and make a link for a new one.

    An invitation that ran out is renewed the same way. Nobody resets their own account: the
    account page asks for the old password instead.
    """
    account = db.get(Staff, staff_id)
    if account is None:
        raise NotFound
    if staff_id == by:
        return Refused({"account": "own_account"})
    if account.disabled_at is not None:
        return Refused({"account": "account_disabled"})
    if queries.is_by_provider(db, staff_id):
        return Refused({"account": "provider_account"})
    account.password_hash = None
    staff.expire_links(db, staff_id=staff_id, now=now)
    logins.end_everywhere(db, staff_id=staff_id, by=by, now=now)
    if drop_second_factor:
        second_factor.remove(db, staff_id=staff_id, by=by, now=now)
        passkeys.remove_all(db, staff_id=staff_id, by=by, now=now)
    if not _has_joined(db, staff_id):
        made = _Link("invite", staff_id, account.roles, INVITATION_LIVES)
    else:
        made = _Link("reset", staff_id, account.roles, RESET_LIVES)
    return Invited(staff_id, _add_link(db, made, by=by, now=now))


def find_open(database: Database, *, token: str, now: datetime) -> OpenInvitation | None:
    """Return what a link is for, if it can still be used."""
    with sessions.read(database) as db:
        return queries.find_invitation(db, logins.hash_token(token), now=now)


def join(
    database: Database, *, token: str, answer: JoinAnswer, now: datetime
) -> Joined | Refused | None:
    """Use a link: set the password, and for a first link make the account and its team.

    None for a link that was used, ran out or never was.
    """
    invitation = find_open(database, token=token, now=now)
    if invitation is None:
        return None
    username = invitation.username or answer.username.strip().lower()
    name = invitation.name or answer.name.strip()
    faults = {} if invitation.staff_id else staff.find_name_faults(username, name)
    fault = passwords.find_fault(answer.password, known_words=(username, name))
    if fault is not None:
        faults["password"] = fault
    if faults:
        return Refused(faults)
    hashed = passwords.hash_secret(answer.password)  # slow, so before the write begins
    with sessions.write(database) as db:
        row = _take(db, invitation.id, now)
        if row is None:
            return None
        if row.kind == "first":
            row.staff_id = _start_service(db, username, name, answer.team_name, now)
        return _set_password(db, row, hashed, now)


@dataclass(frozen=True)
class _Link:
    kind: str
    staff_id: str | None
    roles: list[str]
    lives: timedelta


def _add_link(db: Session, link: _Link, *, by: str, now: datetime) -> str:
    token = logins.new_token()
    row = Invitation(
        id=str(uuid4()),
        token_hash=logins.hash_token(token),
        kind=link.kind,
        staff_id=link.staff_id,
        roles=list(link.roles),
        created_by=by,
        created_at=now,
        expires_at=now + link.lives,
    )
    db.add(row)
    if link.kind == "reset":
        kind, subject = audit.AuditKind.STAFF_RESET, str(link.staff_id)
        details = {"invitation": row.id}
    else:
        kind, subject = audit.AuditKind.STAFF_INVITED, row.id
        details = {"roles": staff.listed(link.roles)}
    audit.record(db, kind=kind, actor=by, subject=subject, details=details, now=now)
    return f"/join/{token}"


def _find_faults(db: Session, username: str, name: str, roles: Collection[Role]) -> dict[str, str]:
    faults = staff.find_name_faults(username, name)
    roles_fault = staff.find_roles_fault(roles)
    if roles_fault is not None:
        faults["roles"] = roles_fault
    if "username" not in faults and queries.find_by_username(db, username) is not None:
        faults["username"] = "username_taken"
    return faults


def _add_account(
    db: Session, username: str, name: str, roles: Collection[Role], now: datetime
) -> Staff:
    account = Staff(
        id=str(uuid4()),
        username=username,
        display_name=name,
        roles=staff.stored_roles(roles),
        created_at=now,
    )
    db.add(account)
    db.flush()
    return account


def _take(db: Session, invitation_id: str, now: datetime) -> Invitation | None:
    """Mark a link as used, holding its row: of two who press at once one is told it is used."""
    query = select(Invitation).where(Invitation.id == invitation_id).with_for_update()
    row = db.exec(query).one()
    if row.used_at is not None or row.expires_at <= now:
        return None
    if row.kind == "first" and db.exec(select(Staff.id).limit(1)).first() is not None:
        return None
    row.used_at = now
    return row


def _start_service(db: Session, username: str, name: str, team_name: str, now: datetime) -> str:
    account = _add_account(db, username, name, FIRST_ROLES, now)
    teams.add_first_team(db, team_id=FIRST_TEAM, name=team_name, by=account.id, now=now)
    db.add(TeamMember(team_id=FIRST_TEAM, staff_id=account.id))
    return account.id


def _set_password(db: Session, row: Invitation, hashed: str, now: datetime) -> Joined:
    staff_id = str(row.staff_id)
    db.get_one(Staff, staff_id).password_hash = hashed
    if row.kind == "reset":
        kind, details = audit.AuditKind.PASSWORD_CHANGED, {}
    else:
        kind = audit.AuditKind.STAFF_JOINED
        details = {"invitation": row.id, "roles": staff.listed(row.roles)}
    audit.record(db, kind=kind, actor=staff_id, subject=staff_id, details=details, now=now)
    return Joined(staff_id)


def _has_joined(db: Session, staff_id: str) -> bool:
    query = select(Invitation.id).where(Invitation.staff_id == staff_id)
    used = query.where(col(Invitation.used_at).is_not(None), col(Invitation.kind) != "reset")
    return db.exec(used.limit(1)).first() is not None
