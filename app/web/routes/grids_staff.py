"""The grids as staff see them, and the words of those who answer for a release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import Response

from app.content.release import GridRelease
from app.db.queries import approvals as queries
from app.domain.access import Permission, Viewer
from app.errors import NotFound
from app.services import approvals, sign_in, studies
from app.services.refusals import Refused
from app.web import standing
from app.web.deps import Now, ReadDb, ServiceDep
from app.web.forms.grids_staff import read_hash, read_kind, read_reason
from app.web.forms.reading import Form, text
from app.web.guards import requires, requires_proof
from app.web.login_cookie import Address
from app.web.pages.grids_staff import GridsPage
from app.web.pages.offered import is_switched_on
from app.web.pages.review import ReviewFacts, ReviewPage, review_page
from app.web.publishing import local_day
from app.web.responses import page_response, see_other
from app.web.service import Service

router = APIRouter()
Reads = Annotated[Viewer, Depends(requires(Permission.CONTENT_VIEW))]
Approves = Annotated[Viewer, Depends(requires_proof(Permission.GRID_APPROVE))]
Withdraws = Annotated[Viewer, Depends(requires(Permission.GRID_WITHDRAW))]


@router.get("/grids")
def list_grids(
    request: Request,
    viewer: Annotated[Viewer, Depends(requires(Permission.GRID_VIEW))],
    db: ReadDb,
    service: ServiceDep,
    now: Now,
) -> Response:
    """List the grids and where they stand; those who only work with families wait in a baseline."""
    today = now.astimezone(service.settings.timezone).date()
    baseline = studies.teams_in_baseline(db, team_ids=viewer.teams, on=today)
    waits = viewer.may(Permission.ENCOUNTER_OPEN) and baseline == viewer.teams
    may_read = viewer.may(Permission.CONTENT_VIEW)
    page = GridsPage.of(
        service.library, service.state, today, grids_open=may_read or not waits, may_read=may_read
    )
    return page_response(request, page)


@router.get("/grids/{public_id}/{version}")
def show_release(
    request: Request,
    viewer: Reads,
    db: ReadDb,
    service: ServiceDep,
    public_id: str,
    version: int,
    done: str = "",
) -> Response:
    """Show everything that a reviewer answers for."""
    release = _find(service, public_id, version)
    return page_response(request, _page(db, service, viewer, release, done=done))


@router.post("/grids/{public_id}/{version}/approve")
def approve_release(
    request: Request,
    viewer: Approves,
    form: Form,
    db: ReadDb,
    service: ServiceDep,
    address: Address,
    now: Now,
    public_id: str,
    version: int,
) -> Response:
    """Approve the very hash that was on the page, with the password again."""
    release, kind = _find(service, public_id, version), read_kind(form)
    if kind is None or read_hash(form) != release.sha256:
        raise NotFound
    proof = sign_in.weigh_again(
        service.database,
        by=viewer,
        password=text(form, "password"),
        address=address,
        keyring=service.keyring,
        now=now,
    )
    draft = approvals.ApprovalDraft(release, kind, proof)
    refused = approvals.approve_release(
        service.database, draft=draft, blocked_by=_block(service, release), by=viewer, now=now
    )
    if refused is not None:
        page = _page(db, service, viewer, release, refused=refused)
        return page_response(request, page, status=422)
    standing.refresh(service)
    return see_other(f"/grids/{public_id}/{version}?done=approved")


@router.post("/grids/{public_id}/{version}/withdraw")
def withdraw_release(
    request: Request,
    viewer: Withdraws,
    form: Form,
    db: ReadDb,
    service: ServiceDep,
    now: Now,
    public_id: str,
    version: int,
) -> Response:
    """Take a release back, for a reason from the list."""
    release, reason = _find(service, public_id, version), read_reason(form)
    if reason is None:
        refused = Refused({"reason": "reason_missing"})
        page = _page(db, service, viewer, release, refused=refused)
        return page_response(request, page, status=422)
    approvals.withdraw_now(
        service.database, release=release, reason=reason, by=viewer.staff_id, now=now
    )
    standing.refresh(service)
    return see_other(f"/grids/{public_id}/{version}?done=withdrawn")


def _find(service: Service, public_id: str, version: int) -> GridRelease:
    release = service.library.get(public_id, version)
    if release is None:
        raise NotFound
    return release


def _block(service: Service, release: GridRelease) -> str | None:
    return approvals.find_block(
        release, library=service.library, contacts=service.contacts, today=local_day(service)
    )


def _page(
    db: Session,
    service: Service,
    viewer: Viewer,
    release: GridRelease,
    *,
    done: str = "",
    refused: Refused | None = None,
) -> ReviewPage:
    why = service.standing.withdrawn.get(release.sha256)
    facts = ReviewFacts(
        library=service.library,
        today=local_day(service),
        viewer=viewer,
        given=queries.list_approvals(db, release.sha256),
        blocked_by=_block(service, release),
        why=why.value if why else "",
        is_open=is_switched_on(service.state, release),
    )
    faults: Mapping[str, str] = refused.faults if refused else {}
    wait = refused.wait_seconds if refused else 0
    return review_page(release, facts, done=done, faults=faults, wait_seconds=wait)
