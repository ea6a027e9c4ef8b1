"""Pictures of every page, for eyes: `make screenshots`, or `python -m screenshots --only triage`.

The real application runs over a throw-away database that the demonstration fills; people sign in
through the form, and Chromium takes each page on its side and upright. The pictures go to
docs/screens under fixed names, so that a change of looks shows as a change of a file. With
`--inspect` the same walk looks for faults of accessibility and markup and keeps no picture.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from fixtures import (
    feedback_pictures,
    incident_pictures,
    keeping_pictures,
    paper_pictures,
    triage_pictures,
)
from fixtures.appointment_steps import act, on_screen, take, tap_values
from fixtures.browser import ARGUMENTS, CHROMIUM, hand_over_on, type_pin
from fixtures.clinic_tablets import four_tablets
from fixtures.consent_pictures import cards, consent
from fixtures.course import course_rows
from fixtures.direction_pictures import directions
from fixtures.inspection import Inspection
from fixtures.phone_pictures import phone
from fixtures.room_pictures import room
from fixtures.staff import make_staff
from fixtures.studio import (
    EVERY_SIZE,
    FOLDER,
    TABLETS,
    Studio,
    demonstrated,
    prepared,
    served,
)
from fixtures.tablet_pictures import tablet
from playwright.sync_api import Page, sync_playwright

from app.db import sessions
from app.domain.access import Role
from app.services import invitations, service_mode
from app.web import standing

PAPERS = ("k7", "m4", "p3", "r8")
#: What shows no page of the service as it is.
PAPER_GROUPS = frozenset({"handout", "directions"})
ONE_SIZE = {"portrait": TABLETS["portrait"]}
# Letters twice as large are not a larger screen: only the root grows, as a reader's own setting.
LARGE = "document.documentElement.style.fontSize = '200%'"
PICKED = "boxes => boxes.map(box => box.dataset.pick)"
VOICES = ("young-person", "parent")
PROFILE = {
    "name": "Juno",
    "people": "My nan, who does the crossword with me. Ola and Jaz from maths. Biscuit, our dog.",
    "days": "Good: art first, and nobody asks me to read out loud. Bad: a loud canteen.",
    "upsets": "Being told to calm down. It helps to give me ten minutes and then ask me once.",
    "miss": "Drawing before bed. Climbing on Tuesdays.",
    "belongings": "Headphones, even when they are not playing anything.",
    "admired": "I notice when somebody is left out.",
}


def public(studio: Studio) -> None:
    paths = {
        "front": "/",
        "help": "/help",
        "privacy": "/privacy",
        "accessibility": "/accessibility",
        "about": "/about",
        "sign-in": "/sign-in",
        "error": "/not-there",
    }
    with studio.visitor() as page:
        for name, path in paths.items():
            if studio.wants(f"public-{name}"):
                studio.visit(page, path, f"public-{name}", sizes=EVERY_SIZE)


def grid(studio: Studio) -> None:
    with studio.visitor() as page:
        page.goto("/g/k7/1?voice=young-person")
        studio.shoot(page, "grid-top", whole=False, sizes=EVERY_SIZE)
        ways = page.locator(".og-title")
        studio.shoot(page, "grid", whole=False, sizes=EVERY_SIZE, at=ways)
        middle = page.locator("[data-row=time]")
        studio.shoot(page, "grid-middle", whole=False, sizes=EVERY_SIZE, at=middle)
        end = page.locator(".og-foot")
        studio.shoot(page, "grid-end", whole=False, sizes=EVERY_SIZE, at=end)
        page.locator("[data-row=help] [data-option=one-to-one] button").first.click()
        studio.shoot(page, "grid-sheet", whole=False, sizes=EVERY_SIZE)
        figure = page.locator("[data-sheet] .fig").first
        figure.evaluate("e => e.scrollIntoView()")
        studio.shoot(page, "grid-dots", whole=False, sizes=EVERY_SIZE)
        page.click("[data-sheet-close]")
        page.click("[data-view=pair]")
        studio.shoot(page, "grid-pair", whole=False, sizes=EVERY_SIZE, at=ways)
        studio.visit(page, "/g/k7/1/scorecard", "grid-scorecard")
        studio.visit(page, "/g/k7/1/changes", "grid-changes")


def looks(studio: Studio) -> None:
    """The page, the dots and what changed: without colour, and with letters twice as large."""
    with studio.visitor() as page:
        for name, change in (("grey", without_colour), ("large", with_large_letters)):
            page.goto("/g/p3/1?voice=parent")
            change(page)
            ways = page.locator(".og-title")
            studio.shoot(page, f"looks-{name}", whole=False, sizes=ONE_SIZE, at=ways)
            if "medicine" not in page.eval_on_selector_all("[data-pick]:checked", PICKED):
                page.locator("label:has([data-pick=medicine])").click()
            page.locator("[data-row=help] [data-option=medicine] button").first.click()
            page.locator("[data-sheet] .fig").first.evaluate("e => e.scrollIntoView()")
            studio.shoot(page, f"looks-{name}-dots", whole=False, sizes=ONE_SIZE)
            page.goto("/g/k7/1/changes")
            change(page)
            studio.shoot(page, f"looks-{name}-changes", whole=False, sizes=ONE_SIZE)
            without_colour(page, kind="none")


def without_colour(page: Page, kind: str = "achromatopsia") -> None:
    """As a printer without colour, or an eye, has it: also what lies over the page."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})


