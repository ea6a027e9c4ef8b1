"""Fault 14: two tablets, one study code. Two appointments and two answers, neither in the other's
way, however the sending goes."""

from __future__ import annotations

import pytest
from fixtures.browser import LiveServer, PageFor, wait_until
from fixtures.staff import MadeStaff
from fixtures.tablet_steps import (
    nothing_waits,
    ready_tablet,
    seat_of,
    unlock,
    whole_appointment,
    without_shelf,
)
from sqlmodel import select

from app.db import sessions
from app.db.tables import Encounter, Quarantined

CODE = "S1-0042"
FIRST, SECOND = [7, 0, 9], [1, 2, 3]


@pytest.mark.fault(14)
def test_two_tablets_with_one_study_code_make_two_records(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    without_shelf(live_server)
    one = ready_tablet(page_for(practitioner), label="Room 1")
    other = ready_tablet(page_for(practitioner), label="Room 2")
    for page, values in ((one, FIRST), (other, SECOND)):
        unlock(page)
        page.context.set_offline(True)
        whole_appointment(page, values, code=CODE)
    for page in (other, one):  # they arrive in the other order
        page.context.set_offline(False)
        unlock(page)
        nothing_waits(page)
    wait_until(lambda: len(live_server.responses()) == 2, one)
    found = {row.device: row for row in live_server.responses()}
    values = {device: list(row.items.values()) for device, row in found.items()}
    ids = [seat_of(page)["tablet"]["id"] for page in (one, other)]
    assert {device: sorted(items) for device, items in values.items()} == dict(
        zip(ids, (sorted(FIRST), sorted(SECOND)), strict=True)
    )
    assert [found[device].seq for device in ids] == [1, 1]
    with sessions.read(live_server.service.database) as db:
        rows = db.exec(select(Encounter)).all()
        assert db.exec(select(Quarantined)).all() == []
    assert [row.study_code for row in rows] == [CODE, CODE]
    assert {row.id for row in rows} == {row.encounter_id for row in found.values()}
    assert len({row.id for row in rows}) == 2
    assert [row.header_differs for row in rows if hasattr(row, "header_differs")] in (
        [],
        [False] * 2,
    )
