"""The site's switch for what grids say at their end about personal budgets."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from app.db import sessions
from app.db.engine import Database
from app.services import audit, service_mode
from app.services.service_mode import ServiceState

SETTING: Final = "personal_budgets_on"


def switch_personal_budgets(
    database: Database, *, on: bool, by: str, now: datetime
) -> ServiceState:
    """Show or hide them and return the state after the commit; no change leaves no trace."""
    with sessions.write(database) as db:
        before = service_mode.load_state(db)
        if before.personal_budgets_on == on:
            return before
        service_mode.set_setting(db, SETTING, on)
        kind, details = audit.AuditKind.PERSONAL_BUDGETS_SWITCHED, {"on": on}
        audit.record(db, kind=kind, actor=by, subject="service", details=details, now=now)
        return service_mode.load_state(db)