def with_large_letters(page: Page) -> None:
    page.evaluate(LARGE)


def concentrating(studio: Studio) -> None:
    """What these grids have and others lack: good and bad on one sheet, and a page apart."""
    with studio.visitor() as page:
        page.goto("/g/p3/1?voice=young-person&c=parent-course,medicine")
        page.click("[data-view=all]")
        page.locator("[data-row=hard] [data-option=medicine] button").first.click()
        figure = page.locator("[data-sheet] .fig").nth(2)
        figure.evaluate("e => e.scrollIntoView()")
        studio.shoot(page, "concentrating-sheet", whole=False, sizes=ONE_SIZE)
        page.goto("/g/p3/1/apart?voice=parent")
        studio.shoot(page, "concentrating-apart", whole=False, sizes=ONE_SIZE)


def voices(studio: Studio) -> None:
    """Every current grid in both voices, from the top and where the table begins."""
    with studio.visitor() as page:
        for release in studio.service.library.list_current():
            for voice in VOICES:
                name = f"voices-{release.public_id}-{voice}"
                if studio.wants(name):
                    page.goto(f"/g/{release.public_id}/{release.number}?voice={voice}")
                    studio.shoot(page, name, whole=False)
                    studio.shoot(page, f"{name}-ways", whole=False, at=page.locator(".og-title"))


def notice(studio: Studio) -> None:
    """The grids that start switched off, under their neutral names: notice, grid, end, paper."""
    with studio.visitor() as page:
        for name in ("t5", "w2"):
            page.goto(f"/g/{name}/1")
            studio.shoot(page, f"notice-{name}", whole=False, sizes=EVERY_SIZE)
            page.locator(".og-behind__open").click()
            for part, at in (("ways", ".og-title"), ("end", ".og-ending")):
                shown = page.locator(at)
                studio.shoot(page, f"notice-{name}-{part}", whole=False, sizes=EVERY_SIZE, at=shown)
        studio.visit(page, "/g/t5/1/paper", "notice-t5-tick", sizes=EVERY_SIZE)
        studio.visit(page, "/leaving", "notice-leaving", sizes=EVERY_SIZE)
        if studio.wants("notice-t5-paper"):
            path = "/g/t5/1/handout.pdf?tick=yes&cover=yes&c=plan-and-date,one-to-one,group"
            studio.keep_paper(page.request.get(path).body(), "notice-t5-paper")


