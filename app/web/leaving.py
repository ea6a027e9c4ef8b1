"""Publishing the page on which leaving ends: the same for everybody, kept for a lost network."""

from __future__ import annotations

from functools import partial

from app.web.pages.public import LeavePage
from app.web.published import Document, Published, document
from app.web.responses import chrome
from app.web.service import Service

PATH = "/leave"
HTML = "text/html; charset=utf-8"


def publish_leave(service: Service, published: Published) -> None:
    """Serve the neutral page. Nothing on it depends on what was left."""
    published.add(PATH, partial(_make, service))


def _make(service: Service) -> Document:
    html = service.renderer.page(LeavePage(), chrome(service))
    return document(html.encode(), HTML)
