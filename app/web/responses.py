"""How a page, a redirect and a download leave."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.domain.access import Permission, Viewer
from app.rendering.page import Chrome, NavItem, Page
from app.web.service import Service

NAVIGATION = (
    ("/home", "home", Permission.HOME_VIEW),
    ("/triage", "triage", Permission.ENCOUNTER_OPEN),
    ("/encounters", "encounters", Permission.ENCOUNTER_VIEW),
    ("/print-desk", "print_desk", Permission.PAPER_PRINT),
    ("/tablets", "tablets", Permission.TABLET_VIEW),
    ("/grids", "grids", Permission.GRID_VIEW),
    ("/research", "research", Permission.COMPLETENESS_VIEW),
    ("/exports", "exports", Permission.EXPORT_REQUEST),
    ("/exports", "exports", Permission.EXPORT_APPROVE),
    ("/audit", "audit", Permission.AUDIT_VIEW),
    ("/incidents", "incidents", Permission.INCIDENT_VIEW),
    ("/staff", "staff", Permission.STAFF_MANAGE),
    ("/service", "service", Permission.SERVICE_MANAGE),
)


def page_response(request: Request, page: Page, *, status: int = 200) -> HTMLResponse:
    """Return ``page`` with the surroundings that fit whoever asks."""
    service: Service = request.app.state.service
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    html = service.renderer.page(page, chrome(service, viewer, request.url.path))
    return HTMLResponse(html, status_code=status)


def file_response(request: Request, page: Page, *, media_type: str, name: str) -> Response:
    """Return ``page`` as a file to keep, of another kind than a page."""
    service: Service = request.app.state.service
    text = service.renderer.page(page, chrome(service))
    return Response(
        text,
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def chrome(service: Service, viewer: Viewer | None = None, path: str = "") -> Chrome:
    """Return the surroundings of a page."""
    return Chrome(
        contacts=service.contacts.with_local(service.state.local_crisis_number),
        mode=service.state.mode,
        demo=service.state.demo,
        staff_name=viewer.name if viewer else "",
        nav=_navigation(viewer, path) if viewer else (),
        exit_url=service.settings.exit_url,
    )


def _navigation(viewer: Viewer, path: str) -> tuple[NavItem, ...]:
    seen: dict[str, NavItem] = {}
    for href, key, permission in NAVIGATION:
        if viewer.may(permission):
            current = path == href or path.startswith(f"{href}/")
            seen.setdefault(href, NavItem(href, key, current))
    return tuple(seen.values())


def see_other(path: str) -> Response:
    """Send the browser to ``path`` after a write."""
    return RedirectResponse(path, status_code=303)


def safe_next(path: str | None, fallback: str = "/home") -> str:
    """Return ``path`` if it stays on this site, else ``fallback``."""
    if path and path.startswith("/") and not path.startswith(("//", "/\\")):
        return path
    return fallback