def profile(studio: Studio) -> None:
    with studio.visitor() as page:
        studio.visit(page, "/profile", "profile-empty", sizes=EVERY_SIZE)
        fill_profile(page, PROFILE)
        page.click(".actions [value=check]")
        studio.shoot(page, "profile-filled", sizes=EVERY_SIZE)
        long = {name: f"{text} " * 9 for name, text in PROFILE.items() if name != "name"}
        fill_profile(page, long)
        page.click(".actions [value=check]")
        studio.shoot(page, "profile-too-long", sizes=EVERY_SIZE)
        for orientation in ("portrait", "landscape"):
            if studio.wants(f"profile-paper-{orientation}"):
                form = PROFILE | {"orientation": orientation, "action": "pdf"}
                made = page.request.post("/profile/pdf", form={**form})
                studio.keep_paper(made.body(), f"profile-paper-{orientation}")


def fill_profile(page: Page, words: dict[str, str]) -> None:
    for name, text in words.items():
        page.fill(f"[name={name}]", text)


def door(studio: Studio) -> None:
    """Joining, signing in badly, the code and the confirmation."""
    with studio.visitor() as page:
        page.goto("/sign-in")
        page.fill("[name=username]", "ada.practitioner")
        page.fill("[name=password]", "not the one")
        page.click("main button[type=submit]")
        studio.shoot(page, "door-wrong-password")
        studio.visit(page, "/join/used-long-ago", "door-link-gone")
    now = studio.service.clock()
    made = make_staff(
        studio.service.database,
        teams=(),
        username="sal.with-code",
        name="Sal Invented",
        second_factor=True,
        now=now,
    )
    with studio.visitor(made.username, made.password) as page:
        studio.shoot(page, "door-code")
    with studio.visitor("ada.practitioner") as page:
        studio.visit(page, "/confirm?next=/home", "door-confirm")
        studio.visit(page, "/audit", "door-not-your-role")


def home(studio: Studio) -> None:
    people = {
        "practitioner": "ada.practitioner",
        "front-desk": "desk.east",
        "researcher": "researcher",
        "approver": "approver",
        "auditor": "auditor",
        "administrator": "administrator",
    }
    for role, username in people.items():
        if studio.wants(f"home-{role}"):
            with studio.visitor(username) as page:
                studio.visit(page, "/home", f"home-{role}")
    if studio.wants("home-two-roles"):
        roles = [Role.PRACTITIONER, Role.ADMINISTRATOR]
        teams = ["invented-team-east"]
        made = make_staff(
            studio.service.database,
            roles=roles,
            teams=teams,
            username="rae.two-roles",
            name="Rae Invented",
        )
        with studio.visitor(made.username, made.password) as page:
            studio.visit(page, "/home", "home-two-roles")


def triage(studio: Studio) -> None:
    with studio.visitor("ada.practitioner") as page:
        studio.visit(page, "/triage", "triage-empty")
        choose_at_triage(page)
        studio.shoot(page, "triage-chosen")
        page.goto("/triage")
        page.click("text=Open the appointment")
        studio.shoot(page, "triage-faults")
        studio.visit(page, "/grids", "triage-grids-list")


def choose_at_triage(page: Page) -> None:
    page.goto("/triage")
    for tile in ("#tile-topic-low-mood", "#tile-group-help"):
        page.click(tile)
        page.wait_for_selector(f"{tile}[aria-current]")
    page.check("[name=grid][value^='k7']")
    for option in ("what-helps-now", "one-to-one"):
        page.check(f"#pick-k7-{option}")
    page.check("[name=appointment_type][value=review]")
    page.check("[name=people][value=young_person]")
    page.check("[name=people][value=parent]")


def encounter(studio: Studio) -> None:
    with studio.visitor("ada.practitioner") as page:
        open_appointment(page)
        studio.shoot(page, "encounter-open")
        page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
        studio.shoot(page, "encounter-unfolded")
        page.reload()
        page.get_by_role("button", name="Close the appointment").click()
        studio.shoot(page, "encounter-closed")
        studio.visit(page, "/encounters", "encounter-list")


