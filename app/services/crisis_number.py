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
NUMBER = re.compile(r"\+?[0-9](?: ?[0-9]){2,19}")


def set_crisis_number(
    database: Database, *, number: str, by: str, now: datetime
) -> ServiceState | Refused:
    """Keep the number (empty takes it away) and return the state after the commit.

    The state comes back only once the row is kept, so that no page can show a number that a
    restart would forget.
    """
    number = " ".join(number.split())
    if number and not NUMBER.fullmatch(number):
        return Refused({"number": "number_odd"})
    with sessions.write(database) as db:
        before = service_mode.load_state(db)
        if before.local_crisis_number == number:
            return before
        service_mode.set_setting(db, SETTING, number)
        digest = hashlib.sha256(number.encode()).hexdigest()
        kind, details = audit.AuditKind.SETTINGS_CHANGED, {"value_sha256": digest}
        audit.record(db, kind=kind, actor=by, subject=SETTING, details=details, now=now)
        return service_mode.load_state(db)
