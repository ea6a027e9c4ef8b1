"""Reading what was on screens, and what is noted of it, for the quarterly table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlmodel import Session, col, select

from app.db.tables import Encounter, Exposure, LocalOffer, OptionNote
from app.domain.unmet import Looked, Noted

ROWS_AT_A_TIME = 2000


def iterate_looked(db: Session, *, since: date, until: date) -> Iterator[Looked]:
    """Yield every appointment of these days, the last not counted, in which options were shown.

    Voided appointments are left out, and those in which a family switched the counting off.
    """
    query = (
        select(Exposure, Encounter)
        .join(Encounter, col(Encounter.id) == Exposure.encounter_id)
        .where(Encounter.state != "voided", col(Exposure.minutes_band).is_not(None))
        .where(col(Encounter.encounter_on) >= since, col(Encounter.encounter_on) < until)
        .order_by(col(Encounter.encounter_on), Exposure.id)
    )
    rows = db.exec(query.execution_options(yield_per=ROWS_AT_A_TIME))
    for exposure, encounter in rows:
        if exposure.shown:
            ways = tuple(dict.fromkeys(exposure.shown))
            on = encounter.encounter_on
            yield Looked(exposure.grid_public_id, encounter.team_id, on, ways)


def list_noted(db: Session) -> dict[tuple[str, str, str], Noted]:
    """Return every note by grid, option and team; an entry behind it gives the wait it lacks."""
    query = select(OptionNote, LocalOffer).outerjoin(
        LocalOffer,
        (col(LocalOffer.id) == OptionNote.offer_id) & col(LocalOffer.retired_at).is_(None),
    )
    ordered = query.order_by(OptionNote.public_id, OptionNote.option_id, OptionNote.team_id)
    return {
        (note.public_id, note.option_id, note.team_id): Noted(
            note.place,
            note.wait_weeks if note.wait_weeks is not None or offer is None else offer.wait_weeks,
        )
        for note, offer in db.exec(ordered).all()
    }