def open_appointment(page: Page) -> str:
    choose_at_triage(page)
    page.click("text=Open the appointment")
    page.wait_for_url("**/encounters/*")
    return page.url.rsplit("/", 1)[1]


def appointment(studio: Studio) -> None:
    with studio.visitor("ada.practitioner") as page:
        hand_over_on(page, open_appointment(page))
        screen(studio, page, "pass")
        act(page, "have")
        screen(studio, page, "welcome")
        act(page, "on")
        screen(studio, page, "menu")
        questions(studio, page)
        act(page, "open", "grid")
        page.wait_for_selector("[data-screen=grid] [data-grid]")
        studio.shoot(page, "appointment-grid", whole=False)
        act(page, "menu")
        on_screen(page, "menu")
        covers(studio, page)
        act(page, "finish")
        screen(studio, page, "thanks")
        act(page, "back-to-staff")
        screen(studio, page, "locked")
        type_pin(page)
        screen(studio, page, "alone")
        act(page, "on")
        page.wait_for_url("**/encounters/*")
        studio.shoot(page, "appointment-back")
    still_here(studio)


def screen(studio: Studio, page: Page, name: str) -> None:
    on_screen(page, name)
    studio.shoot(page, f"appointment-{name}")


def questions(studio: Studio, page: Page) -> None:
    """One set of answers, from the menu and back to it."""
    act(page, "open", "after.young_person")
    screen(studio, page, "private")
    act(page, "start")
    screen(studio, page, "question")
    act(page, "skip")
    studio.shoot(page, "appointment-question-skip")
    page.locator(".ap-value:has(input[value='7'])").click()
    act(page, "on")
    tap_values(page, [8, 6])
    screen(studio, page, "seen")
    act(page, "pick", "no")
    screen(studio, page, "helped")
    act(page, "on")
    screen(studio, page, "saved")
    act(page, "words")
    studio.shoot(page, "appointment-saved-words")
    act(page, "on")
    on_screen(page, "menu")
    studio.shoot(page, "appointment-menu-after")


def covers(studio: Studio, page: Page) -> None:
    page.locator(".ap-bar [data-tool=help]").click()
    studio.shoot(page, "appointment-help", whole=False)
    page.locator("[data-help] [data-close]").click()
    page.locator(".ap-bar [data-tool=cover]").click()
    studio.shoot(page, "appointment-cover")
    page.locator("[data-spot]").click(delay=2_300)
    page.wait_for_selector("[data-screen=menu]:visible")


def still_here(studio: Studio) -> None:
    if not studio.wants("appointment-still-here"):
        return
    with studio.visitor("ada.practitioner") as page:
        page.clock.install()
        hand_over_on(page, open_appointment(page))
        take(page)
        page.clock.fast_forward(180_000)
        page.wait_for_selector("[data-still-here][open]")
        studio.shoot(page, "appointment-still-here", whole=False)


def course(studio: Studio, page: Page) -> None:
    """The form about courses, what it gives along, and what came of a course of sixteen."""
    if not studio.wants("desk-course"):
        return
    with sessions.write(studio.service.database) as db:
        service_mode.set_setting(db, "course_ratings_on", True)
        db.add_all(course_rows(studio.service.state.mode, studio.service.clock().date()))
    standing.refresh(studio.service)
    studio.visit(page, "/course", "desk-course-form")
    page.get_by_role("button", name="Send").click()
    studio.shoot(page, "desk-course-faults")
    for box in ("occasion", "role", "readiness-2", "confidence-1", "knowledge-3"):
        page.check(f"#{box}", force=True)
    page.get_by_role("button", name="Send").click()
    studio.shoot(page, "desk-course-kept")
    studio.visit(page, "/research/course", "desk-course-results")


