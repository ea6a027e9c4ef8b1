"""The list of encounters, the page of one, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import Response

from app.adapters.qr_code import draw_code
from app.db.queries import encounters as queries
from app.db.queries import exposures, teams
from app.db.queries import local_offers as local_queries
from app.db.queries.encounters import EncounterDetail
from app.domain.access import Permission, Viewer
from app.services import encounters, paper_forms
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.encounters import read_need_group, read_void_reason
from app.web.forms.paging import PageNumber
from app.web.forms.reading import Form
from app.web.guards import requires
from app.web.pages.encounters import EncounterPage, EncountersPage, LookTogether
from app.web.pages.offered import card
from app.web.responses import page_response, see_other
from app.web.service import Service
from app.web.shared_words import groups_in

router = APIRouter()
Looker = Annotated[Viewer, Depends(requires(Permission.ENCOUNTER_VIEW))]
Ender = Annotated[Viewer, Depends(requires(Permission.ENCOUNTER_VOID))]


@router.get("/encounters")
def list_encounters(
    request: Request,
    viewer: Looker,
    db: ReadDb,
    service: ServiceDep,
    now: Now,
    page: PageNumber,
    day: str = "",
    own: str = "",
) -> Response:
    """List the appointments of the viewer's teams, today first."""
    on = _read_day(day)
    part = queries.list_for(db, viewer, on=on, only_own=own == "yes", page=page)
    found = EncountersPage.of(
        part,
        team_names={team.id: team.name for team in teams.list_open_teams(db, viewer.teams)},
        now=now.astimezone(service.settings.timezone),
        day=day,
        only_own=own == "yes",
        day_unreadable=bool(day) and on is None,
    )
    return page_response(request, found)


@router.get("/encounters/{encounter_id}")
def show_encounter(
    request: Request,
    viewer: Looker,
    db: ReadDb,
    service: ServiceDep,
    now: Now,
    encounter_id: str,
) -> Response:
    """Show one appointment."""
    base = service.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    return page_response(request, encounter_page(db, service, viewer, encounter_id, now, base=base))


@router.post("/encounters/{encounter_id}/close")
def close_encounter(viewer: Ender, db: WriteDb, now: Now, encounter_id: str) -> Response:
    """Close an appointment."""
    encounters.close_encounter(db, encounter_id=encounter_id, by=viewer, now=now)
    return see_other(f"/encounters/{encounter_id}")


@router.post("/encounters/{encounter_id}/void")
def void_encounter(
    request: Request,
    viewer: Ender,
    form: Form,
    db: WriteDb,
    service: ServiceDep,
    now: Now,
    encounter_id: str,
) -> Response:
    """Mark an appointment as not counting, for a reason of the list."""
    reason = read_void_reason(form)
    if reason is None:
        faults = {"reason": "choose_reason"}
        page = encounter_page(db, service, viewer, encounter_id, now, faults)
        return page_response(request, page, status=422)
    encounters.void_encounter(db, encounter_id=encounter_id, reason=reason, by=viewer, now=now)
    return see_other(f"/encounters/{encounter_id}")


@router.post("/encounters/{encounter_id}/young-person-view")
def record_view(viewer: Ender, form: Form, db: WriteDb, encounter_id: str) -> Response:
    """Write down which need group the young person sees."""
    group = read_need_group(form)
    encounters.record_young_person_view(db, encounter_id=encounter_id, need_group=group, by=viewer)
    return see_other(f"/encounters/{encounter_id}")


def encounter_page(
    db: Session,
    service: Service,
    viewer: Viewer,
    encounter_id: str,
    now: datetime,
    faults: Mapping[str, str] | None = None,
    *,
    base: str = "",
) -> EncounterPage:
    """Return the page of one appointment; the hand-over draws it again with its own faults.

    ``base`` is how families reach this service; without it there is no link to look together.
    """
    found = queries.get(db, viewer, encounter_id)
    today = now.astimezone(service.settings.timezone).date()
    release = service.library.get(found.grid_public_id or "", found.grid_version or 0)
    public_id, team_id = found.grid_public_id or "", found.entry.team_id
    return EncounterPage.of(
        found,
        answers=queries.count_answers(db, encounter_id),
        grid=card(service.library, release, today) if release else None,
        pin_needed=not queries.has_pin(db, viewer.login_id),
        phones_on=service.state.own_phone_links,
        zone=service.settings.timezone,
        today=today,
        notes=local_queries.notes_about(db, public_id=public_id, team_id=team_id),
        together=look_together(found, base) if release and base else None,
        group_pages=tuple(groups_in(service.settings.content_dir)),
        opened=exposures.list_opened(db, viewer, encounter_id),
        forms=paper_forms.list_choices(db, found, mode=service.state.mode),
        faults=faults,
    )


def look_together(found: EncounterDetail, base: str) -> LookTogether:
    """Return the address of the grid, its version and the picked columns, and of nothing else."""
    columns = f"?c={','.join(found.picked)}" if found.picked else ""
    address = f"{base}/g/{found.grid_public_id}/{found.grid_version}{columns}"
    return LookTogether(address, *draw_code(address))


def _read_day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
