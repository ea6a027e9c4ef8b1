"""Reading signed-in browsers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from app.db.queries.staff import proves_more
from app.db.tables import Handover, Login, Staff, TeamMember
from app.domain.access import Role


@dataclass(frozen=True)
class LoginState:
    """One login that was not ended, of an account that was not disabled."""

    login_id: str
    staff_id: str
    name: str
    roles: frozenset[Role]
    teams: frozenset[str]
    created_at: datetime
    last_seen_at: datetime
    confirmed_at: datetime
    second_factor_at: datetime | None
    has_second_factor: bool
    narrowed_to: str | None
    handover_id: str | None
    encounter_id: str | None


def find_login(db: Session, token_hash: str) -> LoginState | None:
    """Return the login behind a hashed token, with roles and teams as they are now."""
    query = (
        select(Login, Staff, Handover.encounter_id, proves_more())
        .join(Staff, col(Staff.id) == Login.staff_id)
        .outerjoin(Handover, col(Handover.id) == Login.handover_id)
        .where(Login.token_hash == token_hash, col(Login.ended_at).is_(None))
        .where(col(Staff.disabled_at).is_(None))
    )
    found = db.exec(query).one_or_none()
    if found is None:
        return None
    login, staff, encounter_id, second_factor = found
    return LoginState(
        login_id=login.id,
        staff_id=staff.id,
        name=staff.display_name,
        roles=frozenset(Role(role) for role in staff.roles),
        teams=frozenset(list_team_ids(db, staff.id)),
        created_at=login.created_at,
        last_seen_at=login.last_seen_at,
        confirmed_at=login.confirmed_at,
        second_factor_at=login.second_factor_at,
        has_second_factor=bool(second_factor),
        narrowed_to=login.narrowed_to,
        handover_id=login.handover_id,
        encounter_id=encounter_id,
    )


def list_team_ids(db: Session, staff_id: str) -> list[str]:
    """Return the teams of a member of staff, by id."""
    query = select(TeamMember.team_id).where(TeamMember.staff_id == staff_id)
    return list(db.exec(query.order_by(TeamMember.team_id)).all())


def list_open_logins(db: Session, staff_id: str) -> list[Login]:
    """Return the logins of an account that were not ended, oldest first."""
    query = select(Login).where(Login.staff_id == staff_id, col(Login.ended_at).is_(None))
    return list(db.exec(query.order_by(col(Login.created_at), Login.id)).all())
