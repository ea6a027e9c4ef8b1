"""Opening, closing and voiding encounters, and the young person's own view of the need group."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.db.queries import encounters as queries
from app.db.tables import Encounter
from app.domain.access import Viewer
from app.domain.capture import new_short_code
from app.domain.encounter import (
    EncounterDraft,
    EncounterIdTaken,
    EncounterState,
    VoidReason,
    can_offer_grid,
    check_can_move,
    header_of,
)
from app.domain.vocabulary import NeedGroup, Phase
from app.errors import NotFound
from app.services import audit, studies

RandomBytes = Callable[[int], bytes]
CODE_BYTES = 5
# 40 random bits: with a million encounters a clash is one in a million, three in a row are not.
MOST_TRIES = 5
OPENED_BY_STAFF = "staff"


class NoCodeLeft(RuntimeError):
    """Every code that was drawn is taken: the source of randomness is broken."""


def open_encounter(
    db: Session,
    *,
    draft: EncounterDraft,
    by: Viewer,
    now: datetime,
    random_bytes: RandomBytes = secrets.token_bytes,
) -> Encounter:
    """Open an encounter, or return the one that the same press opened a moment ago.

    The phase comes from the study's calendar; where it offers no grid, none is kept whatever the
    form said. Raises NotFound for a team that is not the viewer's, EncounterIdTaken for an id
    that exists with other content.
    """
    if draft.team not in by.teams:
        raise NotFound
    found = _find_same(db, draft, by)
    if found is not None:
        return found
    now_in = studies.phase_for(db, team_id=draft.team, on=draft.encounter_on)
    return _insert(db, _values(draft, now_in, by, now), draft, by, now, random_bytes)


def close_encounter(db: Session, *, encounter_id: str, by: Viewer, now: datetime) -> Encounter:
    """Close an encounter. Raises NotFound, EncounterAlreadyClosed or EncounterAlreadyVoided."""
    row = _move(db, encounter_id, EncounterState.CLOSED, by)
    row.closed_at = now
    _record(db, audit.AuditKind.ENCOUNTER_CLOSED, row, {"team": row.team_id}, by, now)
    return row


def void_encounter(
    db: Session, *, encounter_id: str, reason: VoidReason, by: Viewer, now: datetime
) -> Encounter:
    """Mark an encounter as not counting. Its answers stay where they are.

    Raises NotFound, or EncounterAlreadyVoided the second time.
    """
    row = _move(db, encounter_id, EncounterState.VOIDED, by)
    row.voided_at, row.voided_by, row.void_reason = now, by.staff_id, reason.value
    details = {"team": row.team_id, "reason": reason.value}
    _record(db, audit.AuditKind.ENCOUNTER_VOIDED, row, details, by, now)
    return row


def record_young_person_view(
    db: Session, *, encounter_id: str, need_group: NeedGroup | None, by: Viewer
) -> Encounter:
    """Write down which need group the young person themselves sees; None takes it back.

    Only while the tablet is here: the header of a hand-over that is going on is already out.
    Raises NotFound or the EncounterNotOpen that says how things stand.
    """
    row = queries.get_row(db, by, encounter_id, for_update=True)
    check_can_move(EncounterState(row.state), EncounterState.WITH_FAMILY)
    row.need_group_young_person = None if need_group is None else need_group.value
    row.header = {**row.header, "need_group_young_person": row.need_group_young_person}
    db.flush()
    return row


def give_to_family(db: Session, *, encounter_id: str, by: Viewer) -> Encounter:
    """Note that the family has a tablet, the first or one more; the hand-over writes its event.

    Raises NotFound or the EncounterNotOpen that says how things stand.
    """
    row = queries.get_row(db, by, encounter_id, for_update=True)
    if row.state == EncounterState.WITH_FAMILY:
        return row
    return _move(db, encounter_id, EncounterState.WITH_FAMILY, by)


def header(row: Encounter) -> Mapping[str, Any]:
    """Return the encounter header of the wire format, as the hand-over plan carries it."""
    return dict(row.header)


def _move(db: Session, encounter_id: str, to: EncounterState, by: Viewer) -> Encounter:
    row = queries.get_row(db, by, encounter_id, for_update=True)
    check_can_move(EncounterState(row.state), to)
    row.state = to.value
    db.flush()
    return row


def _find_same(db: Session, draft: EncounterDraft, by: Viewer) -> Encounter | None:
    row = db.get(Encounter, draft.id)
    if row is None:
        return None
    if row.team_id != draft.team or row.opened_by != by.staff_id or not _is_same(row, draft):
        raise EncounterIdTaken
    return row


def _is_same(row: Encounter, draft: EncounterDraft) -> bool:
    """Compare what was filled in; the day may have turned between two presses."""
    ours = {**header_of(draft), "encounter_on": row.header.get("encounter_on")}
    if ours != dict(row.header) or draft.topic != row.topic:
        return False
    offered = row.phase is not None and can_offer_grid(Phase(row.phase))
    expected = _grid_values(draft if offered else None)
    return all(getattr(row, key) == value for key, value in expected.items())


def _insert(
    db: Session,
    values: Mapping[str, Any],
    draft: EncounterDraft,
    by: Viewer,
    now: datetime,
    random_bytes: RandomBytes,
) -> Encounter:
    """Insert under a code that nobody has; a savepoint lets a clash be tried again.

    On PostgreSQL two presses can both find nothing; the second then meets the first's row here.
    """
    for _ in range(MOST_TRIES):
        row = Encounter(**values, code=new_short_code(random_bytes(CODE_BYTES)))
        try:
            with db.begin_nested():
                db.add(row)
        except IntegrityError:
            found = _find_same(db, draft, by)
            if found is not None:
                return found
        else:
            details = {"team": row.team_id, "phase": row.phase, "source": OPENED_BY_STAFF}
            _record(db, audit.AuditKind.ENCOUNTER_OPENED, row, details, by, now)
            return row
    raise NoCodeLeft


def _values(
    draft: EncounterDraft, now_in: studies.PhaseNow, by: Viewer, now: datetime
) -> dict[str, Any]:
    travelling = header_of(draft)
    copied = {
        key: value for key, value in travelling.items() if key not in {"team", "encounter_on"}
    }
    return {
        **copied,
        **(_grid_values(draft) if now_in.offers_grid else _grid_values(None)),
        "team_id": draft.team,
        "encounter_on": draft.encounter_on,
        "topic": draft.topic,
        "opened_by": by.staff_id,
        "opened_at": now,
        "state": EncounterState.OPEN.value,
        "study_id": now_in.study_id,
        "phase": now_in.phase.value,
        "header": travelling,
    }


def _grid_values(draft: EncounterDraft | None) -> dict[str, Any]:
    grid = draft.grid if draft else None
    return {
        "grid_public_id": grid.public_id if grid else None,
        "grid_version": grid.version if grid else None,
        "grid_sha256": grid.sha256 if grid else None,
        "picked": list(grid.picked) if grid else [],
    }


def _record(
    db: Session,
    kind: audit.AuditKind,
    row: Encounter,
    details: Mapping[str, Any],
    by: Viewer,
    now: datetime,
) -> None:
    audit.record(db, kind=kind, actor=by.staff_id, subject=row.id, details=details, now=now)
