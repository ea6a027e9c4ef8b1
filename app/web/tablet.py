"""Publishing the tablet's document: made once, served from memory like the appointment."""

from __future__ import annotations

from functools import partial

from app.web.pages.tablet import ClinicTabletPage
from app.web.published import Document, Published, document
from app.web.responses import chrome
from app.web.service import Service

PATH = "/tablet"
HTML = "text/html; charset=utf-8"


def publish_tablet(service: Service, published: Published) -> None:
    """Serve the tablet's document; made anew whenever what surrounds a page changes."""
    published.add(PATH, partial(_make, service))


def _make(service: Service) -> Document:
    html = service.renderer.page(ClinicTabletPage(), chrome(service))
    return document(html.encode(), HTML)
