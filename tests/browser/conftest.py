"""Browser tests have their own fixtures; the rest of the suite does not load a browser."""

from __future__ import annotations

from fixtures.browser import browser, live_server, page_for, practitioner
from fixtures.grid_in_browser import grid_address, grid_shelf, open_grid
from fixtures.restartable import restartable

__all__ = [
    "browser",
    "grid_address",
    "grid_shelf",
    "live_server",
    "open_grid",
    "page_for",
    "practitioner",
    "restartable",
]
