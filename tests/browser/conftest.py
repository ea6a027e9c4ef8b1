"""Browser tests have their own fixtures; the rest of the suite does not load a browser."""

from __future__ import annotations

from fixtures.browser import browser, live_server, page_for, practitioner
from fixtures.restartable import restartable

__all__ = ["browser", "live_server", "page_for", "practitioner", "restartable"]
