"""The number of the local crisis team, which heads the help strip of every page."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from app.db import sessions
from app.db.engine import Database
from app.services import audit, service_mode
from app.services.refusals import Refused
from app.services.service_mode import ServiceState

SETTING = "local_crisis_number"
CHECKED_ON = "local_crisis_number_on"
NUMBER = re.compile(r"\+?[0-9](?: ?[0-9]){2,19}")


def set_crisis_number(
    database: Database, *, number: str, by: str, now: datetime
) -> ServiceState | Refused:
    """Keep the number (empty takes it away) and return the state after the commit.

    The state comes back only once the row is kept, so that no page can show a number that a
    restart would forget. Saving the same number again says that it was rung again: the day is
    kept beside it, and live use asks for one within the month.
    """
    number = " ".join(number.split())
    if number and not NUMBER.fullmatch(number):
        return Refused({"number": "number_odd"})
    with sessions.write(database) as db:
        before = service_mode.load_state(db)
        checked_on = now.date().isoformat() if number else ""
        if (before.local_crisis_number, before.local_crisis_number_on) == (number, checked_on):
            return before
        service_mode.set_setting(db, SETTING, number)
        service_mode.set_setting(db, CHECKED_ON, checked_on)
        digest = hashlib.sha256(number.encode()).hexdigest()
        kind, details = audit.AuditKind.SETTINGS_CHANGED, {"value_sha256": digest}
        audit.record(db, kind=kind, actor=by, subject=SETTING, details=details, now=now)
        return service_mode.load_state(db)
