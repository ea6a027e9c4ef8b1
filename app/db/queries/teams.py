"""Reading teams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from app.db.tables import Team, TeamMember
from app.errors import NotFound


@dataclass(frozen=True)
class TeamEntry:
    """A team; ``id`` is the slug that travels in envelopes."""

    id: str
    name: str
    members: int = 0
    closed_at: datetime | None = None


def list_teams(db: Session) -> tuple[TeamEntry, ...]:
    """Return every team with its number of members: open ones first, then by name."""
    members = Counter(db.exec(select(TeamMember.team_id)).all())
    rows = db.exec(select(Team).order_by(Team.name, Team.id)).all()
    entries = [_entry(row, members[row.id]) for row in rows]
    return tuple(sorted(entries, key=lambda entry: entry.closed_at is not None))


def list_open_teams(db: Session, ids: Collection[str] | None = None) -> tuple[TeamEntry, ...]:
    """Return the teams that are not closed, by name; only those in ``ids`` where given."""
    query = select(Team).where(col(Team.closed_at).is_(None)).order_by(Team.name, Team.id)
    if ids is not None:
        query = query.where(col(Team.id).in_(ids))
    return tuple(_entry(row) for row in db.exec(query).all())


def get_team(db: Session, team_id: str) -> TeamEntry:
    """Return one team. Raises NotFound."""
    row = db.get(Team, team_id)
    if row is None:
        raise NotFound
    return _entry(row)


def _entry(row: Team, members: int = 0) -> TeamEntry:
    return TeamEntry(row.id, row.name, members, row.closed_at)
