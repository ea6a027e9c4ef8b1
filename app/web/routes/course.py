"""Courses on using the grids: rating oneself before and after, and what came of it."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.domain.access import Permission, Viewer
from app.services import course_ratings
from app.services.course_ratings import FilledForm
from app.services.refusals import Refused
from app.web.deps import Now, ServiceDep, WriteDb
from app.web.forms.course import read_course_form
from app.web.forms.reading import Form
from app.web.guards import requires
from app.web.pages.course import CourseFormPage, CourseKeptPage, CourseResultsPage, table_text
from app.web.responses import page_response

router = APIRouter()
Works = Annotated[Viewer, Depends(requires(Permission.HOME_VIEW))]
Looks = Annotated[Viewer, Depends(requires(Permission.COMPLETENESS_VIEW))]


@router.get("/course")
def show_form(request: Request, _: Works, service: ServiceDep) -> Response:
    """Show the form; each drawing of it has an id of its own."""
    course_ratings.check_open(service.state)
    return page_response(request, CourseFormPage(FilledForm(str(uuid4()))))


@router.post("/course")
def keep_form(
    request: Request, _: Works, form: Form, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Keep the form and show the code to take along; who sent it is nowhere."""
    filled, today = read_course_form(form), now.astimezone(service.settings.timezone).date()
    kept = course_ratings.keep_form(db, form=filled, state=service.state, today=today, now=now)
    if isinstance(kept, Refused):
        return page_response(request, CourseFormPage(filled, kept.faults), status=422)
    return page_response(request, CourseKeptPage(kept))


@router.get("/research/course")
def show_results(
    request: Request, viewer: Looks, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Show what people said, as it may leave the service."""
    today = now.astimezone(service.settings.timezone).date()
    found = course_ratings.view_results(db, state=service.state, by=viewer, today=today, now=now)
    return page_response(request, CourseResultsPage.of(found))


@router.get("/research/course.csv")
def take_results(viewer: Looks, db: WriteDb, service: ServiceDep, now: Now) -> Response:
    """Give the same as a file."""
    today = now.astimezone(service.settings.timezone).date()
    found = course_ratings.take_results(db, state=service.state, by=viewer, today=today, now=now)
    headers = {"content-disposition": 'attachment; filename="course.csv"'}
    return Response(table_text(found), media_type="text/csv; charset=utf-8", headers=headers)
