"""Publishing the appointment page: made once, served from memory like the grids."""

from __future__ import annotations

from functools import partial

from app.web.pages.appointment import AppointmentPage
from app.web.published import Document, Published, document
from app.web.responses import chrome
from app.web.service import Service

PATH = "/appointment"
HTML = "text/html; charset=utf-8"


def publish_appointment(service: Service, published: Published) -> None:
    """Serve the appointment; made anew whenever what surrounds a page changes."""
    published.add(PATH, partial(_make, service))


def _make(service: Service) -> Document:
    html = service.renderer.page(AppointmentPage(), chrome(service))
    return document(html.encode(), HTML)
