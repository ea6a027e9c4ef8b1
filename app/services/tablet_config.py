"""What a tablet is told so that an appointment can start without a network.

The same rules and words as the hand-over plan, for a team instead of one appointment. Nothing in
it is about a family: no encounter, no code, no answer, and of staff only initials.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlmodel import Session

from app.adapters.keyring import Keyring
from app.db.queries import tablets as queries
from app.db.queries.tablets import CalendarEntry
from app.domain.envelope import canonical_bytes
from app.domain.handover import IDLE_SECONDS
from app.domain.marks import marks_of
from app.services import consents, local_offers
from app.services.instruments import asks_second, instruments_in_use, seconds_in_use

OPAQUE_LENGTH = 16


def team_config(
    db: Session,
    *,
    team_id: str,
    keyring: Keyring,
    mode: str,
    timezone: str,
    grids: Sequence[Mapping[str, Any]],
    languages: Sequence[str],
    counts: bool,
    today: date,
    feedback: int = 0,
) -> dict[str, Any]:
    """Return the configuration of a team's tablets; ``grids`` are those on offer today.

    A day that ``calendar`` does not cover belongs to no study: grids, and questions after the
    appointment only. ``instruments`` are in the order in which they are chosen; ``seconds`` are
    asked after them on days that say so, and outside any study where ``second`` does. Each grid
    carries under ``local`` what is offered here, by option, as the hand-over plan does. ``counts``:
    whether it may be counted what is opened of a grid that is not sensitive; ``feedback``: after
    how many days at most somebody reads what is written about one, 0 where nobody may write.
    """
    return {
        "mode": mode,
        "timezone": timezone,
        "practitioners": _practitioners(db, team_id, keyring),
        "calendar": [_stretch(db, entry) for entry in queries.list_calendar(db, team_id)],
        "instruments": [each.as_json() for each in instruments_in_use(db, mode=mode)],
        "seconds": [each.as_json() for each in seconds_in_use(db)],
        "second": asks_second(db, None),
        "grids": [_grid(db, grid, team_id, today) for grid in grids],
        "idle": dict(IDLE_SECONDS),
        "languages": list(languages),
        "counts": counts,
        "feedback": feedback,
    }


def config_sha256(config: Mapping[str, Any]) -> str:
    """Return the hash in hex over the canonical bytes, which a tablet can make as well."""
    return hashlib.sha256(canonical_bytes(config)).hexdigest()


def opaque_practitioner(keyring: Keyring, staff_id: str) -> str:
    """Return what answer sets call somebody; nothing leads back from it without our secret."""
    return keyring.derive("practitioner", staff_id).hex()[:OPAQUE_LENGTH]


def _practitioners(db: Session, team_id: str, keyring: Keyring) -> list[dict[str, str]]:
    marks = marks_of(queries.list_named(db), queries.list_practitioners(db, team_id))
    return [
        {"id": opaque_practitioner(keyring, staff_id), "mark": mark}
        for staff_id, mark in sorted(marks.items(), key=lambda entry: entry[1])
    ]


def _grid(db: Session, grid: Mapping[str, Any], team_id: str, today: date) -> dict[str, Any]:
    public_id = grid["public_id"]
    about = local_offers.about_here(db, public_id=public_id, team_id=team_id, today=today)
    return {**grid, "local": about}


def _stretch(db: Session, entry: CalendarEntry) -> dict[str, Any]:
    to_on = entry.stretch.to_on
    return {
        "phase": entry.phase.value,
        "from": entry.stretch.from_on.isoformat(),
        "to": to_on.isoformat() if to_on else None,
        "occasions": [occasion.value for occasion in entry.study.occasions],
        "instrument_id": entry.study.instrument,
        "second": asks_second(db, entry.study),
        "consent": consents.consent_of(db, entry.study),
    }
