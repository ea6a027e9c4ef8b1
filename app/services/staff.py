"""Accounts of the people who work here: roles, teams, off and on, a new password.

Two rules keep the door open and the log honest: nobody switches off their own account, and an
administrator who can sign in always remains.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, delete, select

from app.adapters import passwords
from app.db import sessions
from app.db.engine import Database
from app.db.queries import logins as login_queries
from app.db.queries.staff import is_by_provider
from app.db.tables import Invitation, Staff, Team, TeamMember
from app.domain.access import INCOMPATIBLE, Role, Viewer
from app.errors import NotFound
from app.services import audit, logins, proofs
from app.services.refusals import Refused

USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{1,30})[a-z0-9]")
LONGEST_NAME = 80


def change_roles(
    db: Session, *, staff_id: str, roles: Collection[Role], by: str, now: datetime
) -> Refused | None:
    """Give an account these roles and no others; they hold from its next request on."""
    account, others = _with_others(db, staff_id)
    fault = find_roles_fault(roles)
    if is_by_provider(db, staff_id):
        fault = "provider_roles"
    if fault is None and Role.ADMINISTRATOR not in roles and _is_last(account, others):
        fault = "last_administrator"
    if fault is not None:
        return Refused({"roles": fault})
    before, after = account.roles, stored_roles(roles)
    if before == after:
        return None
    account.roles = after
    details = {"roles_before": listed(before), "roles": listed(after)}
    kind = audit.AuditKind.STAFF_ROLES_CHANGED
    audit.record(db, kind=kind, actor=by, subject=staff_id, details=details, now=now)
    return None


def change_teams(
    db: Session, *, staff_id: str, teams: Collection[str], by: str, now: datetime
) -> None:
    """Put an account into these teams and no others. Closed teams stay as they were."""
    _get(db, staff_id)
    open_ids = set(db.exec(select(Team.id).where(col(Team.closed_at).is_(None))).all())
    before = login_queries.list_team_ids(db, staff_id)
    after = sorted((set(teams) & open_ids) | (set(before) - open_ids))
    if before == after:
        return
    db.exec(delete(TeamMember).where(col(TeamMember.staff_id) == staff_id))
    db.add_all(TeamMember(team_id=team_id, staff_id=staff_id) for team_id in after)
    details = {"teams_before": listed(before), "teams": listed(after)}
    kind = audit.AuditKind.STAFF_TEAMS_CHANGED
    audit.record(db, kind=kind, actor=by, subject=staff_id, details=details, now=now)


def disable_staff(db: Session, *, staff_id: str, by: str, now: datetime) -> Refused | None:
    """Switch an account off and end its logins and links. What it did stays."""
    account, others = _with_others(db, staff_id)
    if staff_id == by:
        return Refused({"account": "own_account"})
    if _is_last(account, others):
        return Refused({"account": "last_administrator"})
    if account.disabled_at is None:
        account.disabled_at = now
        expire_links(db, staff_id=staff_id, now=now)
        logins.end_everywhere(db, staff_id=staff_id, by=by, now=now)
        kind = audit.AuditKind.STAFF_DISABLED
        audit.record(db, kind=kind, actor=by, subject=staff_id, now=now)
    return None


def enable_staff(db: Session, *, staff_id: str, by: str, now: datetime) -> None:
    """Switch an account on again, with the password and roles that it had."""
    account = _get(db, staff_id)
    if account.disabled_at is not None:
        account.disabled_at = None
        kind = audit.AuditKind.STAFF_ENABLED
        audit.record(db, kind=kind, actor=by, subject=staff_id, now=now)


def sign_out_everywhere(db: Session, *, staff_id: str, by: str, now: datetime) -> int:
    """End every login of an account. Raises NotFound."""
    _get(db, staff_id)
    return logins.end_everywhere(db, staff_id=staff_id, by=by, now=now)


def change_password(
    database: Database, *, by: Viewer, proof: proofs.Proof, new: str, now: datetime
) -> Refused | None:
    """Set a new password with the old one, and end every other login of the account."""
    with sessions.read(database) as db:
        account = db.get_one(Staff, by.staff_id)
    words = (account.username, account.display_name)
    fault = passwords.find_fault(new, known_words=words)
    hashed = passwords.hash_secret(new) if fault is None else ""
    with sessions.write(database) as db:
        refused = proofs.settle(db, proof, now=now, field="current")
        if refused is None and fault is not None:
            refused = Refused({"new": fault})
        if refused is not None:
            return refused
        db.get_one(Staff, by.staff_id).password_hash = hashed
        logins.end_everywhere(db, staff_id=by.staff_id, by=by.staff_id, now=now, spare=by.login_id)
        kind = audit.AuditKind.PASSWORD_CHANGED
        audit.record(db, kind=kind, actor=by.staff_id, subject=by.staff_id, now=now)
    return None


def expire_links(db: Session, *, staff_id: str | None, now: datetime) -> None:
    """Put an end to every unused link of an account (None: to the first administrator's)."""
    unused = select(Invitation).where(
        col(Invitation.staff_id).is_(None)
        if staff_id is None
        else col(Invitation.staff_id) == staff_id
    )
    query = unused.where(col(Invitation.used_at).is_(None), col(Invitation.expires_at) > now)
    for invitation in db.exec(query).all():
        invitation.expires_at = now


def find_roles_fault(roles: Collection[Role]) -> str | None:
    """Return the key of why one account cannot hold these roles, or None."""
    if not roles:
        return "roles_missing"
    return "roles_clash" if set(roles) >= INCOMPATIBLE else None


def find_name_faults(username: str, name: str) -> dict[str, str]:
    """Return what is wrong with the username or the name of a new account, by field."""
    faults: dict[str, str] = {}
    if not USERNAME.fullmatch(username):
        faults["username"] = "username_odd"
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        faults["name"] = "name_odd"
    return faults


def stored_roles(roles: Collection[Role]) -> list[str]:
    """Return roles as they are stored."""
    return sorted(role.value for role in roles)


def listed(values: Collection[str]) -> str:
    """Return ids for an audit detail, cut where a detail must end."""
    return " ".join(sorted(values))[:512]


def _get(db: Session, staff_id: str) -> Staff:
    account = db.get(Staff, staff_id)
    if account is None:
        raise NotFound
    return account


def _with_others(db: Session, staff_id: str) -> tuple[Staff, list[Staff]]:
    """Return an account and all others, locked: two administrators cannot remove each other."""
    rows = db.exec(select(Staff).order_by(Staff.id).with_for_update()).all()
    account = next((row for row in rows if row.id == staff_id), None)
    if account is None:
        raise NotFound
    return account, [row for row in rows if row.id != staff_id]


def _is_last(account: Staff, others: list[Staff]) -> bool:
    return _administers(account) and not any(_administers(row) for row in others)


def _administers(account: Staff) -> bool:
    """Say whether somebody can sign in with this account and look after the others.

    An account of an identity provider does not count: it opens nothing while the provider is down.
    """
    can_sign_in = account.disabled_at is None and account.password_hash is not None
    return can_sign_in and Role.ADMINISTRATOR.value in account.roles
