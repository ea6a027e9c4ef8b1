"""Making the counts of the desk: one pass over the answers, at night or when somebody asks.

Not in the transaction that stores an answer: voiding, erasing and settling would each have to keep
the same counts right, and a count that moves with every answer gives that answer away.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from sqlalchemy import text
from sqlmodel import Session, delete

from app.content.instrument import Instrument
from app.db import sessions
from app.db.engine import Database
from app.db.queries import desk as queries
from app.db.queries.desk import CountedRow
from app.db.tables import DeskCell, DeskComparison, DeskFlow
from app.domain import keeping
from app.domain.consent import AdultChoice, ConsentChoice
from app.domain.desk import (
    Answer,
    Before,
    CellCount,
    CellKey,
    Kind,
    PairCount,
    compare,
    is_complete,
    is_primary,
    pairs_may_step,
)
from app.domain.flow import Form
from app.domain.missing import FormReason, is_missing
from app.domain.vocabulary import AnswerState, Occasion
from app.services import audit
from app.services.instruments import INSTRUMENTS, SECOND

#: Any fixed number: two PostgreSQL processes must not write counts at once.
LOCK: Final = 7_240_913
CHANGE, PAIRS = "change", "pairs"
#: Whoever presses the button again and again must not keep the machine busy.
SHORTEST_REST: Final = timedelta(minutes=1)

_FlowKey = tuple[str, str, str, str]


@dataclass(frozen=True)
class Counted:
    """One count: cells, those that are shown, and answer sets that were read."""

    cells: int
    shown: int
    answers: int


def count_answers(database: Database, *, by: str, now: datetime) -> Counted | None:
    """Count every answer and keep what may be shown; None where somebody counted meanwhile."""
    with sessions.read(database) as db:
        started_from = queries.counted_at(db)
        count = _Count(queries.list_before(db), queries.list_paired_studies(db))
        for row in queries.iterate_answers(db):
            count.add(row)
        appointments = queries.list_appointments(db)
    with sessions.write(database) as db:
        _wait_for_others(db, database)
        if queries.counted_at(db) != started_from:
            return None
        return _keep(db, count, appointments, by, now)


def count_if_due(database: Database, *, zone: tzinfo, now: datetime) -> Counted | None:
    """Count once a night, and at the first start that finds no counts."""
    with sessions.read(database) as db:
        last = queries.counted_at(db)
    if last is not None and last >= keeping.last_due(now, zone):
        return None
    return count_answers(database, by=audit.SYSTEM, now=now)


def count_again(database: Database, *, by: str, now: datetime) -> Counted | None:
    """Count because somebody asks; None within a minute of the last count."""
    with sessions.read(database) as db:
        last = queries.counted_at(db)
    if last is not None and now - last < SHORTEST_REST:
        return None
    return count_answers(database, by=by, now=now)


class _Count:
    """One pass: cells, pairs and flows as they fill up."""

    def __init__(self, before: Mapping[str, Before], paired: frozenset[str]) -> None:
        self.answers = 0
        self._paired = paired
        self.flows: defaultdict[_FlowKey, Counter[str]] = defaultdict(Counter)
        self.cells: dict[CellKey, CellCount] = {}
        self.pairs: defaultdict[tuple[Kind, str], PairCount] = defaultdict(PairCount)
        self._before = before

    def add(self, row: CountedRow) -> None:
        self.answers += 1
        instrument = INSTRUMENTS.get(row.cell.kind.instrument_id)
        if instrument is None:  # of a version of the service that knew more
            return
        values = tuple(row.items.get(item, -1) for item in instrument.item_ids)
        primary = row.consented and is_primary(
            values, late=row.late, helped=row.helped, interpreted=row.interpreted
        )
        kind = row.cell.kind
        place = (kind.study_id, row.cell.team_id, row.cell.phase, kind.respondent)
        # One person is one form here: a second instrument would count them twice.
        if kind.occasion == Occasion.AFTER and instrument.id not in SECOND:
            self.flows[place][_outcome(row, values, primary=primary)] += 1
        if primary:
            self._count(row, values, instrument)

    def _count(self, row: CountedRow, values: tuple[int, ...], instrument: Instrument) -> None:
        answer = Answer(
            row.cell, row.at, row.id, row.encounter_id, row.practitioner, values, row.referent
        )
        if row.cell not in self.cells:
            before = self._before.get(row.cell.id)
            self.cells[row.cell] = CellCount(instrument.top_value, before)
        self.cells[row.cell].add(answer)
        if row.cell.kind.study_id in self._paired:
            after = replace(row.cell.kind, occasion=Occasion.AFTER.value)
            self.pairs[after, row.cell.phase].add(answer, instrument.top_value)


def _outcome(row: CountedRow, values: tuple[int, ...], *, primary: bool) -> str:
    if primary:
        return Form.PRIMARY
    if not row.consented:
        return _without_consent(row, values)
    if is_complete(values):
        return Form.COMPLETE_OTHER
    if row.reason:
        return row.reason
    interrupted = row.state == AnswerState.INTERRUPTED
    return FormReason.INTERRUPTED if interrupted else Form.ITEM_MISSING


def _without_consent(row: CountedRow, values: tuple[int, ...]) -> str:
    """Name what became of a form that may not serve its study."""
    if row.consent_adult == AdultChoice.NOT_THERE:
        return Form.NO_ADULT
    if row.consent_adult == AdultChoice.REFUSED:
        return Form.ADULT_REFUSED
    if row.consent == ConsentChoice.REFUSED:
        return Form.CONSENT_REFUSED
    if any(not is_missing(value) for value in values):
        return Form.NO_CONSENT
    return row.reason or FormReason.INTERRUPTED


def _keep(
    db: Session,
    count: _Count,
    appointments: Mapping[tuple[str, str, str], int],
    by: str,
    now: datetime,
) -> Counted:
    cells = [_cell_row(key, cell, now) for key, cell in count.cells.items()]
    stepped = {key.kind for key, cell in count.cells.items() if cell.stepped}
    _forget(db, count)
    db.add_all(cells)
    db.add_all(_flow_rows(count, appointments, now))
    for kind in stepped:
        _compare(db, kind, count, now)
    counted = Counted(len(cells), sum(cell.counts is not None for cell in cells), count.answers)
    kind_of_event = audit.AuditKind.RESULTS_COUNTED
    audit.record(
        db, kind=kind_of_event, actor=by, subject="service", details=asdict(counted), now=now
    )
    return counted


def _forget(db: Session, count: _Count) -> None:
    """Take away the last counts; a comparison stays while nothing below it has moved on."""
    db.exec(delete(DeskCell))
    db.exec(delete(DeskFlow))
    kept = {key.kind.id for key in count.cells}
    for row in queries.list_comparisons(db):
        if row.id.split("-", 1)[0] not in kept:
            db.delete(row)
    db.flush()


def _compare(db: Session, kind: Kind, count: _Count, now: datetime) -> None:
    ours = [(key, cell.tally) for key, cell in count.cells.items() if key.kind == kind]
    _keep_comparison(db, kind, CHANGE, compare(ours), now)
    for (paired, phase), pairs in count.pairs.items():
        if paired == kind:
            _keep_comparison(db, kind, f"{PAIRS}-{phase}", pairs.finish(), now)


def _keep_comparison(
    db: Session, kind: Kind, what: str, content: Mapping[str, Any] | None, now: datetime
) -> None:
    row = db.get(DeskComparison, f"{kind.id}-{what}")
    if content is None:
        if row is not None:
            db.delete(row)
        return
    if row is not None and "pairs" in content and not pairs_may_step(row.content, content):
        return
    row = row or DeskComparison(id=f"{kind.id}-{what}", study_id=kind.study_id, what=what)
    row.content, row.counted_at = dict(content), now
    db.add(row)


def _cell_row(key: CellKey, cell: CellCount, now: datetime) -> DeskCell:
    items = len(INSTRUMENTS[key.kind.instrument_id].item_ids)
    counts = cell.finish(items)
    assert cell.through is not None  # a cell is made by its first answer
    at, last = cell.through
    return DeskCell(
        id=key.id,
        team_id=key.team_id,
        phase=key.phase,
        counts=None if counts is None else dict(counts),
        through_at=at,
        through_id=last,
        counted_at=now,
        **asdict(key.kind),
    )


def _flow_rows(
    count: _Count, appointments: Mapping[tuple[str, str, str], int], now: datetime
) -> list[DeskFlow]:
    return [
        DeskFlow(
            study_id=study,
            team_id=team,
            phase=phase,
            respondent=respondent,
            appointments=appointments.get((study, team, phase), 0),
            forms=dict(forms),
            counted_at=now,
        )
        for (study, team, phase, respondent), forms in count.flows.items()
    ]


def _wait_for_others(db: Session, database: Database) -> None:
    """Keep other processes out until the commit; on SQLite the write lock has done so."""
    if database.dialect != "sqlite":
        db.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
