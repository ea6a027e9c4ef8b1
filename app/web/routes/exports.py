"""The researcher's desk: ask, decide, make, take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import FileResponse, Response

from app.db.queries import exports as queries
from app.domain.access import Permission, Viewer
from app.errors import NotAllowed
from app.services import exports
from app.services.export_jobs import Order
from app.services.refusals import Refused
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.exports import read_export
from app.web.forms.reading import Form, text, texts
from app.web.guards import SignedIn, requires, requires_proof
from app.web.pages.exports import ExportPage, ExportsPage
from app.web.responses import page_response, see_other
from app.web.service import Service

router = APIRouter()
Requests = Annotated[Viewer, Depends(requires(Permission.EXPORT_REQUEST))]
Approves = Annotated[Viewer, Depends(requires_proof(Permission.EXPORT_APPROVE))]
Downloads = Annotated[Viewer, Depends(requires_proof(Permission.EXPORT_DOWNLOAD))]
FIELDS = ("instrument", "from_on", "to_on", "reason", "project", "days")


def takes_part(viewer: SignedIn) -> Viewer:
    """Return the viewer if they ask for exports or decide on them."""
    if viewer.may(Permission.EXPORT_REQUEST) or viewer.may(Permission.EXPORT_APPROVE):
        return viewer
    raise NotAllowed


takes_part.access = "export_request or export_approve"  # type: ignore[attr-defined]  # read by the access contract test
TakesPart = Annotated[Viewer, Depends(takes_part)]


@router.get("/exports")
def show_exports(request: Request, viewer: TakesPart, db: ReadDb) -> Response:
    """Show the requests and the form."""
    page = ExportsPage(
        exports=queries.list_exports(db, viewer),
        instruments=queries.list_instruments(db),
        teams=queries.list_team_names(db),
        may_request=viewer.may(Permission.EXPORT_REQUEST),
    )
    return page_response(request, page)


@router.post("/exports")
def ask_for_export(
    request: Request, viewer: Requests, form: Form, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Keep a request."""
    today = now.astimezone(service.settings.timezone).date()
    draft = read_export(form)
    outcome = exports.request_export(db, draft=draft, by=viewer, today=today, now=now)
    if not isinstance(outcome, Refused):
        return see_other(f"/exports/{outcome.id}")
    page = ExportsPage(
        exports=queries.list_exports(db, viewer),
        instruments=queries.list_instruments(db),
        teams=queries.list_team_names(db),
        may_request=True,
        typed={name: text(form, name) for name in FIELDS},
        chosen_teams=texts(form, "teams"),
        chosen_formats=texts(form, "formats"),
        faults=outcome.faults,
    )
    return page_response(request, page, status=422)


@router.get("/exports/{export_id}")
def show_export(
    request: Request, viewer: TakesPart, export_id: str, db: ReadDb, service: ServiceDep
) -> Response:
    """Show one request."""
    entry = queries.get_export(db, viewer, export_id)
    may_decide = viewer.may(Permission.EXPORT_APPROVE) and entry.may_still_decide
    may_download = viewer.may(Permission.EXPORT_DOWNLOAD) and entry.mine
    progress = service.export_jobs.progress(_folder(service), export_id)
    return page_response(request, ExportPage(entry, may_decide, may_download, progress))


@router.post("/exports/{export_id}/decision")
def decide(viewer: Approves, export_id: str, form: Form, db: WriteDb, now: Now) -> Response:
    """Approve or refuse a request of somebody else."""
    exports.decide_export(
        db,
        export_id=export_id,
        approve=text(form, "decision") == "approve",
        note=text(form, "note"),
        by=viewer,
        now=now,
    )
    return see_other(f"/exports/{export_id}")


@router.post("/exports/{export_id}/file")
def make_file(
    viewer: Downloads, export_id: str, db: ReadDb, service: ServiceDep, now: Now
) -> Response:
    """Begin to make the file of an approved request; its page says how far it is."""
    exports.check_makeable(db, by=viewer, export_id=export_id)
    settings = service.settings
    order = Order(
        database_url=service.database.url.render_as_string(hide_password=False),
        var_dir=settings.var_dir,
        content_dir=settings.content_dir,
        export_id=export_id,
        by=viewer.staff_id,
        today=now.astimezone(settings.timezone).date(),
        now=now,
    )
    service.export_jobs.start(order)
    return see_other(f"/exports/{export_id}")


@router.post("/exports/{export_id}/download")
def download(
    viewer: Downloads, export_id: str, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Give the whole file. A POST, because it leaves an audit event."""
    folder = _folder(service)
    path = exports.open_file(db, export_id=export_id, folder=folder, by=viewer, now=now)
    return FileResponse(path, media_type="application/zip", filename=path.name)


def _folder(service: Service) -> Path:
    return service.settings.var_dir / "exports"
