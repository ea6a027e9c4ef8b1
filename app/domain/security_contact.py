"""The text at ``/.well-known/security.txt`` (RFC 9116): who hears of a weakness, and until when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

#: RFC 9116, 2.5.5 advises less than a year, so that a contact nobody answers goes by itself.
LONGEST: Final = timedelta(days=365)


def security_text(contact: str, until: date | None, *, public_url: str, today: date) -> str | None:
    """Return the text, or None where no contact holds today.

    ``until`` is the last day on which the contact counts; one further away than a year is taken
    as a year from today. ``public_url`` is the service's own address, or empty.
    """
    if not contact or until is None or until < today:
        return None
    last = min(until, today + LONGEST)
    lines = [f"Contact: {contact}", f"Expires: {last.isoformat()}T23:59:59Z"]
    lines.append("Preferred-Languages: en")
    if public_url:
        lines.append(f"Canonical: {public_url.rstrip('/')}/.well-known/security.txt")
    return "\n".join(lines) + "\n"
