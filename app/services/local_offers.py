"""The local offer: entries added, changed, retired and taken from a feed; notes on options."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from app.db.queries import local_offers as queries
from app.db.queries.local_offers import SERVICE, NoteEntry
from app.db.tables import LocalOffer, OptionNote
from app.domain.access import Viewer
from app.domain.local_feed import Feed, FeedEntry
from app.domain.local_offer import UNDATED, OfferDraft, OfferPlace
from app.errors import NotFound
from app.services import audit

LONGEST_FILE_NAME = 80


@dataclass(frozen=True)
class FeedOutcome:
    """What taking a feed does, or would do, by name: the dry run and the real one are one verb."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    same: int = 0
    left_out: int = 0


def add_offer(
    db: Session, *, offer_id: str, draft: OfferDraft, by: Viewer, now: datetime
) -> LocalOffer:
    """Add an entry, or return the one that the same press added a moment ago."""
    _one_writer(db)
    found = db.get(LocalOffer, offer_id)
    if found is not None:
        return found
    row = LocalOffer(id=offer_id, **_values(draft), checked_by=by.staff_id, created_at=now)
    db.add(row)
    _record(db, row.id, "added", by, now)
    return row


def change_offer(
    db: Session, *, offer_id: str, draft: OfferDraft, by: Viewer, now: datetime
) -> LocalOffer:
    """Change an entry; whoever does so has looked at it. Raises NotFound."""
    row = queries.get_row(db, offer_id, for_update=True)
    _fill(row, draft)
    row.checked_by = by.staff_id
    _record(db, row.id, "changed", by, now)
    return row


def confirm_offer(
    db: Session, *, offer_id: str, today: date, by: Viewer, now: datetime
) -> LocalOffer:
    """Note that an entry is still right today. Raises NotFound."""
    row = queries.get_row(db, offer_id, for_update=True)
    row.checked_on, row.checked_by = today, by.staff_id
    _record(db, row.id, "changed", by, now)
    return row


def retire_offer(db: Session, *, offer_id: str, by: Viewer, now: datetime) -> None:
    """Take an entry out of the directory; notes that name it stay without it. Raises NotFound."""
    row = queries.get_row(db, offer_id, for_update=True)
    row.retired_at = now
    _record(db, row.id, "retired", by, now)


def set_note(
    db: Session,
    *,
    public_id: str,
    option_id: str,
    team_id: str,
    place: OfferPlace | None,
    wait_weeks: int | None,
    offer_id: str | None,
    today: date,
    by: Viewer,
    now: datetime,
) -> None:
    """Say whether an option is offered here, for a team of the viewer or the whole service.

    A place of None takes the note back. Raises NotFound for another team or an entry that is gone.
    """
    if team_id != SERVICE and team_id not in by.teams:
        raise NotFound
    _one_writer(db)
    found = db.get(OptionNote, (public_id, option_id, team_id))
    if place is None:
        if found is None:
            return
        db.delete(found)
    else:
        if offer_id is not None:
            queries.get_row(db, offer_id)
        row = found or _blank_note(public_id, option_id, team_id)
        row.place, row.wait_weeks, row.offer_id = place.value, wait_weeks, offer_id
        row.checked_on, row.checked_by = today, by.staff_id
        db.add(row)
    details = {"option": option_id, "team": team_id, "place": place.value if place else "none"}
    kind = audit.AuditKind.OPTION_NOTE_CHANGED
    audit.record(db, kind=kind, actor=by.staff_id, subject=public_id, details=details, now=now)


def look_at_feed(db: Session, *, feed: Feed) -> FeedOutcome:
    """Return what taking a feed would do; nothing is written."""
    rows = queries.rows_by_ref(db, [entry.ref for entry in feed.entries])
    return _outcome([(entry, rows.get(entry.ref)) for entry in feed.entries])


def take_feed(
    db: Session,
    *,
    feed: Feed,
    file_name: str,
    sha256: str,
    refused: int,
    by: Viewer,
    now: datetime,
) -> FeedOutcome:
    """Take every entry of a feed; the same feed again changes nothing, whoever takes it at once.

    An entry is known by the id it has in the feed. One that a feed calls inactive is retired; one
    that was retired here stays so. A wait that somebody wrote here is kept, as feeds have none.
    """
    _one_writer(db)
    rows = queries.rows_by_ref(db, [entry.ref for entry in feed.entries])
    pairs = [(entry, rows.get(entry.ref)) for entry in feed.entries]
    outcome = _outcome(pairs)
    for entry, row in pairs:
        _take(db, entry, row, by, now)
    details: dict[str, audit.Detail] = {
        "sha256": sha256,
        "added": len(outcome.added),
        "changed": len(outcome.changed) + len(outcome.retired),
        "refused": refused,
    }
    kind = audit.AuditKind.LOCAL_OFFERS_IMPORTED
    subject = _plain_name(file_name)
    audit.record(db, kind=kind, actor=by.staff_id, subject=subject, details=details, now=now)
    return outcome


