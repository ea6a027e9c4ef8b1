"""The page that says how long everything is kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.db.queries import quarantine
from app.db.queries import retention as queries
from app.domain.access import Permission, Viewer
from app.domain.keeping import last_due, next_due
from app.services import backups
from app.web.deps import Now, ReadDb, ServiceDep
from app.web.guards import requires
from app.web.pages.retention import RetentionPage
from app.web.responses import page_response

router = APIRouter()


@router.get("/retention")
def show_retention(
    request: Request,
    viewer: Annotated[Viewer, Depends(requires(Permission.RETENTION_VIEW))],
    db: ReadDb,
    service: ServiceDep,
    now: Now,
) -> Response:
    """Show the table and what the job did."""
    zone = service.settings.timezone
    runs, due = queries.list_runs(db), last_due(now, zone)
    made = backups.list_backups(service.settings.var_dir / "backups")
    page = RetentionPage(
        runs=runs,
        next_at=next_due(now, zone),
        late=not runs or runs[0].at < due,
        overdue=quarantine.count_overdue(db, now=now),
        newest_backup_at=made[-1][1] if made else None,
        may_see_quarantine=viewer.may(Permission.QUARANTINE_VIEW),
        zone=service.settings.service_timezone,
    )
    return page_response(request, page)
