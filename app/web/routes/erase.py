"""The desk hears four words and takes the answers out that they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.db.queries import erasures as queries
from app.domain.access import Permission, Viewer
from app.services import erasures
from app.services.erasures import Asked
from app.services.refusals import Refused
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.reading import Form, text
from app.web.guards import requires
from app.web.pages.erase import ErasedPage, ErasePage, ErasingPage
from app.web.responses import page_response, see_other
from app.web.service import Service

router = APIRouter()
Erases = Annotated[Viewer, Depends(requires(Permission.ERASURE_RECORD))]


@router.get("/erase")
def ask_for_words(request: Request, _: Erases) -> Response:
    """Show the box for the words."""
    return page_response(request, ErasePage())


@router.post("/erase")
def find_answers(
    request: Request, viewer: Erases, form: Form, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Show what the words belong to. A POST: the words are in no address and in no log."""
    words = text(form, "words")
    found = erasures.find_sets(db, asked=Asked(words, viewer, service.keyring), now=now)
    if isinstance(found, Refused):
        return page_response(request, ErasePage(words, found.faults), status=422)
    return page_response(request, ErasingPage(words, found))


@router.post("/erase/{response_id}")
def erase_answers(
    request: Request, viewer: Erases, response_id: str, form: Form, service: ServiceDep, now: Now
) -> Response:
    """Erase one set."""
    words = text(form, "words")
    refused = erasures.erase_by_words(
        service.database,
        asked=Asked(words, viewer, service.keyring),
        response_id=response_id,
        folder=_folder(service),
        now=now,
    )
    if refused:
        return page_response(request, ErasePage(words, refused.faults), status=422)
    return see_other(f"/erase/{response_id}")


@router.get("/erase/{response_id}")
def show_erased(
    request: Request, _: Erases, response_id: str, db: ReadDb, service: ServiceDep
) -> Response:
    """Say that the answers are gone, and what stays."""
    tombstone = queries.get_tombstone(db, response_id)
    page = ErasedPage(tombstone, service.settings.service_timezone)
    return page_response(request, page)


def _folder(service: Service) -> Path:
    return service.settings.var_dir / "exports"
