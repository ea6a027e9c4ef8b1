"""Reading the local offer, and the notes on options. Facts of this place, never evidence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, func, select

from app.db.tables import LocalOffer, OptionNote, Staff
from app.domain.local_offer import UNDATED, is_stale
from app.errors import NotFound

#: The notes of the service as a whole are kept under no team.
SERVICE = ""


@dataclass(frozen=True)
class OfferEntry:
    """One entry of the directory. ``checked_on`` is None where a feed gave no date."""

    id: str
    name: str
    what: str
    age_from: int | None
    age_to: int | None
    how_to_get: str
    wait_weeks: int | None
    from_feed: bool
    checked_on: date | None
    checked_by: str

    def is_stale(self, today: date) -> bool:
        """Say whether nobody has looked at this for too long."""
        return self.checked_on is None or is_stale(self.checked_on, today)


@dataclass(frozen=True)
class NoteEntry:
    """Whether an option is offered here. ``offer`` is the entry behind it while that is there."""

    public_id: str
    option_id: str
    team_id: str
    place: str
    wait_weeks: int | None
    checked_on: date
    checked_by: str
    offer: OfferEntry | None

    @property
    def weeks(self) -> int | None:
        """The note's own wait, else that of the entry behind it."""
        if self.wait_weeks is None and self.offer is not None:
            return self.offer.wait_weeks
        return self.wait_weeks

    @property
    def seen_on(self) -> date | None:
        """The older of the two days on which somebody looked; None where one is not known."""
        if self.offer is None:
            return self.checked_on
        seen = self.offer.checked_on
        return None if seen is None else min(seen, self.checked_on)

    def is_stale(self, today: date) -> bool:
        """Say whether the note, or the entry behind it, is too old to be trusted."""
        behind = self.offer is not None and self.offer.is_stale(today)
        return behind or is_stale(self.checked_on, today)


def list_offers(db: Session) -> tuple[OfferEntry, ...]:
    """Return what there is near here, by name; what was retired is left out."""
    query = (
        select(LocalOffer, Staff.display_name)
        .outerjoin(Staff, col(Staff.id) == LocalOffer.checked_by)
        .where(col(LocalOffer.retired_at).is_(None))
        .order_by(func.lower(LocalOffer.name), LocalOffer.id)
    )
    return tuple(_offer(row, name) for row, name in db.exec(query).all())


def get_offer(db: Session, offer_id: str) -> OfferEntry:
    """Return one entry of the directory. Raises NotFound, also for a retired one."""
    row = get_row(db, offer_id)
    named = db.get(Staff, row.checked_by)
    return _offer(row, named.display_name if named else None)


def get_row(db: Session, offer_id: str, *, for_update: bool = False) -> LocalOffer:
    """Return the row behind an entry, for a service that changes it. Raises NotFound."""
    row = db.get(LocalOffer, offer_id, with_for_update=for_update)
    if row is None or row.retired_at is not None:
        raise NotFound
    return row


def rows_by_ref(db: Session, refs: Collection[str]) -> dict[str, LocalOffer]:
    """Return the rows that came from a feed, by the id they have there; retired ones too."""
    query = select(LocalOffer).where(col(LocalOffer.source_ref).in_(refs)).order_by(LocalOffer.id)
    return {row.source_ref: row for row in db.exec(query).all() if row.source_ref is not None}


def list_notes(
    db: Session, *, public_ids: Collection[str], team_ids: Collection[str]
) -> tuple[NoteEntry, ...]:
    """Return the notes of the service and of some teams on some grids, the service's first."""
    query = (
        select(OptionNote, Staff.display_name, LocalOffer)
        .outerjoin(Staff, col(Staff.id) == OptionNote.checked_by)
        .outerjoin(LocalOffer, col(LocalOffer.id) == OptionNote.offer_id)
        .where(
            col(OptionNote.public_id).in_(public_ids),
            col(OptionNote.team_id).in_([SERVICE, *team_ids]),
        )
        .order_by(OptionNote.team_id, OptionNote.public_id, OptionNote.option_id)
    )
    return tuple(_note(*row) for row in db.exec(query).all())


def notes_about(db: Session, *, public_id: str, team_id: str) -> dict[str, NoteEntry]:
    """Return by option what holds for a team: its own note, else that of the service."""
    notes = list_notes(db, public_ids=[public_id], team_ids=[team_id])
    return {note.option_id: note for note in notes}


def _offer(row: LocalOffer, checked_by: str | None) -> OfferEntry:
    return OfferEntry(
        id=row.id,
        name=row.name,
        what=row.what,
        age_from=row.age_from,
        age_to=row.age_to,
        how_to_get=row.how_to_get,
        wait_weeks=row.wait_weeks,
        from_feed=row.source_ref is not None,
        checked_on=None if row.checked_on == UNDATED else row.checked_on,
        checked_by=checked_by or "",
    )


def _note(row: OptionNote, checked_by: str | None, offer: Any) -> NoteEntry:
    return NoteEntry(
        public_id=row.public_id,
        option_id=row.option_id,
        team_id=row.team_id,
        place=row.place,
        wait_weeks=row.wait_weeks,
        checked_on=row.checked_on,
        checked_by=checked_by or "",
        offer=None if offer is None or offer.retired_at is not None else _offer(offer, None),
    )
