"""The service's switch for links with which somebody answers on their own phone."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from app.db import sessions
from app.db.engine import Database
from app.services import audit, service_mode
from app.services.service_mode import ServiceState

SETTING: Final = "own_phone_links"


def switch_own_phones(database: Database, *, on: bool, by: str, now: datetime) -> ServiceState:
    """Switch them on or off and return the state after the commit; no change leaves no trace.

    Off, no link is made and none can be opened. What somebody is answering at that moment still
    arrives: they were promised that it would.
    """
    with sessions.write(database) as db:
        before = service_mode.load_state(db)
        if before.own_phone_links == on:
            return before
        service_mode.set_setting(db, SETTING, on)
        kind, details = audit.AuditKind.OWN_PHONE_LINKS_SWITCHED, {"on": on}
        audit.record(db, kind=kind, actor=by, subject="service", details=details, now=now)
        return service_mode.load_state(db)
