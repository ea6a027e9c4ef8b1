"""Bad luck, staged: one file per fault, by its number in the standard for capture."""

from __future__ import annotations

from fixtures.bad_network import clinic, network
from fixtures.browser import browser, live_server, page_for, practitioner

__all__ = ["browser", "clinic", "live_server", "network", "page_for", "practitioner"]
