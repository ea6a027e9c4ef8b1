"""The researcher's desk: look at results, take rounded ones along, count, type a denominator."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.db.queries import exports
from app.db.queries import studies as queries
from app.domain.access import Permission, Viewer
from app.domain.disclosure import Tier
from app.services import denominators, desk, desk_counts, own_results, unmet
from app.services.refusals import Refused
from app.services.tablet_config import opaque_practitioner
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.reading import Form, text
from app.web.forms.research import WEEK, Chosen
from app.web.guards import requires
from app.web.pages.offered import card
from app.web.pages.research import (
    EligiblePage,
    OwnPage,
    ResearchPage,
    ShareDrawing,
    SharePage,
    ShareTable,
)
from app.web.pages.unmet import UnmetPage, table_text
from app.web.responses import file_response, page_response, see_other

router = APIRouter()
Own = Annotated[Viewer, Depends(requires(Permission.ENCOUNTER_OPEN))]
Looks = Annotated[Viewer, Depends(requires(Permission.COMPLETENESS_VIEW))]


@router.get("/research")
def show_results(
    request: Request, viewer: Looks, chosen: Chosen, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Show results as they may be seen inside the service. Every look is in the log."""
    today = now.astimezone(service.settings.timezone).date()
    results = desk.view_results(
        db, wanted=chosen, tier=Tier.INSIDE, by=viewer, today=today, now=now
    )
    return page_response(request, ResearchPage.of(results, service.settings.service_timezone))


@router.get("/research/share")
def show_shared(
    request: Request, viewer: Looks, chosen: Chosen, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Show results as they may leave the service."""
    today = now.astimezone(service.settings.timezone).date()
    results = desk.view_results(
        db, wanted=chosen, tier=Tier.LEAVING, by=viewer, today=today, now=now
    )
    return page_response(request, SharePage.of(results, service.settings.service_timezone))


@router.get("/research/share/shares.svg")
def take_drawing(
    request: Request, viewer: Looks, chosen: Chosen, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Give the chart of shares as a drawing."""
    today = now.astimezone(service.settings.timezone).date()
    results = desk.take_results(db, wanted=chosen, what="svg", by=viewer, today=today, now=now)
    page = ShareDrawing.of(results, service.settings.service_timezone)
    return file_response(request, page, media_type="image/svg+xml", name="shares.svg")


@router.get("/research/share/shares.csv")
def take_table(
    request: Request, viewer: Looks, chosen: Chosen, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Give the table of shares."""
    today = now.astimezone(service.settings.timezone).date()
    results = desk.take_results(db, wanted=chosen, what="csv", by=viewer, today=today, now=now)
    page = ShareTable.of(results, service.settings.service_timezone)
    return file_response(request, page, media_type="text/csv", name="shares.csv")


@router.post("/research/count")
def count(viewer: Looks, service: ServiceDep, now: Now) -> Response:
    """Count the answers now; results still move on only in whole steps."""
    desk_counts.count_again(service.database, by=viewer.staff_id, now=now)
    return see_other("/research")


@router.get("/research/not-here")
def show_unmet(
    request: Request, viewer: Looks, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Show by quarter what families looked at and cannot have here, rounded to leave."""
    today = now.astimezone(service.settings.timezone).date()
    lines = unmet.view_unmet(db, by=viewer, today=today, now=now)
    cards = [card(service.library, grid, today) for grid in service.library.list_current()]
    return page_response(request, UnmetPage.of(lines, cards))


@router.get("/research/not-here.csv")
def take_unmet(viewer: Looks, db: WriteDb, service: ServiceDep, now: Now) -> Response:
    """Give the same table as a file."""
    today = now.astimezone(service.settings.timezone).date()
    lines = unmet.take_unmet(db, by=viewer, today=today, now=now)
    cards = [card(service.library, grid, today) for grid in service.library.list_current()]
    headers = {"content-disposition": 'attachment; filename="not-offered-here.csv"'}
    text_of_table = table_text(UnmetPage.of(lines, cards))
    return Response(text_of_table, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/own-results")
def show_own(request: Request, viewer: Own, db: WriteDb, service: ServiceDep, now: Now) -> Response:
    """Show a practitioner what families answered about them, and about nobody else."""
    today = now.astimezone(service.settings.timezone).date()
    opaque = opaque_practitioner(service.keyring, viewer.staff_id)
    found = own_results.view_own(db, practitioner=opaque, by=viewer, today=today, now=now)
    return page_response(request, OwnPage(found))


@router.get("/research/eligible")
def show_eligible(request: Request, _viewer: Looks, db: ReadDb) -> Response:
    """Show what was counted, and the form for one week."""
    teams = exports.list_team_names(db)
    counts = queries.list_eligible(db, [team for team, _ in teams])
    return page_response(request, EligiblePage(teams, counts))


@router.post("/research/eligible")
def record_eligible(
    request: Request, viewer: Looks, form: Form, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Keep one week of one team."""
    typed = {name: text(form, name).strip() for name in WEEK}
    today = now.astimezone(service.settings.timezone).date()
    outcome = denominators.record_week(
        db,
        team=typed["team"],
        week=typed["week_on"],
        appointments=typed["appointments"],
        by=viewer.staff_id,
        today=today,
        now=now,
    )
    if not isinstance(outcome, Refused):
        return see_other("/research/eligible")
    teams = exports.list_team_names(db)
    counts = queries.list_eligible(db, [team for team, _ in teams])
    page = EligiblePage(teams, counts, typed, outcome.faults)
    return page_response(request, page, status=422)
