"""What a service switches on and off for itself; each change leaves a trace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.db import sessions
from app.db.engine import Database
from app.errors import NotFound
from app.services import audit, service_mode
from app.services.audit import AuditKind
from app.services.service_mode import ServiceState


class Switch(StrEnum):
    """One switch, by the name of its setting, which is its field of ``ServiceState`` as well.

    ``SENSITIVE_GRIDS``: grids that are off until somebody here answers for them.
    ``PERSONAL_BUDGETS``: what grids say at their end about personal budgets.
    ``OWN_PHONES``: links with which somebody answers on their own phone. Off, no link is made and
    none opens; what somebody is answering at that moment still arrives, as they were promised.
    ``EXPOSURE_COUNTS``: counting what was opened of a grid (rules of the room 2.8).
    ``SECOND_PROFILE_WORDING``: the questions of the profile in a wording that fits children who do
    not live with their family, to be chosen beside the first (rules of the room 1.11).
    ``COURSE_RATINGS``: asking people who work here about courses on using the grids.
    ``SECOND_INSTRUMENT``: asking families outside any study SURE after the first questions.
    ``FEEDBACK``: letting people write what is missing on a grid. It is switched on by naming who
    reads it (``app.services.feedback``), and here switched off only.
    """

    SENSITIVE_GRIDS = "sensitive_grids_on"
    PERSONAL_BUDGETS = "personal_budgets_on"
    OWN_PHONES = "own_phone_links"
    EXPOSURE_COUNTS = "exposure_counts_on"
    SECOND_PROFILE_WORDING = "second_profile_wording_on"
    COURSE_RATINGS = "course_ratings_on"
    SECOND_INSTRUMENT = "second_instrument_on"
    FEEDBACK = "feedback_on"


_KINDS: Final[Mapping[Switch, AuditKind]] = {
    Switch.SENSITIVE_GRIDS: AuditKind.SENSITIVE_GRIDS_SWITCHED,
    Switch.PERSONAL_BUDGETS: AuditKind.PERSONAL_BUDGETS_SWITCHED,
    Switch.OWN_PHONES: AuditKind.OWN_PHONE_LINKS_SWITCHED,
    Switch.EXPOSURE_COUNTS: AuditKind.EXPOSURE_COUNTS_SWITCHED,
    Switch.SECOND_PROFILE_WORDING: AuditKind.SECOND_PROFILE_WORDING_SWITCHED,
    Switch.COURSE_RATINGS: AuditKind.COURSE_RATINGS_SWITCHED,
    Switch.SECOND_INSTRUMENT: AuditKind.SECOND_INSTRUMENT_SWITCHED,
    Switch.FEEDBACK: AuditKind.FEEDBACK_SWITCHED,
}


def turn(database: Database, switch: Switch, *, on: bool, by: str, now: datetime) -> ServiceState:
    """Turn a switch and return the state after the commit.

    Raises NotFound for switching feedback on: there is no such way without a named reader.
    """
    if on and switch is Switch.FEEDBACK:
        raise NotFound
    with sessions.write(database) as db:
        before = service_mode.load_state(db)
        if getattr(before, switch) == on:
            return before
        service_mode.set_setting(db, switch, on)
        kind, details = _KINDS[switch], {"on": on}
        audit.record(db, kind=kind, actor=by, subject="service", details=details, now=now)
        return service_mode.load_state(db)
