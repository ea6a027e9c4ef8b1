"""Reading tablets. Fetching and authorising are one call: what is not yours is not there.

Everybody sees the tablets of their own teams; administrators and auditors see all. A login that
came back by PIN sees none: it is asked for the password first (rules 1.9).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, exists, func, select
from sqlmodel.sql.expression import SelectOfScalar

from app.db.queries.teams import TeamEntry, list_open_teams
from app.db.tables import (
    DeviceSequence,
    Erasure,
    Quarantined,
    Staff,
    Study,
    StudyPhase,
    Tablet,
    Team,
    TeamMember,
)
from app.domain.access import PERMISSIONS, Permission, Role, Viewer
from app.domain.gaps import Gaps, Span, find_gaps
from app.domain.marks import Named
from app.domain.study import Study as StudyDocument
from app.domain.study import read_study
from app.domain.tablet import RevokeReason
from app.domain.tablet_report import KnownReport, known_in
from app.domain.vocabulary import Phase
from app.errors import ConfirmationNeeded, NotFound

SEE_ALL: Final = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


@dataclass(frozen=True)
class Arrived:
    """What arrived of a device: the stretches that are missing below the highest number."""

    holes: tuple[Span, ...] = ()
    reached: int = 0


@dataclass(frozen=True)
class TabletEntry:
    """A tablet as staff see it. ``report`` is what it said at its last contact, if it had one."""

    id: str
    number: int
    label: str
    team_id: str
    team_name: str
    enrolled_at: datetime
    contacted_at: datetime | None
    report: KnownReport | None
    revoked_at: datetime | None
    revoke_reason: RevokeReason | None
    arrived: Arrived = field(default_factory=Arrived)

    def gaps(self, generation: str) -> Gaps:
        """Return what never arrived, and what may still be on it.

        ``generation`` is the service's now: another one in the report means that a backup was
        restored since, so that the tablet is about to offer its kept copies again.
        """
        report = self.report
        return find_gaps(
            self.arrived.holes,
            reached=self.arrived.reached,
            last_seq=report.last_seq if report else 0,
            waiting=report.waiting_seqs if report else (),
            is_current=report is None or report.generation == generation,
            is_gone=self.revoked_at is not None,
        )


@dataclass(frozen=True)
class CalendarEntry:
    """A stretch of a team's calendar and the study that it belongs to."""

    stretch: StudyPhase
    phase: Phase
    study: StudyDocument


def get(db: Session, viewer: Viewer, tablet_id: str) -> TabletEntry:
    """Return a tablet that the viewer may see. Raises NotFound or ConfirmationNeeded."""
    row = get_row(db, viewer, tablet_id)
    return _entry(row, db.get_one(Team, row.team_id).name, arrived_of(db, row.id))


def get_row(db: Session, viewer: Viewer, tablet_id: str, *, for_update: bool = False) -> Tablet:
    """Return the row behind a tablet, for a service that changes it. Raises as ``get``."""
    query = _seen_by(viewer).where(Tablet.id == tablet_id)
    row = db.exec(query.with_for_update() if for_update else query).one_or_none()
    if row is None:
        raise NotFound
    return row


def list_for(db: Session, viewer: Viewer) -> tuple[TabletEntry, ...]:
    """Return every tablet that the viewer may see: those in use first, then by number."""
    rows = db.exec(_seen_by(viewer)).all()
    ids = [row.id for row in rows]
    holes, reached = _holes_of(db, ids), _reached_of(db, ids)
    names = dict(db.exec(select(Team.id, Team.name)).all())
    entries = [
        _entry(row, names[row.team_id], Arrived(holes.get(row.id, ()), reached.get(row.id, 0)))
        for row in rows
    ]
    return tuple(sorted(entries, key=lambda entry: entry.revoked_at is not None))


def arrived_of(db: Session, device: str) -> Arrived:
    """Return which numbers of a device arrived."""
    return Arrived(
        _holes_of(db, [device]).get(device, ()), _reached_of(db, [device]).get(device, 0)
    )


def find_by_token(db: Session, token_hash: str) -> Tablet | None:
    """Return the tablet that holds this hashed token, revoked or not, or None."""
    return db.exec(select(Tablet).where(Tablet.token_hash == token_hash)).one_or_none()


def list_teams_for(db: Session, viewer: Viewer) -> tuple[TeamEntry, ...]:
    """Return the open teams whose tablets the viewer may enrol, by name."""
    return list_open_teams(db, None if _sees_all(viewer) else viewer.teams)


def next_number(db: Session) -> int:
    """Return the number after the highest that any tablet has or had."""
    return (db.exec(select(func.max(Tablet.number))).one() or 0) + 1


def find_holder(db: Session, number: int) -> str | None:
    """Return the id of the tablet that has a number or had it, or None."""
    return db.exec(select(Tablet.id).where(Tablet.number == number)).one_or_none()


