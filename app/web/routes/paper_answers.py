"""Typing in what came back on paper: the codes of a sheet, then what is on it, twice."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.domain.access import Permission, Viewer
from app.domain.paper_answers import PaperAnswers, find_differences, list_fields, read_answers
from app.services import paper_answers, paper_forms
from app.services.paper_forms import FoundForm
from app.services.refusals import Refused
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.paper_answers import read_typed
from app.web.forms.reading import Form, text
from app.web.guards import requires
from app.web.pages.paper_answers import (
    Difference,
    FindFormPage,
    NotTakenPage,
    StoredPage,
    TypeInPage,
)
from app.web.responses import page_response, see_other
from app.web.service import Service

router = APIRouter()
Enterer = Annotated[Viewer, Depends(requires(Permission.ANSWER_ENTER))]
ONE = "/encounters/{encounter_id}/paper-answers/{number}"


def get_found(
    viewer: Enterer, db: ReadDb, service: ServiceDep, encounter_id: str, number: str
) -> FoundForm:
    """Return the sheet that an address names. Raises NotFound."""
    return paper_forms.find_same_form(
        db,
        encounter_id=encounter_id,
        number=number,
        mode=service.state.mode,
        by=viewer,
        keyring=service.keyring,
    )


Found = Annotated[FoundForm, Depends(get_found)]


@router.get("/paper-answers")
def ask_codes(request: Request, _: Enterer) -> Response:
    """Ask for the two codes on the sheet."""
    return page_response(request, FindFormPage())


@router.post("/paper-answers")
def find_sheet(
    request: Request, viewer: Enterer, form: Form, db: ReadDb, service: ServiceDep
) -> Response:
    """Go to the sheet with these codes, or ask again."""
    code, number = text(form, "code")[:40], text(form, "number")[:40]
    found = paper_forms.find_form(
        db, code=code, number=number, mode=service.state.mode, by=viewer, keyring=service.keyring
    )
    if isinstance(found, Refused):
        return page_response(request, FindFormPage(code, number, found.faults), status=422)
    return see_other(f"/encounters/{found.kind.encounter_id}/paper-answers/{found.number}")


@router.get(ONE)
def show_sheet(
    request: Request, viewer: Enterer, found: Found, db: ReadDb, service: ServiceDep
) -> Response:
    """Show the sheet to be typed in, or why it is not taken."""
    fault = paper_answers.find_fault(db, found=found, by=viewer, keyring=service.keyring)
    if fault:
        return page_response(request, _not_taken(found, fault, service), status=409)
    return page_response(request, TypeInPage.of(found, typed={}))


@router.post(ONE)
def type_first(
    request: Request, viewer: Enterer, found: Found, form: Form, service: ServiceDep
) -> Response:
    """Take what was typed the first time along, and ask for it again. Nothing is stored."""
    typed = read_typed(form, _fields(found))
    read = _read(found, typed)
    if isinstance(read, dict):
        return page_response(request, TypeInPage.of(found, typed=typed, faults=read), status=422)
    carried = paper_answers.keep_first(service.keyring, found=found, typed=typed, by=viewer)
    return page_response(request, TypeInPage.of(found, typed={}, carried=carried))


@router.post(f"{ONE}/again")
def type_again(
    request: Request,
    viewer: Enterer,
    found: Found,
    form: Form,
    db: WriteDb,
    service: ServiceDep,
    now: Now,
) -> Response:
    """Store the sheet if it was typed the same twice, or show where it was not."""
    page = _compared(found, form, service, viewer)
    if isinstance(page, TypeInPage):
        return page_response(request, page, status=422)
    refused = paper_answers.store_answers(
        db, found=found, twice=page, by=viewer, keyring=service.keyring, now=now
    )
    if refused is not None:
        return page_response(request, _not_taken(found, refused, service), status=409)
    words = paper_answers.take_out_words(service.keyring, found)
    return page_response(request, StoredPage(found.code, found.number, words))


def _compared(
    found: FoundForm, form: Form, service: Service, viewer: Viewer
) -> TypeInPage | paper_answers.TypedTwice:
    letters, fields = text(form, "carried"), _fields(found)
    typed = read_typed(form, fields)
    first = paper_answers.read_first(service.keyring, found=found, letters=letters, by=viewer)
    if first is None:
        return TypeInPage.of(found, typed={}, faults={"form": "page_too_old"})
    read = _read(found, typed)
    if isinstance(read, dict):
        return TypeInPage.of(found, typed=typed, carried=letters, faults=read)
    differing = find_differences(first.typed, typed, fields)
    if differing:
        shown = tuple(Difference(f, first.typed.get(f, ""), typed.get(f, "")) for f in differing)
        return TypeInPage.of(found, typed=typed, carried=letters, differences=shown)
    return paper_answers.TypedTwice(read, first.response_id)


def _read(found: FoundForm, typed: dict[str, str]) -> PaperAnswers | dict[str, str]:
    instrument = found.shown.instrument
    return read_answers(
        typed,
        item_ids=instrument.item_ids,
        scale=instrument.scale,
        occasion=found.kind.occasion,
    )


def _fields(found: FoundForm) -> tuple[str, ...]:
    return list_fields(found.shown.instrument.item_ids, found.kind.occasion)


def _not_taken(found: FoundForm, why: str, service: Service) -> NotTakenPage:
    is_here = why == "already_entered"
    words = paper_answers.take_out_words(service.keyring, found) if is_here else ()
    return NotTakenPage(found.code, found.number, why, words)
