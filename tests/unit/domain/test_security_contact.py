from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from app.domain.security_contact import security_text
from app.settings import Settings

TODAY = date(2026, 11, 23)
CONTACT = "mailto:security@service.example"


def test_the_contact_stands_with_its_day_and_its_own_address() -> None:
    text = security_text(
        CONTACT, date(2027, 3, 1), public_url="https://grids.example/", today=TODAY
    )
    assert text == (
        "Contact: mailto:security@service.example\n"
        "Expires: 2027-03-01T23:59:59Z\n"
        "Preferred-Languages: en\n"
        "Canonical: https://grids.example/.well-known/security.txt\n"
    )


def test_it_holds_through_its_last_day_and_no_longer() -> None:
    assert security_text(CONTACT, TODAY, public_url="", today=TODAY)
    assert security_text(CONTACT, date(2026, 11, 22), public_url="", today=TODAY) is None


@pytest.mark.parametrize(("contact", "until"), [("", TODAY), (CONTACT, None)])
def test_without_both_there_is_none(contact: str, until: date | None) -> None:
    assert security_text(contact, until, public_url="", today=TODAY) is None


def test_nobody_vouches_for_longer_than_a_year() -> None:
    text = security_text(CONTACT, date(2040, 1, 1), public_url="", today=TODAY)
    assert text is not None
    assert "Expires: 2027-11-23T" in text


@pytest.mark.parametrize(
    "contact",
    ["security@service.example", "http://x.example", "mailto:a\nContact: b", "mailto:a b"],
)
def test_what_is_no_contact_is_refused_at_start(contact: str) -> None:
    with pytest.raises(ValidationError, match="SECURITY_CONTACT"):
        Settings(security_contact=contact)
