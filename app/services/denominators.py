"""Keeping how many appointments were eligible, by team and week; the last word on a week holds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlmodel import Session

from app.db.queries.exports import list_team_names
from app.db.tables import EligibleCount
from app.domain.eligible import WeekCount, check_week, read_counts
from app.services import audit
from app.services.refusals import Refused


def import_counts(
    db: Session, *, text: str, by: str, today: date, now: datetime
) -> tuple[WeekCount, ...]:
    """Keep the counts of a CSV file, all of them or none. Raises CountsUnfit with every bad row."""
    counts = read_counts(text, teams={team for team, _ in list_team_names(db)}, today=today)
    _keep(db, counts, by, now)
    return counts


def record_week(
    db: Session, *, team: str, week: str, appointments: str, by: str, today: date, now: datetime
) -> WeekCount | Refused:
    """Keep one typed week; the keys of ``Refused`` are the fields at fault."""
    teams = {team for team, _ in list_team_names(db)}
    faults = dict.fromkeys(check_week(team, week, appointments, teams), "unfit")
    if not faults and date.fromisoformat(week) > today:
        faults = {"week_on": "to_come"}
    if faults:
        return Refused(faults)
    count = WeekCount(team, date.fromisoformat(week), int(appointments))
    _keep(db, (count,), by, now)
    return count


def _keep(db: Session, counts: Collection[WeekCount], by: str, now: datetime) -> None:
    for count in counts:
        row = db.get(EligibleCount, (count.team, count.week_on), with_for_update=True)
        row = row or EligibleCount(
            team_id=count.team, week_on=count.week_on, appointments=0, recorded_by=by
        )
        row.appointments, row.recorded_by, row.recorded_at = count.appointments, by, now
        db.add(row)
    details: dict[str, audit.Detail] = {
        "weeks": len(counts),
        "appointments": sum(count.appointments for count in counts),
    }
    kind = audit.AuditKind.ELIGIBLE_COUNTED
    audit.record(db, kind=kind, actor=by, subject="teams", details=details, now=now)
