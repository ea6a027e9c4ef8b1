"""The audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.db.queries import audit_log
from app.domain.access import Permission, Viewer
from app.services import audit
from app.web.deps import ReadDb, ServiceDep
from app.web.forms.paging import PageNumber
from app.web.guards import requires
from app.web.pages.audit import AuditPage
from app.web.responses import page_response

router = APIRouter()


@router.get("/audit")
def show_log(
    request: Request,
    _viewer: Annotated[Viewer, Depends(requires(Permission.AUDIT_VIEW))],
    db: ReadDb,
    service: ServiceDep,
    page: PageNumber,
) -> Response:
    """Show the newest events; the first page follows the whole chain."""
    part = audit_log.list_events(db, page=page)
    broken_at = (audit.verify(db) or 0) if part.page == 1 else None
    return page_response(request, AuditPage.of(part, broken_at, service.settings.service_timezone))
