"""A week without a network but for three evenings, 60 answer sets, and a server that was put back
to the day before in between: all 60 are stored, once.

The tablet is the real page with its queue, sender and contacts in a real Chromium, whose clock is
moved; the service's own clock goes with it. Backup and restore are the commands' own code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from fixtures.appointment_steps import act, on_screen
from fixtures.bad_network import (
    RIG,
    BadNetwork,
    Cut,
    Exchange,
    Reply,
    Step,
    after_the_commit,
    altered,
    before_the_body,
    half_the_reply,
)
from fixtures.browser import PACK, TABLET, sign_in_on, wait_until
from fixtures.capture import Tablet, header_for
from fixtures.encounters import study_document
from fixtures.restartable import Restartable, restartable_in
from fixtures.service import START
from fixtures.staff import MadeStaff, make_staff
from fixtures.tablet_steps import ready_tablet, seat_of, unlock, whole_appointment, without_shelf
from playwright.sync_api import Browser, Page, expect
from sqlmodel import Session, func, select

from app.db import sessions
from app.db.tables import DeviceSequence, Quarantined, Response
from app.services import audit, backups, restoring, studies, wording_packs

SECONDS: Final = 30
DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
#: Answer sets of each day; those of the first evening, and those of the day after the backup.
DAYS: Final = (9, 8, 9, 8, 9, 8, 9)
FIRST_EVENING, NEXT_DAY = 12, 15
TOGETHER: Final = """async (given) => {
  const put = async (document) => (await rig.put(document)).seq;
  const taken = [];
  for (const document of given) taken.push(await put(document));
  return taken;
}"""


@dataclass
class Patchy:
    """A network that cuts some requests and ends when it has brought `most` new sets."""

    most: int | None
    cuts: dict[int, Step]
    tries: int = 0
    brought: set[str] = field(default_factory=set)

    def __call__(self, exchange: Exchange) -> Reply:
        address = exchange.head.split(b" ", 2)[1].decode()
        if address in self.brought:
            return exchange.on()
        if len(self.brought) == self.most:
            raise Cut
        self.tries += 1
        step = self.cuts.get(self.tries, Exchange.on)
        if step not in (before_the_body, altered):
            self.brought.add(address)
        return step(exchange)


@dataclass
class Week:
    """A server whose clock is moved, a tablet whose clock moves with it, and what was answered."""

    restartable: Restartable
    network: BadNetwork
    browser: Browser
    now: datetime = START
    answered: dict[int, dict[str, int]] = field(default_factory=dict)

    def begin(self) -> None:
        self.restartable.clock = lambda: self.now
        self.server = self.restartable.start()
        without_shelf(self.server)
        self.staff = self._staff()
        self.page = self._page()
        sign_in_on(self.page, self.staff)
        ready_tablet(self.page)
        self._load_rig()

    def _staff(self) -> MadeStaff:
        database = self.server.service.database
        made = make_staff(database, teams=("north",), now=self.now)
        since = self.now.date() - 30 * DAY
        document = study_document(("with_grid", since, None), occasions=["after"])
        with sessions.write(database) as db:
            studies.install_study(db, document=document, by="system", now=self.now)
            wording_packs.install_pack(db, raw=PACK.read_bytes(), name=PACK.name, now=self.now)
        return made

    def _page(self) -> Page:
        context = self.browser.new_context(
            base_url=self.network.base, viewport=TABLET, has_touch=True
        )
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1_000)
        page.clock.install(time=self.now)
        return page

    def _load_rig(self) -> None:
        """Beside the page's own queue, in the same database, as another tab would have it."""
        url = self.server.service.assets.url
        names = {"set": "appointment-set", "outbox": "outbox", "sender": "sender"}
        modules = {name: url(f"js/{file}.js") for name, file in names.items()}
        self.page.evaluate(RIG, {**modules, "envelope": url("js/envelope.js"), "timing": 20})
        self.page.evaluate("() => rig.open(null)")

    def pass_by(self, time: timedelta) -> None:
        """Let time pass, for the service and for the tablet."""
        self.now += time
        self.page.clock.fast_forward(int(time.total_seconds() * 1_000))

    def offline(self) -> None:
        self.page.context.set_offline(True)

    def online(self, cuts: dict[int, Step], most: int | None = None) -> None:
        """A network for a while, with cuts; it brings no more than so many new sets."""
        self.network.forget(*[Patchy(most, cuts)] * 1_000)
        self.page.context.set_offline(False)
        self.home()

    def evening(self, number: int, cuts: dict[int, Step]) -> None:
        """A network until so many more sets are stored, and none afterwards."""
        before = len(self.stored())
        self.online(cuts, number)
        self.wait_for(before + number)
        self.offline()

    def appointment(self) -> None:
        """One whole appointment, by taps."""
        values = [len(self.answered) % 10, 0, 9]
        whole_appointment(self.page, values)
        on_screen(self.page, "locked")
        items = dict(zip(("explain", "listen", "include"), values, strict=True))
        self.answered[len(self.answered) + 1] = items
        unlock(self.page)

    def more(self, number: int) -> None:
        """Sets of other appointments, sealed by the same code."""
        first = len(self.answered) + 1
        documents = [self._document(number) for number in range(first, first + number)]
        assert self.page.evaluate(TOGETHER, documents) == [*range(first, first + number)]
        self.answered |= {first + at: each["items"] for at, each in enumerate(documents)}

    def _document(self, number: int) -> dict[str, Any]:
        day = f"{self.now:%Y-%m-%d}"
        header = header_for(str(uuid4()), team="north", encounter_on=day)
        made = Tablet(self.server.service.keyring, header)
        items = {"welcome": number % 10, "pace": number // 10, "questions": -97}
        document = made.document(items=items, made_at=f"{self.now:%Y-%m-%dT%H:%M:%S}.000Z")
        added = ("id", "seq", "device", "key_id", "salt")
        return {key: value for key, value in document.items() if key not in added}

    def stored(self) -> list[Response]:
        return self.server.responses()

    def wait_for(self, number: int) -> None:
        self._see(lambda: len(self.stored()) == number)

    def _see(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds; now and then somebody looks at the tablet, so that it tries."""

        looks = count()

        def look() -> bool:
            if next(looks) % 10 == 0:
                self.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
            return holds()

        wait_until(look, self.page, SECONDS)

    def restore(self, archive: Path) -> None:
        """Stop, put it back, start."""
        self.restartable.stop()
        restoring.restore_backup(archive, settings=self.restartable.settings, now=self.now)
        self.server = self.restartable.start()
        without_shelf(self.server)

    def backup(self) -> Path:
        service = self.server.service
        path = backups.make_backup(service.database, service.settings)
        backups.record_backup(service.database, path, self.now)
        return path

    def contact(self) -> None:
        """Staff press "send now", and the service is reached."""
        if not self.page.locator("[data-screen=tb-about]").count():
            act(self.page, "about")
        act(self.page, "send")
        expect(self.page.locator("[data-screen] [data-said]")).to_contain_text(
            "was reached just now"
        )

    def last_evening(self) -> None:
        """A network at last, with two cuts; wait until nothing waits, and tell the service so."""
        self.online({3: before_the_body, 7: after_the_commit})
        self.contact()
        self._see(lambda: self.waiting() == 0)
        self.contact()

    def never_arrived(self) -> set[int]:
        """What the page of this tablet says to staff, who have to sign in again."""
        context = self.browser.new_context(base_url=self.server.base)
        staff = context.new_page()
        sign_in_on(staff, self.staff)
        staff.goto(f"/tablets/{seat_of(self.page)['tablet']['id']}")
        said = staff.locator(".facts > div", has_text="Never arrived").locator("dd").inner_text()
        context.close()
        found: set[int] = set()
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", said):
            found |= {*range(int(first), int(last or first) + 1)}
        assert found or said == "None"
        return found

    def faults(self) -> dict[str, int | None]:
        with sessions.read(self.server.service.database) as db:
            return {
                "numbers": db.exec(select(func.count()).select_from(DeviceSequence)).one(),
                "quarantined": db.exec(select(func.count()).select_from(Quarantined)).one(),
                "broken_at": audit.verify(db),
            }

    def receipts(self) -> set[int]:
        """The numbers of which the tablet has the receipt, and only a copy that is kept."""
        items = "async () => (await rig.items()).filter(({receipt}) => receipt)"
        return {int(item["seq"]) for item in self.page.evaluate(items)}

    def waiting(self) -> int:
        return int(self.page.evaluate("async () => (await rig.outbox.counts()).waiting"))

    def home(self) -> None:
        if self.page.locator("[data-screen=tb-locked]").count():
            unlock(self.page)

    def day(self, number: int) -> None:
        """On two days one appointment by taps; all others by the queue alone."""
        self.home()
        by_taps = number in (1, 4)
        if by_taps:
            self.appointment()
        self.more(DAYS[number - 1] - by_taps)


def live_to_the_restore(week: Week) -> set[int]:
    """Five days. Gives the numbers that have a receipt and are not on the server any more."""
    week.begin()
    week.offline()
    for number in (1, 2, 3):
        week.day(number)
        week.pass_by(8 * HOUR if number == 3 else DAY)
    assert week.stored() == []
    week.evening(FIRST_EVENING, {1: before_the_body, 4: after_the_commit, 9: half_the_reply})
    yesterday = week.backup()
    week.pass_by(16 * HOUR)
    week.day(4)
    week.evening(NEXT_DAY, {2: altered, 5: half_the_reply})
    week.pass_by(DAY)
    week.day(5)
    answered_for = week.receipts()
    week.restore(yesterday)
    back = {row.seq for row in week.stored()}
    assert len(back) == FIRST_EVENING
    return answered_for - back


@pytest.fixture
def week(browser: Browser, sqlite_template: Path, tmp_path: Path) -> Iterator[Week]:
    with restartable_in(tmp_path, sqlite_template) as restartable:
        network = BadNetwork(("127.0.0.1", restartable.port))
        made = Week(restartable, network, browser)
        yield made
        made.page.context.close()
        network.close()


@pytest.mark.fault(28)
def test_60_sets_of_a_week_arrive_once_though_the_server_was_put_back_to_yesterday(
    week: Week,
) -> None:
    assert len(live_to_the_restore(week)) > NEXT_DAY // 2
    for number in (6, 7):
        week.pass_by(DAY)
        week.day(number)
    week.last_evening()
    rows = week.stored()
    assert {row.seq: row.items for row in rows} == week.answered
    assert [row.seq for row in rows] == [*range(1, 61)]
    assert len({row.id for row in rows}) == 60
    assert week.never_arrived() == set()
    assert week.faults() == {"numbers": 60, "quarantined": 0, "broken_at": None}
    assert len(week.network.seen) > 60 - FIRST_EVENING  # those of after the backup came again


def test_without_another_generation_what_was_sent_since_the_backup_would_be_gone(
    week: Week, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the test above would see if a restored service did not say that it was restored."""
    real = restoring.set_setting

    def same_generation(db: Session, key: str, value: str) -> None:
        if key != "generation":
            real(db, key, value)

    monkeypatch.setattr(restoring, "set_setting", same_generation)
    gone = live_to_the_restore(week)
    assert len(gone) > NEXT_DAY // 2
    week.last_evening()
    assert set(week.answered) - {row.seq for row in week.stored()} == gone
    assert week.never_arrived() == gone
