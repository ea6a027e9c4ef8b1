"""Publishing the page for one's own phone: the same bytes for everybody, and never kept."""

from __future__ import annotations

from functools import partial
from typing import Final

from app.web.pages.phone import PhonePage
from app.web.published import Document, Published, document
from app.web.responses import chrome
from app.web.service import Service

PATH: Final = "/phone"
HTML = "text/html; charset=utf-8"
#: Unlike the tablet's document: what a visitor's phone does not keep, nobody finds there.
NEVER_KEPT: Final = "no-store"


def publish_phone(service: Service, published: Published) -> None:
    """Serve the page; made anew whenever what surrounds a page changes."""
    published.add(PATH, partial(_make, service))


def _make(service: Service) -> Document:
    html = service.renderer.page(PhonePage(), chrome(service))
    return document(html.encode(), HTML, NEVER_KEPT)
