"""Filters of templates: how a date, a code and a list look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime


def day(value: date) -> str:
    """Return a day as ``22 November 2026``."""
    return format_date(value, format="d MMMM yyyy", locale="en_GB")


def clock(value: datetime, zone: str = "Europe/London") -> str:
    """Return a moment as ``22 November 2026, 09:05`` in ``zone``."""
    local = value.astimezone(ZoneInfo(zone))
    return format_datetime(local, format="d MMMM yyyy, HH:mm", locale="en_GB")


def spaced_code(value: str) -> str:
    """Return a short code in two groups of four, for saying aloud."""
    return f"{value[:4]} {value[4:]}"


FILTERS: dict[str, Callable[..., Any]] = {"day": day, "clock": clock, "spaced_code": spaced_code}