def team_name(db: Session, team_id: str) -> str:
    """Return what a team is called."""
    return db.exec(select(Team.name).where(Team.id == team_id)).one()


def has_sent(db: Session, device: str) -> bool:
    """Say whether anything ever arrived from a device."""
    stored = exists().where(col(DeviceSequence.device) == device)
    aside = exists().where(col(Quarantined.device) == device)
    return bool(db.exec(select(stored | aside)).one())


def count_unnumbered(db: Session, device: str) -> int:
    """Return how many copies of a device could not be opened, so that they told no number."""
    query = select(func.count()).where(Quarantined.device == device, Quarantined.seq == 0)
    return db.exec(query).one()


def list_erased(db: Session, device: str, *, since: datetime) -> list[str]:
    """Return the ids of a device's answer sets that were erased since then, the oldest first."""
    query = select(Erasure.response_id).where(Erasure.device == device, col(Erasure.at) >= since)
    return list(db.exec(query.order_by(col(Erasure.at), col(Erasure.response_id))).all())


def list_named(db: Session) -> list[Named]:
    """Return every account that ever was, in the order in which they were made."""
    query = select(Staff.id, Staff.display_name).order_by(col(Staff.created_at), Staff.id)
    return [Named(staff_id, name) for staff_id, name in db.exec(query).all()]


def list_practitioners(db: Session, team_id: str) -> list[str]:
    """Return the ids of a team's accounts that may hold appointments now, by name."""
    query = (
        select(Staff)
        .join(TeamMember, col(TeamMember.staff_id) == Staff.id)
        .where(TeamMember.team_id == team_id, col(Staff.disabled_at).is_(None))
        .where(col(Staff.password_hash).is_not(None))
        .order_by(Staff.display_name, Staff.id)
    )
    return [row.id for row in db.exec(query).all() if _opens_encounters(row.roles)]


def list_calendar(db: Session, team_id: str) -> tuple[CalendarEntry, ...]:
    """Return the whole calendar of a team, past and to come, in order of days."""
    query = (
        select(StudyPhase, Study)
        .join(Study, col(Study.id) == StudyPhase.study_id)
        .where(StudyPhase.team_id == team_id)
        .order_by(col(StudyPhase.from_on), StudyPhase.id)
    )
    return tuple(
        CalendarEntry(stretch, Phase(stretch.phase), read_study(study.content))
        for stretch, study in db.exec(query).all()
    )


def _seen_by(viewer: Viewer) -> SelectOfScalar[Tablet]:
    if viewer.narrowed_to is not None:
        raise ConfirmationNeeded
    query = select(Tablet).order_by(col(Tablet.number), Tablet.id)
    return query if _sees_all(viewer) else query.where(col(Tablet.team_id).in_(viewer.teams))


def _sees_all(viewer: Viewer) -> bool:
    return bool(viewer.roles & SEE_ALL)


def _opens_encounters(roles: Iterable[str]) -> bool:
    held = frozenset(roles)
    return any(Permission.ENCOUNTER_OPEN in PERMISSIONS[role] for role in Role if role in held)


def _holes_of(db: Session, devices: Collection[str]) -> Mapping[str, tuple[Span, ...]]:
    """Return the missing stretches of each device; the database finds them, not a list here."""
    before = func.lag(DeviceSequence.seq, 1, 0).over(
        partition_by=col(DeviceSequence.device), order_by=col(DeviceSequence.seq)
    )
    each = (
        select(DeviceSequence.device, DeviceSequence.seq, before.label("before"))
        .where(col(DeviceSequence.device).in_(devices), col(DeviceSequence.seq) > 0)
        .subquery()
    )
    query = select(each.c.device, each.c.before, each.c.seq).where(each.c.seq > each.c.before + 1)
    found: dict[str, tuple[Span, ...]] = {}
    for device, last, seq in db.exec(query.order_by(each.c.device, each.c.seq)).all():
        found[device] = (*found.get(device, ()), Span(last + 1, seq - 1))
    return found


def _reached_of(db: Session, devices: Collection[str]) -> Mapping[str, int]:
    query = select(DeviceSequence.device, func.max(DeviceSequence.seq)).where(
        col(DeviceSequence.device).in_(devices)
    )
    return dict(db.exec(query.group_by(col(DeviceSequence.device))).all())


def _entry(row: Tablet, team_name: str, arrived: Arrived) -> TabletEntry:
    return TabletEntry(
        id=row.id,
        number=row.number,
        label=row.label,
        team_id=row.team_id,
        team_name=team_name,
        enrolled_at=row.enrolled_at,
        contacted_at=row.contacted_at,
        report=known_in(row.report),
        revoked_at=row.revoked_at,
        revoke_reason=RevokeReason(row.revoke_reason) if row.revoke_reason else None,
        arrived=arrived,
    )
