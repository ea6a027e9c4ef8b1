"""Where a grid is served, in which edition, and for how long."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import brotli
import pytest
from fixtures.grids import INSIDE, Shelf

READABLE = {"text/html", "text/css", "text/javascript"}
FETCHED = re.compile(r"/static/[0-9a-f]{12}/[\w./-]+")
# The parts of an installed app, letters that no English page has, and a type that no grid uses:
# a browser fetches a font for what it draws. The shelf comes with a tap on "keep this page".
LATER = (
    "/js/offline-shelf.js",
    ".png",
    ".webmanifest",
    "latin-ext-400-normal.woff2",
    "latin-ext-700-normal.woff2",
    "400-italic.woff2",
)
SLANTED = re.compile(r"font-style: italic|<(em|i|cite|address|var|dfn)[ >]")
FONT = "atkinson-hyperlegible-latin-{}.woff2"
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


def asked_for(shelf: Shelf, path: str, seen: dict[str, bytes]) -> None:
    """Everything that a first visit fetches, as it goes over the wire, by address."""
    answer = shelf.get(path, accept_encoding="br")
    assert answer.status == 200, path
    seen[path] = answer.body
    if answer.headers["content-type"].split(";")[0] not in READABLE:
        return
    text = shelf.get(path).html
    for found in sorted(set(FETCHED.findall(text))):
        if found not in seen and not found.endswith(LATER):
            asked_for(shelf, found, seen)


@pytest.mark.parametrize("voice", ["young-person", "parent"])
def test_a_first_visit_is_light(shelf: Shelf, voice: str) -> None:
    seen: dict[str, bytes] = {}
    asked_for(shelf, f"/g/k7/1?voice={voice}", seen)
    own = [path for path in seen if "/js/" in path]
    names = {path.rsplit("/", 1)[-1] for path in seen}

    assert {"grid.js", "grid-sheet.js", "comfort.js", "grid.css", "nhsuk.css"} <= names
    assert {FONT.format("400-normal"), FONT.format("700-normal")} <= names
    looks = [p for p in seen if p.startswith("/g/") or p.endswith(("grid.css", "comfort.css"))]
    assert len(looks) == 3
    assert [p for p in looks if SLANTED.search(shelf.get(p).html)] == []
    assert sum(len(shelf.get(path).body) for path in own) <= 60_000
    assert sum(map(len, seen.values())) <= 120_000


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
