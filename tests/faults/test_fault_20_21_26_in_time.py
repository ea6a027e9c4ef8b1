"""Faults 20, 21 and 26: who is signed in changes, clocks jump, words are retired while sets wait.
And what the queue does over weeks: copies, a restored server, erasure, rescue files."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from fixtures.bad_network import BadNetwork, Clinic, open_rig, says
from fixtures.browser import PACK, sign_in_on
from fixtures.staff import make_staff
from playwright.sync_api import Page
from sqlmodel import delete

from app.db import sessions
from app.db.tables import DeviceSequence, Response
from app.services import wording_packs

DAY = timedelta(days=1)
#: A device whose clock is wrong by `globalThis.off` ms.
CLOCK = """
globalThis.off = 0;
const Real = Date;
globalThis.Date = class extends Real {
  constructor(...given) {
    if (given.length) super(...given);
    else super(Real.now() + globalThis.off);
  }
  static now() { return Real.now() + globalThis.off; }
};
"""


def days_off(days: int) -> str:
    return f"globalThis.off = {days * DAY.total_seconds() * 1000};"


def sign_out_on(page: Page) -> None:
    page.goto("/encounters")
    page.locator("form[action='/sign-out'] button").first.click()
    page.wait_for_url(lambda url: "/encounters" not in url)


def test_fault_20_the_queue_belongs_to_the_tablet_and_not_to_who_is_signed_in(
    clinic: Clinic, network: BadNetwork
) -> None:
    database, now = clinic.server.service.database, clinic.server.service.clock()
    robin, sam = (make_staff(database, teams=("north",), now=now) for _ in range(2))
    rig = clinic.rig()
    sign_in_on(rig.page, robin)
    open_rig(rig.page, clinic.server, None)
    ids = [rig.put(), rig.put()]
    network.forget(*[says(503)] * 3)
    rig.send()
    rig.wait(waiting=2, problem="server")
    sign_out_on(rig.page)
    network.forget()
    open_rig(rig.page, clinic.server, None)
    assert rig.counts()["waiting"] == 2
    sign_in_on(rig.page, sam)
    open_rig(rig.page, clinic.server, None)
    rig.send()
    rig.wait(waiting=0, stored=2)
    assert network.seen == [(item, rig.tablet.token) for item in ids]
    assert [row.id for row in rig.rows()] == ids


def test_fault_21_a_clock_that_is_days_off_and_jumps_back_changes_no_order(
    clinic: Clinic, network: BadNetwork
) -> None:
    rig = clinic.rig(init=CLOCK)
    ids = []
    for days in (3, -3, 0):
        rig.js(days_off(days))
        made_at = rig.js("return new Date().toISOString();")
        ids.append(rig.put(made_at=made_at))
    rig.js(days_off(-3))
    rig.send()
    rig.wait(waiting=0, stored=3)
    rows = rig.rows()
    assert [(row.seq, row.id) for row in rows] == [(1, ids[0]), (2, ids[1]), (3, ids[2])]
    ahead, behind, right = (row.made_at for row in rows)
    assert abs(ahead - right - 3 * DAY) < DAY / 24
    assert abs(right - behind - 3 * DAY) < DAY / 24
    assert [json.loads(row.receipt)["seq"] for row in rows] == [1, 2, 3]
    assert {item["receipt"]["mac"] for item in rig.items()} == {
        json.loads(row.receipt)["mac"] for row in rows
    }


def test_fault_21_copies_are_kept_for_14_days_by_the_clock_of_the_server(
    clinic: Clinic, network: BadNetwork
) -> None:
    rig = clinic.rig(init=CLOCK)
    rig.put()
    rig.send()
    rig.wait(kept=1)
    rig.js(days_off(400) + "await rig.outbox.tidy();")
    assert rig.counts()["kept"] == 1
    told = datetime.fromisoformat(rig.items()[0]["receipt"]["server_time"])
    contacted = (
        "await rig.outbox.changeSeat((seat) => ({...seat, contacted_at: given}));"
        "await rig.outbox.tidy();"
    )
    rig.js(contacted, (told + 14 * DAY).isoformat())
    assert rig.counts()["kept"] == 1
    rig.js(contacted, (told + 14 * DAY + DAY / 24).isoformat())
    assert rig.counts().items() >= {"kept": 0, "last_seq": 1}.items()


def test_fault_26_words_that_were_retired_while_sets_waited(
    clinic: Clinic, network: BadNetwork
) -> None:
    service = clinic.server.service
    raw = PACK.read_bytes()
    with sessions.write(service.database) as db:
        old = wording_packs.install_pack(db, raw=raw, name=PACK.name, now=service.clock())
        words = {
            "id": old.instrument_id,
            "version": old.version,
            "wording_sha256": old.sha256,
            "language": old.language,
        }
    rig = clinic.rig()
    answers = {"explain": 7, "listen": 0, "include": 9}
    known = rig.put(instrument=words, items=answers)
    unknown = rig.put(instrument={**words, "version": "made-up-9"}, items=answers)
    newer = raw.replace(b"made-up-1", b"made-up-2").replace(b"Made-up item", b"Changed item")
    with sessions.write(service.database) as db:
        wording_packs.install_pack(db, raw=newer, name=PACK.name, now=service.clock())
    rig.send()
    rig.wait(waiting=0, stored=1, quarantined=1)
    [row] = rig.rows()
    assert (row.id, row.instrument_version, row.wording_sha256, row.items) == (
        known,
        words["version"],
        words["wording_sha256"],
        answers,
    )
    [aside] = clinic.quarantined(rig.tablet.device)
    assert (aside.response_id, aside.http_status) == (unknown, 202)
    assert aside.reasons == ["instrument_unknown"]


@pytest.mark.fault(28)
def test_a_restored_server_is_offered_every_copy_again(clinic: Clinic, network: BadNetwork) -> None:
    rig = clinic.rig()
    lost, held = rig.put(), rig.put()
    rig.send()
    rig.wait(kept=2)
    receipts = {row.id: row.receipt for row in rig.rows()}
    with sessions.write(clinic.server.service.database) as db:
        db.exec(delete(DeviceSequence).where(DeviceSequence.response_id == lost))
        db.exec(delete(Response).where(Response.id == lost))
    rig.js("await rig.outbox.reoffer('second');")
    rig.wait(waiting=0, kept=2)
    assert [row.id for row in rig.rows()] == [lost, held]
    assert rig.rows()[1].receipt == receipts[held]
    assert rig.js("return (await rig.outbox.seat()).generation;") == "second"
    rig.js("await rig.outbox.erase([given]);", held)
    assert [item["id"] for item in rig.items()] == [lost]


@pytest.mark.fault(32)
def test_a_rescue_file_goes_by_another_tablet_and_twice_is_once(
    clinic: Clinic, network: BadNetwork
) -> None:
    broken, other = clinic.rig(), clinic.rig()
    ids = {broken.put(), broken.put()}
    file = broken.js("return rig.outbox.rescue();")
    spoilt = {**file["items"][0], "id": file["items"][1]["id"], "digest": "0" * 64}
    text = json.dumps({**file, "items": [*file["items"], spoilt]})
    taken = "return rig.outbox.import(given);"
    assert other.js(taken, text) == {"added": 2, "known": 0, "damaged": 1}
    assert other.js(taken, text) == {"added": 0, "known": 2, "damaged": 1}
    assert broken.js(taken, text) == {"added": 0, "known": 2, "damaged": 1}
    refused = "return rig.outbox.import(given).then(() => 'taken', () => 'refused');"
    for none_of_ours in ("", "{}", '{"format": "grids-rescue 2", "items": []}'):
        assert other.js(refused, none_of_ours) == "refused"
    other.send()
    other.wait(waiting=0, stored=2)
    rows = broken.rows()
    assert {row.id for row in rows} == ids
    assert {row.delivered_by for row in rows} == {other.tablet.device}
    broken.send()
    broken.wait(waiting=0, stored=2)
    assert [row.receipt for row in broken.rows()] == [row.receipt for row in rows]
    assert clinic.quarantined(broken.tablet.device) == []