def desk(studio: Studio) -> None:
    """What the researcher, the approver and the auditor work with."""
    with studio.visitor("researcher") as page:
        studio.visit(page, "/research", "desk-results")
        studio.visit(page, "/research/share", "desk-results-share")
        studio.visit(page, "/research/eligible", "desk-eligible")
        studio.visit(page, "/research/not-here", "desk-not-here")
        course(studio, page)
        studio.visit(page, "/exports", "desk-exports")
        page.get_by_role("button", name="Ask for approval").click()
        studio.shoot(page, "desk-exports-faults")
        page.goto("/exports")
        page.locator("tr:has(.state--ready) a").first.click()
        studio.shoot(page, "desk-export-ready")
    with studio.visitor("ada.practitioner") as page:
        studio.visit(page, "/own-results", "desk-own-results")
    with studio.visitor("approver") as page:
        page.goto("/exports")
        page.locator("tr:has(.state--requested) a").first.click()
        studio.shoot(page, "desk-export-to-decide")
    with studio.visitor("auditor") as page:
        studio.visit(page, "/audit", "desk-audit")


def admin(studio: Studio) -> None:
    with studio.visitor("administrator") as page:
        studio.visit(page, "/staff", "admin-staff")
        page.locator(".people a").first.click()
        studio.shoot(page, "admin-person")
        studio.visit(page, "/staff/invite", "admin-invite")
        page.fill("[name=name]", "Sam Invented")
        page.fill("[name=username]", "sam.invented")
        page.check("[name=roles][value=practitioner]")
        page.get_by_role("button", name="Make the link").click()
        studio.shoot(page, "admin-link")
        link = page.locator(".copy-box").inner_text()
        studio.visit(page, "/service", "admin-service")
        page.locator(".teams a").first.click()
        studio.shoot(page, "admin-team")
        studio.visit(page, "/account", "admin-account")
        studio.visit(page, "/account/password", "admin-password")
        studio.visit(page, "/account/passkeys", "admin-passkeys")
        page.goto("/account")
        page.get_by_role("button", name="Set it up").click()
        studio.shoot(page, "admin-second-factor")
    with studio.visitor() as page:
        studio.visit(page, link, "admin-join")


def review(studio: Studio) -> None:
    """What somebody reads who answers for a release."""
    with studio.visitor("reviewer.clinical") as page:
        studio.visit(page, "/grids", "review-list")
        studio.visit(page, "/grids/k7/1", "review-release")


def tablets(studio: Studio) -> None:
    """A tablet that is well, one that nobody has seen, one with a gap, and a lost one."""
    service = studio.service
    ids = four_tablets(service)
    with studio.visitor("ada.practitioner") as page:
        studio.visit(page, "/tablets", "tablets-list")
        studio.visit(page, "/home", "tablets-home")
        for name, tablet_id in ids.items():
            studio.visit(page, f"/tablets/{tablet_id}", f"tablets-one-{name}")
        studio.visit(page, f"/tablets/{ids['gap']}/lost", "tablets-lost")
        page.get_by_role("button", name="Take it out of use").click()
        studio.shoot(page, "tablets-lost-faults")
        enrolling(studio, page)


def enrolling(studio: Studio, page: Page) -> None:
    """Every screen of the page that makes a tablet, shown as the script would show it."""
    page.goto("/tablets/enrol")
    page.wait_for_selector("[data-screen=not-installed]:visible")
    screens = {
        "not-installed": "[data-only=ios]",
        "no-storage": "",
        "not-persistent": "",
        "form": "",
        "already": "",
        "done": "[data-storage=persistent]",
        "failed": "[data-why=offline]",
    }
    for name, part in screens.items():
        page.evaluate(SHOW_SCREEN, {"name": name, "part": part})
        studio.shoot(page, f"tablets-enrol-{name}")


