"""Bad luck, staged: each file is one fault of the list in `docs/protocol.md`, by its number."""

from __future__ import annotations

from fixtures.browser import browser, live_server, page_for, practitioner

__all__ = ["browser", "live_server", "page_for", "practitioner"]
