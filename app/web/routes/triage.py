"""From a difficulty and a need group to an open encounter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import Response

from app.content.release import GridRelease
from app.db.queries import local_offers as local_queries
from app.db.queries import teams as team_queries
from app.db.queries.local_offers import NoteEntry
from app.domain.access import Permission, Viewer
from app.domain.encounter import EncounterDraft
from app.services import encounters, studies
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.encounters import (
    EncounterForm,
    Opening,
    parse_encounter,
    read_encounter_form,
)
from app.web.forms.reading import Form
from app.web.guards import requires
from app.web.pages.offered import can_be_offered, card, list_offered
from app.web.pages.triage import Apart, TriagePage
from app.web.responses import page_response, see_other
from app.web.service import Service
from app.web.shared_words import groups_in, sources_in

router = APIRouter()
Opener = Annotated[Viewer, Depends(requires(Permission.ENCOUNTER_OPEN))]


@router.get("/triage")
def show_triage(
    request: Request,
    viewer: Opener,
    db: ReadDb,
    service: ServiceDep,
    now: Now,
    topic: str | None = None,
    group: str = "",
) -> Response:
    """Show the steps chosen so far; an empty topic means something else, as does an unknown one."""
    today = now.astimezone(service.settings.timezone).date()
    form = EncounterForm.blank(
        topic=_topic_named(service, today, topic or ""), group=group, teams=viewer.teams
    )
    page = _page(db, service, viewer, today, form, topic_chosen=topic is not None)
    return page_response(request, page)


@router.post("/encounters")
def open_encounter(
    request: Request, viewer: Opener, filled: Form, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Open an encounter and go to its page; two presses open one."""
    today = now.astimezone(service.settings.timezone).date()
    form = read_encounter_form(filled)
    draft = parse_encounter(form, _opening(db, service, viewer, today, form))
    if not isinstance(draft, EncounterDraft):
        page = _page(db, service, viewer, today, form, topic_chosen=True, faults=draft)
        return page_response(request, page, status=422)
    row = encounters.open_encounter(db, draft=draft, by=viewer, now=now)
    return see_other(f"/encounters/{row.id}")


def _topic_named(service: Service, today: date, name: str) -> str:
    """Return the topic behind the public id of one of its grids."""
    for release in list_offered(service.library, service.state, today):
        if release.public_id == name:
            return release.grid.topic
    return ""


def _page(
    db: Session,
    service: Service,
    viewer: Viewer,
    today: date,
    form: EncounterForm,
    *,
    topic_chosen: bool,
    faults: Mapping[str, str] | None = None,
) -> TriagePage:
    offered = list_offered(service.library, service.state, today)
    root = service.settings.content_dir
    groups = groups_in(root)
    shown = [r.public_id for r in offered if topic_chosen and r.grid.topic == form.topic]
    return TriagePage.of(
        form,
        cards=tuple(card(service.library, release, today) for release in offered),
        today=today,
        notes=_notes(db, viewer, form, shown),
        apart=Apart.of(groups, sources_in(root)),
        group_pages=tuple(groups),
        teams=team_queries.list_open_teams(db, viewer.teams),
        baseline=studies.teams_in_baseline(db, team_ids=viewer.teams, on=today),
        topic_chosen=topic_chosen,
        written={release.grid.topic for release in service.library.list_current()},
        faults=faults,
    )


def _notes(
    db: Session, viewer: Viewer, form: EncounterForm, public_ids: list[str]
) -> dict[str, dict[str, NoteEntry]]:
    """Return what is offered here by grid and option: the chosen team's notes, else the service's.

    Somebody in several teams meets a team's own notes on the page of the appointment.
    """
    teams = viewer.teams & {form.team}
    found: dict[str, dict[str, NoteEntry]] = {}
    for note in local_queries.list_notes(db, public_ids=public_ids, team_ids=teams):
        found.setdefault(note.public_id, {})[note.option_id] = note
    return found


def _opening(
    db: Session, service: Service, viewer: Viewer, today: date, form: EncounterForm
) -> Opening:
    topics = {r.grid.topic for r in list_offered(service.library, service.state, today)}
    baseline = studies.teams_in_baseline(db, team_ids=viewer.teams, on=today)

    def find_release(public_id: str, version: int) -> GridRelease | None:
        found = service.library.get(public_id, version)
        fits = found and can_be_offered(service.library, service.state, found, today)
        return found if fits else None

    return Opening(
        teams=[team.id for team in team_queries.list_open_teams(db, viewer.teams)],
        topics=topics,
        find_release=find_release,
        grid_needed=form.topic in topics and form.team not in baseline,
        practitioner=service.keyring.derive("practitioner", viewer.staff_id).hex()[:16],
        today=today,
    )