SHOW_SCREEN = """({name, part}) => {
  for (const s of document.querySelectorAll("[data-screen]")) s.hidden = s.dataset.screen !== name;
  for (const f of document.querySelectorAll("[data-fill]"))
    f.textContent = f.dataset.fill === "number" ? "7" : "Room 2";
  const parts = "[data-only], [data-storage], [data-why]";
  for (const p of document.querySelectorAll(parts)) p.hidden = true;
  if (part) document.querySelector(part).hidden = false;
}"""


def handouts(studio: Studio) -> None:
    """Grids on paper, whole and with three options, in both voices."""
    with studio.visitor() as page:
        for release in map(studio.service.library.current, PAPERS):
            assert release is not None
            some = ",".join(option.id for option in release.grid.options[:3])
            for voice in VOICES:
                path = f"/g/{release.public_id}/{release.number}/handout.pdf?voice={voice}"
                name = f"handout-{release.public_id}-{voice}"
                if studio.wants(name):
                    studio.keep_paper(page.request.get(path).body(), name)
                    studio.keep_paper(page.request.get(f"{path}&c={some}").body(), f"{name}-picked")
        if studio.wants("handout-page"):
            path = "/g/k7/1/handout.pdf?voice=young-person&c=what-helps-now,one-to-one"
            studio.keep_paper(page.request.get(path).body(), "handout-page", dots=100, last=1)


def first(studio: Studio) -> None:
    """The first account of a service in which nobody works yet."""
    with tempfile.TemporaryDirectory() as folder, served(prepared(Path(folder))) as (base, service):
        with sessions.write(service.database) as db:
            link = invitations.first_link(db, now=service.clock())
        empty = Studio(studio.browser, base, service, "", studio.only, studio.inspection)
        with empty.visitor() as page:
            empty.visit(page, str(link), "first-account")


GROUPS: dict[str, Callable[[Studio], None]] = {
    "public": public,
    "grid": grid,
    "voices": voices,
    "looks": looks,
    "concentrating": concentrating,
    "notice": notice,
    "profile": profile,
    "door": door,
    "first": first,
    "home": home,
    "triage": triage,
    "encounter": encounter,
    "appointment": appointment,
    "room": lambda studio: room(studio, open_appointment),
    "desk": desk,
    "admin": admin,
    "review": review,
    "tablets": tablets,
    "tablet": tablet,
    "phone": phone,
    "consent": consent,
    "card": cards,
    "feedback": feedback_pictures.feedback,
    "handout": handouts,
    "paper": lambda studio: paper_pictures.papers(studio, open_appointment),
    "erase": keeping_pictures.erase,
    "quarantine": keeping_pictures.quarantine,
    "retention": keeping_pictures.retention,
    "incident": incident_pictures.incidents,
    "groups": triage_pictures.groups,
    "local": triage_pictures.local,
    "prep": triage_pictures.prep,
    "directions": lambda studio: directions(studio, open_appointment),
}


def main(only: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    walk(only)


def inspect(only: str) -> list[str]:
    """Return every fault of every page, named by the picture that would have been taken."""
    with tempfile.TemporaryDirectory() as folder:
        inspection = Inspection(Path(folder))
        walk(only, inspection)
        inspection.judge_markup()
        print(f"{len(inspection.pages)} pages and states looked at")
        return inspection.found


def walk(only: str, inspection: Inspection | None = None) -> None:
    """Visit every page and state whose name begins with `only`."""
    with tempfile.TemporaryDirectory() as folder:
        settings = prepared(Path(folder))
        passphrase = demonstrated(settings)
        with served(settings) as (base, service), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            studio = Studio(browser, base, service, passphrase, only, inspection)
            for name, group in GROUPS.items():
                if studio.wants(name) and not (inspection and name in PAPER_GROUPS):
                    group(studio)
            browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", metavar="NAME", help="how the names begin")
    parser.add_argument("--inspect", action="store_true", help="print faults, keep no picture")
    arguments = parser.parse_args()
    if arguments.inspect:
        faults = inspect(arguments.only)
        print("\n".join(faults))
        sys.exit(1 if faults else 0)
    else:
        main(arguments.only)
