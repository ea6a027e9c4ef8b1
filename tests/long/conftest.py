"""Engines other than Chromium: a minute or more each, run by `make test-long`."""

from __future__ import annotations
