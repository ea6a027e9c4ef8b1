"""What staff see of tablets: the list, one, a lost one, the warning at home, making one."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from fixtures.clinic_tablets import MadeTablet, arrive, contact, make_tablet
from fixtures.encounters import make_library, make_release
from fixtures.service import START, Clock
from fixtures.staff import MadeStaff, make_staff, sign_in
from sqlalchemy import event
from starlette.testclient import TestClient

from app.db import sessions
from app.db.tables import Quarantined
from app.domain.access import Role
from app.web.service import Service


@pytest.fixture
def robin(client: TestClient, service: Service) -> MadeStaff:
    made = make_staff(service.database)
    sign_in(client, made)
    return made


def plain(fragment: str) -> str:
    """What a person reads: no tags, no doubled spaces."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", fragment))).strip()


def words(html: str) -> str:
    """What a person reads of the page between its head and its foot."""
    return plain("<main" + html.split("<main", 1)[1].split("</main>", 1)[0])


def facts(html: str) -> dict[str, str]:
    pairs = re.findall(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", html, re.S)
    return {plain(name): plain(value) for name, value in pairs}


def gap(client: TestClient, service: Service, tablet: MadeTablet) -> None:
    """Number 41 was thrown away on the tablet, 42 came through, 43 waits for two hours."""
    arrive(service.database, tablet.id, [*range(1, 41), 42])
    answer = contact(
        client,
        tablet.token,
        waiting=1,
        waiting_seqs=[43],
        oldest_waiting_at="2026-11-23T07:00:00Z",
        kept=14,
        last_seq=43,
        generation=service.state.generation,
        releases=["k7/1", "z9/4"],
    )
    assert answer.json()["missing"] == [41]


def test_an_empty_list_says_what_a_clinic_tablet_is(client: TestClient, robin: MadeStaff) -> None:
    page = words(client.get("/tablets").text)
    assert "No tablet yet. A clinic tablet works without a network" in page
    assert "Make this a clinic tablet" in page


def test_the_list_says_of_each_how_it_is(
    client: TestClient, service: Service, robin: MadeStaff, clock: Clock
) -> None:
    make_tablet(service.database, robin, number=9, label="Drawer")
    tablet = make_tablet(service.database, robin, number=7)
    lost = make_tablet(service.database, robin, number=3, label="Bus")
    client.post(f"/tablets/{lost.id}/revoke", data={"reason": "lost"})
    gap(client, service, tablet)
    clock.pass_time(minutes=12)
    html = client.get("/tablets").text
    names = re.findall(r'<span class="tablet__number">(\d+)</span> ([^<]+)</a>', html)
    assert names == [("7", "Room 2"), ("9", "Drawer"), ("3", "Bus")]
    first, second, third = html.split('<li class="tablet')[1:]
    assert facts(first) == {
        "Last heard of": "12 minutes ago",
        "Not sent yet": "1",
        "Oldest of them": "2 hours ago",
        "Storage": "Kept for good",
        "Never arrived": "no. 41",
    }
    assert facts(second) == {
        "Last heard of": "Never",
        "Not sent yet": "Not known",
        "Oldest of them": "Not known",
        "Storage": "Not known",
        "Never arrived": "None",
    }
    states = [re.findall(r'state--tablet-(\w+)"', each) for each in (first, second, third)]
    assert states == [["in_use"], ["new"], ["revoked"]]


def test_one_tablet_says_what_never_arrived_and_which_grids_are_on_it(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    service.library = make_library(make_release("k7"), make_release("k7", number=2))
    tablet = make_tablet(service.database, robin, number=7)
    gap(client, service, tablet)
    html = client.get(f"/tablets/{tablet.id}").text
    assert "Tablet 7: no. 41 never arrived" in words(html)
    told = facts(html)
    assert told["Never arrived"] == "no. 41"
    assert told["May still come"] == "no. 43"
    assert told["Sealed copies kept"] == "14 of answers that arrived, for 14 days"
    assert told["Not sent yet"] == "1 answer set, sealed"
    held = [plain(li) for li in html.split('<li class="held">')[1:]]
    assert held[0].startswith(
        "k7/1 Feeling low released on 23 November 2026, today There is a newer one"
    )
    assert held[1].startswith("z9/4 Not served here any more")
    assert '<a class="tap" href="/g/k7/1">' in html
    assert 'href="/g/z9/4"' not in html


def test_copies_that_told_no_number_are_said_beside_the_gap(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    tablet = make_tablet(service.database, robin)
    with sessions.write(service.database) as db:
        db.add(
            Quarantined(
                id="q-1",
                response_id="r-1",
                device=tablet.id,
                seq=0,
                digest="d",
                sealed=b"x",
                receipt="{}",
                http_status=202,
                reasons=["seal_broken"],
                received_at=START,
            )
        )
    page = words(client.get(f"/tablets/{tablet.id}").text)
    assert "1 copy in quarantine could not be opened" in page


def test_home_warns_of_answers_that_wait_unheard_for_a_day_and_of_gaps(
    client: TestClient, service: Service, robin: MadeStaff, clock: Clock
) -> None:
    waits = make_tablet(service.database, robin, number=2, label="Room 5")
    well = make_tablet(service.database, robin, number=4, label="Room 6")
    generation = service.state.generation
    contact(client, waits.token, waiting=3, last_seq=3, waiting_seqs=[1, 2, 3])
    contact(client, well.token)
    clock.pass_time(hours=19)
    sign_in(client, robin)
    assert "Please look at a tablet" not in client.get("/home").text
    clock.pass_time(hours=5, seconds=1)
    sign_in(client, robin)
    page = words(client.get("/home").text)
    assert (
        "Please look at a tablet Tablet 2, Room 5 3 answer sets there, not sent yet. "
        "The oldest waits for 24 hours."
        in page
        or "Last heard of 24 hours ago." in page
    )
    assert "Room 6" not in page
    arrive(service.database, well.id, [1, 3])
    contact(client, well.token, last_seq=3, generation=generation)
    assert "Tablet 4, Room 6 no. 2 never arrived." in words(client.get("/home").text)
    client.post(f"/tablets/{well.id}/revoke", data={"reason": "replaced"})
    assert "Room 6" not in client.get("/home").text


def test_home_of_somebody_who_may_see_no_tablet_warns_of_none(
    client: TestClient, service: Service, robin: MadeStaff, clock: Clock
) -> None:
    tablet = make_tablet(service.database, robin)
    arrive(service.database, tablet.id, [2])
    contact(client, tablet.token, last_seq=2, generation=service.state.generation)
    assert "Please look at a tablet" in client.get("/home").text
    for role in (Role.FRONT_DESK, Role.RESEARCHER):
        sign_in(client, make_staff(service.database, roles=(role,)))
        assert "Please look at a tablet" not in client.get("/home").text


def test_the_list_and_home_ask_a_fixed_number_of_times(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    def add(number: int) -> None:
        tablet = make_tablet(service.database, robin, number=number)
        arrive(service.database, tablet.id, [1, 3, number + 5])
        contact(client, tablet.token, last_seq=3, generation=service.state.generation)

    add(1)
    few = [count_queries(client, service, path) for path in ("/tablets", "/home")]
    for number in (2, 3):
        add(number)
    assert [count_queries(client, service, path) for path in ("/tablets", "/home")] == few


def test_the_lost_page_says_what_was_on_it_and_what_to_do_in_order(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    tablet = make_tablet(service.database, robin, number=7)
    gap(client, service, tablet)
    html = client.get(f"/tablets/{tablet.id}/lost").text
    assert re.findall(r'<span class="tally__number">([^<]+)</span>', html) == ["0", "1", "14"]
    assert facts(html) == {"Never arrived": "no. 41", "May still be on it": "no. 43"}
    steps = html.split('<ol class="steps">')[1].split("</ol>")[0].split("<li>")[1:]
    begin = [plain(step).split(":")[0] for step in steps]
    assert begin == [
        "Now",
        "Within the hour",
        "Within the hour",
        "The same day",
        "The same day",
        "When it is clear that answers are gone for good",
    ]
    # 72 hours from the moment of the page, as clocks there show it.
    assert "until 26 November 2026, 09:00" in words(html)
    reasons = re.findall(r'name="reason" type="radio" value="(\w+)"', html)
    assert reasons == ["lost", "stolen", "replaced", "enrolled_by_mistake"]


def test_of_a_tablet_that_was_never_heard_of_nothing_is_made_up(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    tablet = make_tablet(service.database, robin)
    html = client.get(f"/tablets/{tablet.id}/lost").text
    assert re.findall(r'<span class="tally__number">([^<]+)</span>', html) == ["0", "?", "?"]
    assert "how much was on it is not known" in words(html)


def test_after_it_is_out_of_use_the_page_says_what_still_happens(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    tablet = make_tablet(service.database, robin, number=7)
    gap(client, service, tablet)
    answer = client.post(f"/tablets/{tablet.id}/revoke", data={"reason": "lost"})
    page = words(answer.text)
    assert "The tablet is out of use." in page
    assert "It is lost. Out of use since 23 November 2026, 09:00." in page
    assert "taken in and put into quarantine" in page
    assert "If the regulator has to be told, then by 26 November 2026, 09:00 at the latest." in page
    assert facts(answer.text)["Never arrived"] == "nos. 41, 43"
    assert f'href="/tablets/{tablet.id}/lost"' in answer.text
    again = client.get(f"/tablets/{tablet.id}/lost").text
    assert "It is out of use already." in words(again)
    assert 'action="/tablets' not in again


def test_a_tablet_that_was_replaced_starts_no_clock(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    tablet = make_tablet(service.database, robin)
    page = client.post(f"/tablets/{tablet.id}/revoke", data={"reason": "replaced"}).text
    assert "Another tablet takes its place." in words(page)
    assert "regulator" not in words(page)


def test_the_page_for_making_one_has_every_word_that_the_script_shows(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    make_tablet(service.database, robin, number=6)
    html = client.get("/tablets/enrol").text
    screens = re.findall(r'data-screen="([a-z-]+)"( hidden)?', html)
    assert [name for name, hidden in screens if not hidden] == ["checking"]
    assert {name for name, _ in screens} == {
        "checking",
        "insecure",
        "no-storage",
        "not-installed",
        "not-persistent",
        "already",
        "form",
        "working",
        "done",
        "failed",
    }
    assert set(re.findall(r'<template data-fault="(\w+)">[^<]+<', html)) == {
        "label_odd",
        "choose_team",
        "number_odd",
        "number_taken",
        "pin_six_digits",
        "pin_too_easy",
        "pin_differs",
    }
    assert re.findall(r'name="number"[^>]* value="(\d+)"', html) == ["7"]
    assert re.findall(r'<option value="(\w*)">', html) == ["north"]
    assert 'data-put="/v1/tablets/"' in html


def test_somebody_without_a_team_is_told_why_there_is_no_form(
    client: TestClient, service: Service
) -> None:
    sign_in(client, make_staff(service.database, teams=()))
    html = client.get("/tablets/enrol").text
    assert "You are in no team." in words(html)
    assert "<form data-enrol" not in html


def test_a_label_is_shown_as_it_is_written(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    tablet = make_tablet(service.database, robin, label="<b>Room</b> & co")
    for path in ("/tablets", f"/tablets/{tablet.id}", f"/tablets/{tablet.id}/lost"):
        html = client.get(path).text
        assert "&lt;b&gt;Room&lt;/b&gt; &amp; co" in html
        assert "<b>Room" not in html


def count_queries(client: TestClient, service: Service, path: str) -> int:
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(service.database.reader, "before_cursor_execute", note)
    assert client.get(path).status_code == 200
    event.remove(service.database.reader, "before_cursor_execute", note)
    return len(statements)


def test_the_moment_of_the_clock_change_shows_as_clocks_there_do(
    client: TestClient, service: Service, clock: Clock
) -> None:
    clock.moment = START.replace(month=10, day=25, hour=0, minute=30)  # 01:30 in London, once more
    robin = make_staff(service.database)
    sign_in(client, robin, now=clock.moment)
    tablet = make_tablet(service.database, robin, now=clock.moment)
    contact(client, tablet.token, device_time="2026-10-25T00:30:00Z")
    assert "25 October 2026, 01:30" in client.get(f"/tablets/{tablet.id}").text
    clock.moment += timedelta(hours=1)
    contact(client, tablet.token, device_time="2026-10-25T01:30:00Z")
    sign_in(client, robin, now=clock.moment)
    page = words(client.get(f"/tablets/{tablet.id}").text)
    assert "25 October 2026, 01:30" in page
    assert "Last heard of Just now" in page
