"""Fault 15: the browser is killed, by the kernel and without a word, mid-answer and mid-send."""

from __future__ import annotations

import pytest
from fixtures.appointment_steps import act, on_screen, take, tap_values
from fixtures.bad_network import (
    BadNetwork,
    Rig,
    Step,
    held,
    held_reply,
    open_rig,
    seat_in,
    wait_for_hold,
)
from fixtures.browser import LiveServer, hand_over_on, sign_in_on, wait_until
from fixtures.capture import Tablet
from fixtures.killable import NO_LOCK_PENDS, SECONDS, Killable, killable, playwright, proxy
from fixtures.staff import MadeStaff

__all__ = ["killable", "playwright", "proxy"]

KEPT = "async () => (await rig.outbox.atHand()).map(({id, state}) => [id, state])"


def rows_of(live_server: LiveServer, tablet: Tablet) -> list[tuple[int, str, str | None]]:
    rows = [row for row in live_server.responses() if row.device == tablet.device]
    return [(row.seq, row.state, row.reason) for row in rows]


def test_fault_15_killed_in_the_middle_of_an_answer(
    live_server: LiveServer, proxy: BadNetwork, practitioner: MadeStaff, killable: Killable
) -> None:
    page = killable.page()
    tablet = seat_in(page, live_server)
    sign_in_on(page, practitioner)
    hand_over_on(page, live_server.make_encounter(practitioner).id)
    take(page)
    act(page, "open", "after.young_person")
    act(page, "start")
    tap_values(page, [7, 3])
    on_screen(page, "question")
    wait_until(lambda: bool(page.evaluate(NO_LOCK_PENDS)), page)
    page.wait_for_timeout(500)  # the sealing after a tap takes a few milliseconds
    killable.kill()
    assert rows_of(live_server, tablet) == []
    page = killable.start_again()
    page.goto("/appointment")
    wait_until(lambda: len(rows_of(live_server, tablet)) == 1, page, SECONDS)
    assert rows_of(live_server, tablet) == [(1, "interrupted", "interrupted")]
    [row] = live_server.responses()
    assert [row.items[key] for key in ("explain", "listen", "include")] == [7, 3, -99]


@pytest.mark.parametrize(("step", "stored"), [(held, 0), (held_reply, 1)], ids=["before", "after"])
def test_fault_15_killed_while_it_sends(
    live_server: LiveServer,
    proxy: BadNetwork,
    practitioner: MadeStaff,
    killable: Killable,
    step: Step,
    stored: int,
) -> None:
    page = killable.page()
    tablet = seat_in(page, live_server)
    rig = Rig(page, tablet, live_server)
    header = live_server.make_encounter(practitioner).header
    proxy.forget(step)
    begun = rig.js("return rig.put(given);", {**rig.document(), "encounter": header})
    rig.send()
    wait_for_hold(proxy)
    assert len(rows_of(live_server, tablet)) == stored
    killable.kill()
    proxy.let_go()
    page = killable.start_again()
    open_rig(page, live_server, None)
    assert page.evaluate(KEPT) == [[begun["id"], "ready"]]
    again = Rig(page, tablet, live_server)
    again.send()
    again.wait(waiting=0, stored=1)
    assert rows_of(live_server, tablet) == [(1, "complete", None)]
    assert again.put() != begun["id"]
    again.wait(waiting=0, last_seq=2)
