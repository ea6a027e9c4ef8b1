"""Clinic tablets: made one, heard of, taken out of use.

A tablet's token only writes: it brings sealed answers and gets a team's configuration, never an
answer. What it says about itself is kept as it was at the last contact.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, update

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.queries import tablets as queries
from app.db.tables import Tablet
from app.domain.access import Viewer
from app.domain.gaps import find_gaps
from app.domain.tablet import RevokeReason
from app.domain.tablet_report import ContactReport, KnownReport, known_from, known_in
from app.errors import AppError
from app.services import audit, unknown_tokens
from app.services.arrivals import hash_token
from app.services.audit import AuditKind
from app.services.refusals import Refused

TOKEN_BYTES: Final = 32
LONGEST_LABEL: Final = 40
HIGHEST_NUMBER: Final = 9999
#: Enrolments that meet at the same number; on one machine more than two never do.
MOST_TRIES: Final = 5
#: A contact that tells nothing new is written down at most once in this time.
WRITTEN_AGAIN_AFTER: Final = timedelta(minutes=1)
CLOCK_NEWS_SECONDS: Final = 60
ERASED_TOLD_FOR: Final = timedelta(days=30)
#: So many lost numbers are named to a tablet, which may still hold a copy of them.
MOST_MISSING: Final = 500
_DEVICE: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class TabletInUse(AppError):
    """Answers came from this device already; another key for it would lose those that wait."""

    status = 409
    key = "tablet_in_use"


class TabletRevoked(AppError):
    """The tablet was taken out of use; an enrolment starts again with a new id."""

    status = 409
    key = "tablet_revoked"


@dataclass(frozen=True)
class Enrolled:
    """A tablet and its token, which is told once."""

    id: str
    number: int
    label: str
    team_id: str
    team_name: str
    token: str


@dataclass(frozen=True)
class Heard:
    """A contact that was taken in. ``missing`` are numbers that never arrived, the lowest first.

    ``is_revoked``: the tablet may not go on, and what it still holds goes to quarantine.
    """

    id: str
    number: int
    label: str
    team_id: str
    team_name: str
    is_revoked: bool
    erased: tuple[str, ...]
    missing: tuple[int, ...]


@dataclass(frozen=True)
class NotHeard:
    """A token that nobody holds; ``wait_seconds`` where there were too many of them."""

    wait_seconds: int = 0

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return 429 if self.wait_seconds else 401

    @property
    def key(self) -> str:
        """Return the key of what to say, as for answer sets."""
        return "too_many_tries" if self.wait_seconds else "credential_unknown"


def enrol_tablet(
    db: Session,
    *,
    tablet_id: str,
    label: str,
    team_id: str,
    number: str,
    by: Viewer,
    now: datetime,
) -> Enrolled | Refused:
    """Make a device a clinic tablet. ``number`` is as typed; empty: the next one that is free.

    The same id again gives a fresh token while nothing has arrived from it: the reply to the
    first may have been lost. Raises NotFound for a tablet that is not the viewer's,
    TabletInUse and TabletRevoked.
    """
    label, number = label.strip(), number.strip()
    teams = {team.id: team.name for team in queries.list_teams_for(db, by)}
    faults = _find_faults(tablet_id, label, team_id, number, teams)
    if faults:
        return Refused(faults)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    wanted = int(number) if number else None
    seat = {"label": label, "team_id": team_id, "token_hash": hash_token(token)}
    seat |= {"enrolled_by": by.staff_id}
    row = _sit(db, tablet_id, wanted, {**seat, "enrolled_at": now}, by)
    if row is None:
        return Refused({"number": "number_taken"})
    _record(db, AuditKind.TABLET_ENROLLED, row, by, now, team=team_id)
    return Enrolled(row.id, row.number, row.label, team_id, teams[team_id], token)


def revoke_tablet(
    db: Session, *, tablet_id: str, reason: RevokeReason, by: Viewer, now: datetime
) -> Tablet:
    """Take a tablet out of use; the second time changes nothing. Raises NotFound.

    Its token still brings what it holds, which then goes to quarantine: nothing is dropped.
    """
    row = queries.get_row(db, by, tablet_id, for_update=True)
    if row.revoked_at is not None:
        return row
    row.revoked_at, row.revoked_by, row.revoke_reason = now, by.staff_id, reason.value
    _record(db, AuditKind.TABLET_REVOKED, row, by, now, reason=reason.value)
    return row


def note_contact(
    database: Database,
    *,
    token: str,
    report: ContactReport,
    address: str,
    generation: str,
    keyring: Keyring,
    now: datetime,
) -> Heard | NotHeard:
    """Take in what a tablet says of itself, revoked ones too: a lost one may turn up again.

    Nothing is locked for a contact that tells nothing new. ``address`` is where it came from,
    to slow down guessing; a token that holds is never slowed down.
    """
    known = known_from(report, now=now)
    with sessions.read(database) as db:
        row = queries.find_by_token(db, hash_token(token))
        heard = _heard(db, row, known, generation, now) if row is not None else None
    if row is None or heard is None:
        return _refuse(database, keyring, address, now)
    if _is_news(row, known, now):
        with sessions.write(database) as db:
            contact = update(Tablet).where(col(Tablet.id) == row.id)
            db.exec(contact.values(report=known.as_row(), contacted_at=now))
    return heard


def _find_faults(
    tablet_id: str, label: str, team_id: str, number: str, teams: dict[str, str]
) -> dict[str, str]:
    faults = {}
    if not _DEVICE.fullmatch(tablet_id):
        faults["id"] = "id_malformed"
    if not label or len(label) > LONGEST_LABEL or not label.isprintable():
        faults["label"] = "label_odd"
    if team_id not in teams:
        faults["team"] = "choose_team"
    if number and not (re.fullmatch(r"[0-9]{1,4}", number) and int(number) > 0):
        faults["number"] = "number_odd"
    return faults


def _sit(
    db: Session, tablet_id: str, wanted: int | None, seat: dict[str, Any], by: Viewer
) -> Tablet | None:
    """Return the row with its new token, or None where the number is taken.

    A savepoint lets a clash be looked at: on PostgreSQL two enrolments at once both find the
    number free, and the second then meets the first's row here.
    """
    for _ in range(MOST_TRIES):
        row = _known_row(db, tablet_id, by)
        number = wanted or (row.number if row else queries.next_number(db))
        if number > HIGHEST_NUMBER:
            return None
        try:
            with db.begin_nested():
                row = _written(row or Tablet(id=tablet_id, number=number, **seat), number, seat)
                db.add(row)
        except IntegrityError:
            if wanted is not None and _is_taken(db, wanted, tablet_id):
                return None
        else:
            return row
    return None


def _written(row: Tablet, number: int, seat: dict[str, Any]) -> Tablet:
    for name, value in {**seat, "number": number}.items():
        setattr(row, name, value)
    return row


def _known_row(db: Session, tablet_id: str, by: Viewer) -> Tablet | None:
    """Return the row of a device that was enrolled before and may be again, or None for none."""
    if queries.has_sent(db, tablet_id):
        raise TabletInUse
    if db.get(Tablet, tablet_id) is None:
        return None
    row = queries.get_row(db, by, tablet_id, for_update=True)
    if row.revoked_at is not None:
        raise TabletRevoked
    return row


def _is_taken(db: Session, number: int, tablet_id: str) -> bool:
    return queries.find_holder(db, number) not in {None, tablet_id}


def _heard(db: Session, row: Tablet, known: KnownReport, generation: str, now: datetime) -> Heard:
    arrived = queries.arrived_of(db, row.id)
    gaps = find_gaps(
        arrived.holes,
        reached=arrived.reached,
        last_seq=known.last_seq,
        waiting=known.waiting_seqs,
        is_current=known.generation == generation,
    )
    erased = queries.list_erased(db, row.id, since=now - ERASED_TOLD_FOR)
    return Heard(
        id=row.id,
        number=row.number,
        label=row.label,
        team_id=row.team_id,
        team_name=queries.team_name(db, row.team_id),
        is_revoked=row.revoked_at is not None,
        erased=tuple(erased),
        missing=gaps.first_lost(MOST_MISSING),
    )


def _is_news(row: Tablet, known: KnownReport, now: datetime) -> bool:
    if row.contacted_at is None or now - row.contacted_at >= WRITTEN_AGAIN_AFTER:
        return True
    return known.differs_from(known_in(row.report), more_than=CLOCK_NEWS_SECONDS)


def _refuse(database: Database, keyring: Keyring, address: str, now: datetime) -> NotHeard:
    """Refuse an unknown token, and after too many of them say how long to wait."""
    with sessions.write(database) as db:
        refusal = unknown_tokens.refuse(db, keyring=keyring, address=address, now=now)
    return NotHeard(refusal.wait_seconds)


def _record(
    db: Session, kind: AuditKind, row: Tablet, by: Viewer, now: datetime, **more: str
) -> None:
    details: dict[str, str | int] = {"number": row.number, **more}
    audit.record(db, kind=kind, actor=by.staff_id, subject=row.id, details=details, now=now)
