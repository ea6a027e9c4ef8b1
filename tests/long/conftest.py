"""Engines other than Chromium: a minute or more each, run by `make test-long`."""

from __future__ import annotations

from fixtures.engine_room import room

__all__ = ["room"]
