"""Reading accounts and one-time links."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, or_
from sqlmodel import Session, col, select

from app.db.tables import Invitation, Passkey, Staff, StaffIdentity, TeamMember
from app.domain.access import Role
from app.errors import NotFound


class AccountState(StrEnum):
    """Where an account stands."""

    ACTIVE = "active"
    LINK_OPEN = "link_open"
    DISABLED = "disabled"


@dataclass(frozen=True)
class StaffEntry:
    """An account without its secrets. ``teams`` are team ids, ``roles`` in a fixed order.

    ``second_factor`` says that codes of an authenticator app are on; ``passkeys`` how many there
    are; ``by_provider`` that the account is that of an identity provider, which decides its roles.
    """

    id: str
    username: str
    name: str
    roles: tuple[Role, ...]
    teams: tuple[str, ...]
    state: AccountState
    second_factor: bool
    totp_pending: bool
    created_at: datetime
    passkeys: int = 0
    by_provider: bool = False


@dataclass(frozen=True)
class OpenInvitation:
    """A one-time link that can still be used. A first link has no account yet."""

    id: str
    kind: str
    staff_id: str | None
    username: str
    name: str
    roles: tuple[Role, ...]


def list_staff(db: Session) -> tuple[StaffEntry, ...]:
    """Return every account by name."""
    teams: dict[str, list[str]] = defaultdict(list)
    for membership in db.exec(select(TeamMember).order_by(TeamMember.team_id)).all():
        teams[membership.staff_id].append(membership.team_id)
    rows = db.exec(select(Staff).order_by(Staff.display_name, Staff.id)).all()
    keys = Counter(db.exec(select(Passkey.staff_id)).all())
    known = set(db.exec(select(StaffIdentity.staff_id)).all())
    return tuple(
        _entry(row, tuple(teams[row.id]), keys[row.id], by_provider=row.id in known) for row in rows
    )


def get_staff(db: Session, staff_id: str) -> StaffEntry:
    """Return one account. Raises NotFound."""
    row = db.get(Staff, staff_id)
    if row is None:
        raise NotFound
    query = select(TeamMember.team_id).where(TeamMember.staff_id == staff_id)
    teams = tuple(db.exec(query.order_by(TeamMember.team_id)).all())
    keys = count_passkeys(db, staff_id)
    return _entry(row, teams, keys, by_provider=is_by_provider(db, staff_id))


def count_passkeys(db: Session, staff_id: str) -> int:
    """Return how many passkeys an account has."""
    return len(db.exec(select(Passkey.id).where(Passkey.staff_id == staff_id)).all())


def is_by_provider(db: Session, staff_id: str) -> bool:
    """Say whether an account is that of an identity provider."""
    query = select(StaffIdentity.hash).where(StaffIdentity.staff_id == staff_id)
    return db.exec(query).first() is not None


def gives_more(db: Session, staff_id: str) -> bool:
    """Say whether an account gives more than a password when it signs in."""
    query = select(Staff.id).where(Staff.id == staff_id, proves_more())
    return db.exec(query).first() is not None


def proves_more() -> ColumnElement[bool]:
    """Return what is true of an account that gives more than a password when it signs in."""
    return or_(
        col(Staff.totp_on_at).is_not(None),
        exists().where(col(Passkey.staff_id) == col(Staff.id)),
        exists().where(col(StaffIdentity.staff_id) == col(Staff.id)),
    )


def find_by_username(db: Session, username: str) -> Staff | None:
    """Return the account row of a username as it is stored (lower case), or None."""
    return db.exec(select(Staff).where(Staff.username == username)).one_or_none()


def find_totp_secret(db: Session, staff_id: str) -> str | None:
    """Return the second-factor secret that waits to be switched on, for showing it once."""
    query = select(Staff.totp_secret).where(Staff.id == staff_id)
    return db.exec(query.where(col(Staff.totp_on_at).is_(None))).one_or_none()


def find_invitation(db: Session, token_hash: str, *, now: datetime) -> OpenInvitation | None:
    """Return the one-time link behind a hashed token if it can still be used."""
    query = (
        select(Invitation, Staff)
        .outerjoin(Staff, col(Staff.id) == Invitation.staff_id)
        .where(Invitation.token_hash == token_hash)
        .where(col(Invitation.used_at).is_(None), col(Invitation.expires_at) > now)
    )
    found = db.exec(query).one_or_none()
    if found is None:
        return None
    invitation, staff = found
    known = (staff.username, staff.display_name) if staff else ("", "")
    roles = in_order(staff.roles if staff else invitation.roles)
    return OpenInvitation(invitation.id, invitation.kind, invitation.staff_id, *known, roles)


def in_order(roles: list[str]) -> tuple[Role, ...]:
    """Return stored roles in the order in which ``Role`` lists them."""
    return tuple(role for role in Role if role.value in roles)


def _entry(row: Staff, teams: tuple[str, ...], passkeys: int, *, by_provider: bool) -> StaffEntry:
    return StaffEntry(
        id=row.id,
        username=row.username,
        name=row.display_name,
        roles=in_order(row.roles),
        teams=teams,
        state=_state(row, by_provider),
        second_factor=row.totp_on_at is not None,
        totp_pending=row.totp_on_at is None and row.totp_secret is not None,
        created_at=row.created_at,
        passkeys=passkeys,
        by_provider=by_provider,
    )


def _state(row: Staff, by_provider: bool) -> AccountState:
    if row.disabled_at is not None:
        return AccountState.DISABLED
    can_sign_in = by_provider or row.password_hash is not None
    return AccountState.ACTIVE if can_sign_in else AccountState.LINK_OPEN