def about_here(
    db: Session, *, public_id: str, team_id: str, today: date
) -> dict[str, dict[str, Any]]:
    """Return by option what a family is told about here; nobody who works here is named in it."""
    notes = queries.notes_about(db, public_id=public_id, team_id=team_id)
    return {option: told(note, today) for option, note in notes.items()}


def told(note: NoteEntry, today: date) -> dict[str, Any]:
    """Return a note as JSON: ``weeks`` and ``checked_on`` are None where nobody knows."""
    seen, offer = note.seen_on, note.offer
    return {
        "place": note.place,
        "weeks": note.weeks,
        "name": offer.name if offer else "",
        "how": offer.how_to_get if offer else "",
        "checked_on": seen.isoformat() if seen else None,
        "stale": note.is_stale(today),
    }


def file_sha256(raw: bytes) -> str:
    """Return the hash in hex by which the log names a file."""
    return hashlib.sha256(raw).hexdigest()


def _one_writer(db: Session) -> None:
    """Let one writer in at a time, where two presses could both find nothing and both insert.

    Each of these verbs ends with a link of the audit chain, whose head is held until the commit;
    here it is taken before the first look.
    """
    audit.lock_head(db.connection())


def _outcome(pairs: list[tuple[FeedEntry, LocalOffer | None]]) -> FeedOutcome:
    added, changed, retired = [], [], []
    same = left_out = 0
    for entry, row in pairs:
        if row is None and entry.offer is not None:
            added.append(entry.name)
        elif row is None or row.retired_at is not None:
            left_out += 1
        elif entry.offer is None:
            retired.append(row.name)
        elif _differs(row, _merged(entry.offer, row)):
            changed.append(entry.name)
        else:
            same += 1
    return FeedOutcome(tuple(added), tuple(changed), tuple(retired), same, left_out)


def _take(db: Session, entry: FeedEntry, row: LocalOffer | None, by: Viewer, now: datetime) -> None:
    if row is None and entry.offer is not None:
        made = LocalOffer(id=str(uuid4()), **_values(entry.offer), created_at=now)
        made.source_ref, made.checked_by = entry.ref, by.staff_id
        db.add(made)
    elif row is None or row.retired_at is not None:
        return
    elif entry.offer is None:
        row.retired_at = now
    else:
        merged = _merged(entry.offer, row)
        if _differs(row, merged):
            _fill(row, merged)


def _merged(offer: OfferDraft, row: LocalOffer) -> OfferDraft:
    """A feed's words with what only people here know: the wait, and a later look."""
    later = max(offer.checked_on, row.checked_on)
    return replace(offer, wait_weeks=row.wait_weeks, checked_on=later)


def _differs(row: LocalOffer, draft: OfferDraft) -> bool:
    return any(getattr(row, key) != value for key, value in _values(draft).items())


def _fill(row: LocalOffer, draft: OfferDraft) -> None:
    for key, value in _values(draft).items():
        setattr(row, key, value)


def _values(draft: OfferDraft) -> Mapping[str, Any]:
    return {key: getattr(draft, key) for key in OfferDraft.__slots__}


def _blank_note(public_id: str, option_id: str, team_id: str) -> OptionNote:
    return OptionNote(
        public_id=public_id,
        option_id=option_id,
        team_id=team_id,
        place=OfferPlace.HERE.value,
        checked_on=UNDATED,
        checked_by="",
    )


def _plain_name(file_name: str) -> str:
    """A file's name as the log may hold it."""
    plain = "".join(sign if " " <= sign <= "~" else "?" for sign in file_name)
    return plain[:LONGEST_FILE_NAME] or "feed"


def _record(db: Session, offer_id: str, change: str, by: Viewer, now: datetime) -> None:
    details = {"change": change}
    kind = audit.AuditKind.LOCAL_OFFER_CHANGED
    audit.record(db, kind=kind, actor=by.staff_id, subject=offer_id, details=details, now=now)
