"""Teams: added, renamed and closed. The slug travels in envelopes and never changes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime

from sqlmodel import Session, col, select

from app.db.tables import Team
from app.errors import NotFound
from app.services import audit
from app.services.refusals import Refused

LONGEST_NAME = 60
LONGEST_SLUG = 40


def add_team(db: Session, *, name: str, by: str, now: datetime) -> str | Refused:
    """Add a team and return its slug, which is made from the name once."""
    name = name.strip()
    fault = _find_fault(db, name)
    if fault is not None:
        return Refused({"name": fault})
    team_id = _free_slug(db, name)
    _add(db, team_id, name, by, now)
    return team_id


def add_first_team(db: Session, *, team_id: str, name: str, by: str, now: datetime) -> None:
    """Add the team of the first administrator unless it is there; it may be named later."""
    if db.get(Team, team_id) is None:
        fitting = name.strip()[:LONGEST_NAME]
        _add(db, team_id, fitting if fitting.isprintable() and fitting else team_id, by, now)


def rename_team(db: Session, *, team_id: str, name: str, by: str, now: datetime) -> Refused | None:
    """Give a team another name. Its slug stays, so that older answers still belong to it."""
    team = _get(db, team_id)
    name = name.strip()
    if name == team.name:
        return None
    fault = _find_fault(db, name)
    if fault is not None:
        return Refused({"name": fault})
    team.name = name
    audit.record(
        db,
        kind=audit.AuditKind.SETTINGS_CHANGED,
        actor=by,
        subject=f"team-name:{team_id}",
        details={"value_sha256": hashlib.sha256(name.encode()).hexdigest()},
        now=now,
    )
    return None


def close_team(db: Session, *, team_id: str, by: str, now: datetime) -> Refused | None:
    """Close a team to new encounters. Its encounters and members stay; the last one stays open."""
    open_teams = db.exec(
        select(Team).where(col(Team.closed_at).is_(None)).order_by(Team.id).with_for_update()
    ).all()
    team = _get(db, team_id)
    if team.closed_at is not None:
        return None
    if len(open_teams) == 1:
        return Refused({"team": "last_team"})
    team.closed_at = now
    audit.record(db, kind=audit.AuditKind.TEAM_CLOSED, actor=by, subject=team_id, now=now)
    return None


def slug_of(name: str) -> str:
    """Return a name as lower-case letters, digits and hyphens; ``team`` if none are left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-") or "team"


def _find_fault(db: Session, name: str) -> str | None:
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return "team_name_odd"
    same = db.exec(select(Team.id).where(Team.name == name, col(Team.closed_at).is_(None))).first()
    return "team_name_taken" if same is not None else None


def _free_slug(db: Session, name: str) -> str:
    wanted, number = slug_of(name), 1
    slug = wanted
    while db.get(Team, slug) is not None:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def _add(db: Session, team_id: str, name: str, by: str, now: datetime) -> None:
    db.add(Team(id=team_id, name=name, created_at=now))
    audit.record(db, kind=audit.AuditKind.TEAM_CREATED, actor=by, subject=team_id, now=now)


def _get(db: Session, team_id: str) -> Team:
    team = db.get(Team, team_id)
    if team is None:
        raise NotFound
    return team
