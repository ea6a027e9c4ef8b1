"""What families answered about one practitioner, for that practitioner alone (rules 2.2 a).

Nothing under 25 appointments; from there a figure moves on only by eight answers, in the order in
which they arrived, as on the desk: who looks before and after an appointment learns nothing of it.
Nobody else's figure stands beside it, and no team's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from app.db.queries import desk as queries
from app.db.queries import studies as study_queries
from app.db.queries.desk import CountedRow
from app.domain.access import Viewer
from app.domain.desk import Answer, CellKey, Tally, is_primary
from app.domain.disclosure import FEWEST_SHOWN, SMALLEST_STEP, Tier
from app.domain.results import Score, score
from app.domain.study import read_study
from app.domain.vocabulary import Occasion
from app.services import audit
from app.services.instruments import INSTRUMENTS, SECOND

#: What the log calls them, where a look at results names a study.
SUBJECT = "own_results"


@dataclass(frozen=True)
class OwnScore:
    """One slice of one's own answers; ``is_practice``: not CollaboRATE, in none of its scores."""

    cell: CellKey
    score: Score
    is_practice: bool


def view_own(
    db: Session, *, practitioner: str, by: Viewer, today: date, now: datetime
) -> tuple[OwnScore, ...]:
    """Return what may be shown to the viewer of answers about ``practitioner``, themselves.

    ``practitioner`` is the opaque id of the viewer. Studies under an embargo are left out.
    """
    kind = audit.AuditKind.RESULTS_VIEWED
    details: dict[str, audit.Detail] = {"slice": "", "tier": Tier.INSIDE.value}
    audit.record(db, kind=kind, actor=by.staff_id, subject=SUBJECT, details=details, now=now)
    found = _by_cell(db, practitioner, _closed(db, today))
    shown = (_own(cell, answers) for cell, answers in found.items())
    return tuple(sorted((own for own in shown if own is not None), key=lambda own: own.cell.id))


def shown_of(count: int) -> int:
    """Return how many of so many answers are counted: 0, or 25 and then steps of eight."""
    if count < FEWEST_SHOWN:
        return 0
    return count - (count - FEWEST_SHOWN) % SMALLEST_STEP


def _closed(db: Session, today: date) -> frozenset[str]:
    rows = study_queries.list_studies(db)
    return frozenset(row.id for row in rows if read_study(row.content).is_embargoed(today))


def _by_cell(
    db: Session, practitioner: str, closed: frozenset[str]
) -> Mapping[CellKey, Sequence[Answer]]:
    found: defaultdict[CellKey, list[Answer]] = defaultdict(list)
    for row in queries.iterate_answers(db, practitioner=practitioner):
        kind = row.cell.kind
        if kind.occasion != Occasion.AFTER or kind.study_id in closed:
            continue
        answer = _primary(row)
        if answer is not None:
            found[row.cell].append(answer)
    return found


def _primary(row: CountedRow) -> Answer | None:
    instrument = INSTRUMENTS.get(row.cell.kind.instrument_id)
    if instrument is None:  # of a version of the service that knew more
        return None
    if instrument.id in SECOND:  # about the choice, not about the practitioner
        return None
    values = tuple(row.answered(item) for item in instrument.item_ids)
    if not is_primary(values, late=row.late, helped=row.helped, interpreted=row.interpreted):
        return None
    return Answer(row.cell, row.at, row.id, row.encounter_id, row.practitioner, values)


def _own(cell: CellKey, answers: Sequence[Answer]) -> OwnScore | None:
    instrument = INSTRUMENTS[cell.kind.instrument_id]
    tally = Tally(instrument.top_value)
    for answer in answers[: shown_of(len(answers))]:
        tally.add(answer)
    counts = tally.as_json(len(instrument.item_ids))
    if counts is None:
        return None
    found = score(cell.team_id, cell.phase, counts, len(instrument.item_ids))
    return OwnScore(cell, found, instrument.scored_as is None)
