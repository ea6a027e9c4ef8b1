"""Where a grid is served, in which edition, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import brotli
import pytest
from fixtures.grids import INSIDE, Shelf

CLOSED = 'data-grid-closed="{}"'


def test_the_voice_is_the_young_persons_unless_the_address_says_otherwise(shelf: Shelf) -> None:
    mine = shelf.get("/g/k7/1").html

    assert 'data-voice="young-person"' in mine
    assert shelf.get("/g/k7/1?voice=young-person").html == mine
    assert shelf.get("/g/k7/1?voice=nobody").html == mine
    assert 'data-voice="parent"' in shelf.get("/g/k7/1?voice=parent").html


def test_the_address_without_a_number_is_the_edition_in_use(shelf: Shelf) -> None:
    shelf.edit(f"{INSIDE}/young-person.en.yaml", "there is help.", "there is more help.")
    shelf.release(INSIDE, "a word")
    shelf.open()

    assert 'data-version="2"' in shelf.get("/g/k7").html
    assert 'data-version="1"' in shelf.get("/g/k7/1").html
    assert "There is a newer version" in shelf.get("/g/k7/1").html
    assert "There is a newer version" not in shelf.get("/g/k7/2").html


@pytest.mark.parametrize("path", ["/g/k7/2", "/g/zz", "/g/k7/1/else", "/g/low-mood-inside-nhs"])
def test_what_is_not_there_is_passed_on(shelf: Shelf, path: str) -> None:
    assert shelf.get(path).status == 404


def test_a_page_is_asked_about_each_time_and_sent_once(shelf: Shelf) -> None:
    first = shelf.get("/g/k7/1", accept_encoding="br")
    again = shelf.get("/g/k7/1", if_none_match=first.headers["etag"])

    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-type"] == "text/html; charset=utf-8"
    assert first.headers["x-robots-tag"] == "noindex, nofollow"
    assert brotli.decompress(first.body) == shelf.get("/g/k7/1").body
    assert (again.status, again.body) == (304, b"")


def test_a_page_stays_light(shelf: Shelf) -> None:
    for voice in ("young-person", "parent"):
        sent = shelf.get(f"/g/k7/1?voice={voice}", accept_encoding="br")
        assert len(sent.body) < 40_000


def test_a_grid_cannot_outlive_its_last_day_in_memory(shelf: Shelf) -> None:
    release = shelf.library.get("k7", 1)
    assert release is not None
    last_day = release.grid.review.expires_on
    shelf.moment = shelf.moment.replace(year=last_day.year, month=last_day.month, day=last_day.day)
    open_page = shelf.get("/g/k7/1").html
    assert "og-table" in open_page
    assert "should have been looked at again" in open_page

    shelf.moment += timedelta(days=1)
    for path in ("/g/k7", "/g/k7/1", "/g/k7/1?voice=parent", "/g/k7/1/fragment"):
        html = shelf.get(path).html
        assert CLOSED.format("expired") in html
        assert "og-table" not in html


def test_the_day_is_the_one_where_the_service_is(shelf: Shelf) -> None:
    release = shelf.library.get("k7", 1)
    assert release is not None
    last_day = release.grid.review.expires_on
    night = {"year": last_day.year, "month": last_day.month, "day": last_day.day}
    shelf.moment = shelf.moment.replace(**night, hour=23, minute=59)

    assert "og-table" in shelf.get("/g/k7").html
    shelf.moment += timedelta(minutes=2)
    assert "og-table" not in shelf.get("/g/k7").html


def test_a_withdrawn_edition_says_so_and_shows_the_way(shelf: Shelf) -> None:
    shelf.edit(f"{INSIDE}/young-person.en.yaml", "there is help.", "there is more help.")
    shelf.release(INSIDE, "a word")
    shelf.mark(INSIDE, 2, "withdrawn")
    shelf.open()

    closed = shelf.get("/g/k7/2").html
    assert CLOSED.format("withdrawn") in closed
    assert 'href="/g/k7?voice=young-person"' in closed
    assert "og-table" not in closed
    assert 'data-version="1"' in shelf.get("/g/k7").html
    assert "href=" not in shelf.get("/g/k7/2/fragment").html


def test_where_every_edition_is_withdrawn_the_entrance_says_so(shelf: Shelf) -> None:
    shelf.mark(INSIDE, 1, "withdrawn")
    shelf.open()

    assert CLOSED.format("withdrawn") in shelf.get("/g/k7").html
    assert "Go to the version that is in use" not in shelf.get("/g/k7").html
    assert 'href="/g/k7' not in shelf.get("/g/m4").html


def test_a_change_of_mode_changes_the_page(shelf: Shelf) -> None:
    assert "Not for use with real families" in shelf.get("/g/k7").html

    shelf.state = replace(shelf.state, mode="live")
    assert "Not for use with real families" not in shelf.get("/g/k7").html
