"""What matters to each person, the sheet, and where each stands: shown, and never kept."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.appointment_steps import act, answer, finish, on_screen, reminded, saved, take
from fixtures.browser import LiveServer, PageFor, hand_over_on, requests_elsewhere, type_pin
from fixtures.reviews import released, sensitive, stock
from fixtures.staff import MadeStaff
from fixtures.tablet_steps import dump
from playwright.sync_api import Page, expect

from app.db.tables import Encounter
from app.domain.encounter import GridChoice
from app.services import crisis_number, switches
from app.services.switches import Switch
from app.web import standing

OWN = "I want my dog to come along"


@pytest.fixture
def encounter(live_server: LiveServer, practitioner: MadeStaff) -> Encounter:
    return live_server.make_encounter(practitioner)


@pytest.fixture
def page(page_for: PageFor, practitioner: MadeStaff, encounter: Encounter) -> Page:
    made = page_for(practitioner)
    hand_over_on(made, encounter.id)
    return made


def tick(page: Page, *values: str) -> None:
    for value in values:
        page.locator(f"[data-screen] label:has([value='{value}'])").click()


def choose(page: Page, *cards: str, own: str = "") -> None:
    """From the menu to the page that shows what the others will see."""
    act(page, "open", "matters")
    on_screen(page, "matters")
    tick(page, *cards)
    if own:
        page.fill("[data-own]", own)
    act(page, "on")
    on_screen(page, "matters-preview")


def share(page: Page, how: str = "share") -> None:
    act(page, how)
    on_screen(page, "menu")


def pass_to(page: Page, role: str, *, back: bool = False) -> None:
    act(page, "finish")
    page.locator("[data-next] [data-act=next]", has_text=role).first.click()
    on_screen(page, "between")
    act(page, "have")
    if not back:
        on_screen(page, "welcome")
        act(page, "on")
    on_screen(page, "menu")


def lines(page: Page, part: str) -> list[str]:
    return [
        " ".join(line.split()) for line in page.locator(f"[data-part={part}] li").all_inner_texts()
    ]


def shown(page: Page) -> str:
    """All that the document holds but its templates."""
    return str(
        page.evaluate("""() => { const copy = document.body.cloneNode(true);
          for (const each of copy.querySelectorAll('template')) each.remove();
          return copy.innerHTML; }""")
    )


def test_two_people_choose_share_and_stand_and_nothing_is_left(
    live_server: LiveServer, page: Page, encounter: Encounter
) -> None:
    elsewhere = requests_elsewhere(page, live_server.base)
    take(page)
    act(page, "open", "grid")
    page.locator("[data-bar-top] [data-act=menu]").click()
    page.wait_for_timeout(300)
    before = dump(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    choose(page, "private", "better", "school", own=OWN)
    tick(page, "school")
    share(page)
    act(page, "open", "stand")
    ways = page.locator("[data-ways] label").all_inner_texts()
    first = page.locator("[data-ways] input").first.get_attribute("value") or ""
    tick(page, first, "talk", "wait", "some")
    act(page, "share")
    act(page, "open", "grid")
    marked = page.locator("[data-grid]").get_attribute("data-matters")
    assert marked == "help,when,time,who-knows"
    beside = page.locator("[data-mine]")
    expect(beside.get_by_text(OWN)).to_be_hidden()  # until its line is tapped
    beside.locator("summary").click()
    expect(beside).to_contain_text(OWN)
    expect(beside.locator("li")).to_have_text(
        ["Feeling better soon", "Not missing school", "Keeping it private"]
    )
    height = beside.evaluate("(panel) => panel.getBoundingClientRect().height / innerHeight")
    assert height < 0.27, "a quarter of the screen"
    names = page.locator("[data-pick]").evaluate_all(
        "all => all.map(e => e.parentElement.innerText)"
    )
    assert [way.strip() for way in ways] == [str(name).strip() for name in names]
    page.locator("[data-bar-top] [data-act=menu]").click()

    pass_to(page, "A parent or carer")
    assert OWN not in shown(page)
    act(page, "open", "matters")
    on_screen(page, "matters")
    assert page.locator("[data-screen] input:checked").count() == 0
    assert page.locator("[data-own]").input_value() == ""
    act(page, "back")
    act(page, "open", "grid")
    assert page.locator("[data-grid]").get_attribute("data-matters") is None
    expect(page.locator("[data-mine]")).to_be_hidden()
    assert page.locator("[data-screen=grid] [data-much] input:checked").count() == 0
    page.locator("[data-bar-top] [data-act=menu]").click()

    # The young person and the parent have the tablet together: one of them has not looked yet.
    pass_to(page, "All of us, together")
    act(page, "open", "sheet")
    on_screen(page, "sheet")
    expect(page.locator("[data-screen=sheet]")).to_contain_text("not ready yet")
    assert page.locator("[data-screen=sheet] li").count() == 0
    act(page, "back")
    pass_to(page, "The parent or carer who had it before", back=True)
    choose(page, "family", "better")
    share(page)
    act(page, "open", "stand")
    tick(page, "not-today")
    expect(page.locator("[data-open-choice]")).to_be_hidden()
    act(page, "share")
    on_screen(page, "tonight")
    expect(page.locator("[data-screen=tonight]")).to_contain_text("who to call tonight?")
    expect(page.locator("[data-screen=tonight]")).to_contain_text("999")
    act(page, "on")

    pass_to(page, "All of us, together", back=True)
    act(page, "open", "sheet")
    assert lines(page, "same") == ["Feeling better soon The young person \u00b7 A parent or carer"]
    assert lines(page, "only") == [
        "Keeping it private The young person",
        "The family being part of it A parent or carer",
    ]
    assert lines(page, "pulls") == ["Keeping it private, and The family being part of it"]
    assert lines(page, "words") == [f"{OWN} The young person"]
    assert "Not missing school" not in shown(page)
    act(page, "back")
    act(page, "open", "sheet")
    assert lines(page, "words") == []
    act(page, "back")
    act(page, "open", "now")
    on_screen(page, "now")
    people = page.locator("[data-screen=now] .ap-shared")
    young, parent = people.all_inner_texts()
    assert next(way.strip() for way in ways) in young
    assert "What can I do while I wait?" in young
    assert "Not today" in parent
    assert "Leaning to" not in parent
    expect(page.locator("[data-screen=now]")).to_contain_text("116 123")
    act(page, "back")
    act(page, "open", "grid")
    marked = page.locator("[data-grid]").get_attribute("data-matters")
    assert marked == "help,when,who-knows,ask"
    page.locator("[data-bar-top] [data-act=menu]").click()
    assert sent == []
    assert dump(page) == before
    finish(page)
    held = shown(page)
    assert not [word for word in (OWN, "private", "Keeping", "Not today") if word in held]
    type_pin(page)
    reminded(page)
    page.wait_for_url(f"**/encounters/{encounter.id}")
    assert elsewhere == []
    assert live_server.responses() == []


def test_holding_everything_back_and_choosing_nothing_show_the_same(page: Page) -> None:
    sheets = []
    for turn, how in enumerate(("share", "nothing", "untick", "later")):
        if turn:
            hand_over_on(page, page.url.rsplit("/", 1)[-1])
        take(page)
        choose(page, *([] if how == "share" else ["private", "stop"]))
        if how == "untick":
            tick(page, "private", "stop")
        share(page, "nothing" if how == "nothing" else "share")
        pass_to(page, "A parent or carer")
        choose(page, "soon")
        share(page)
        if how == "later":
            pass_to(page, "The young person", back=True)
            act(page, "open", "matters")
            on_screen(page, "matters-again")
            assert "private" not in page.locator("[data-screen]").inner_html()
            act(page, "nothing")
            on_screen(page, "menu")
        pass_to(page, "All of us, together")
        act(page, "open", "sheet")
        assert lines(page, "only") == ["Starting soon A parent or carer"]
        sheets.append(page.locator("[data-screen=sheet]").inner_html())
        act(page, "back")
        finish(page)
        type_pin(page)
        reminded(page)
        page.wait_for_url("**/encounters/*")
    assert set(sheets) == {sheets[0]}


def test_a_sixth_card_is_refused_and_said(page: Page) -> None:
    take(page)
    act(page, "open", "matters")
    tick(page, "better", "school", "private", "family", "soon", "stop")
    assert page.locator("[data-screen] input:checked").count() == 5
    expect(page.locator("[data-count]")).to_contain_text("That is five.")
    expect(page.locator("[data-screen]")).to_contain_text("Nobody is reading this right now.")


def test_after_ninety_minutes_the_talk_is_gone_and_the_menu_is_there(
    page_for: PageFor, practitioner: MadeStaff, encounter: Encounter
) -> None:
    page = page_for(practitioner)
    hand_over_on(page, encounter.id)
    take(page)
    choose(page, "private")
    share(page)
    page.evaluate("(ms) => { const now = Date.now; Date.now = () => now() + ms; }", 91 * 60_000)
    act(page, "open", "matters")
    on_screen(page, "matters")
    assert page.locator("[data-screen] input:checked").count() == 0


def test_a_reload_takes_it_along(page: Page) -> None:
    take(page)
    choose(page, "private", own=OWN)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    on_screen(page, "locked")
    assert OWN not in shown(page)
    assert OWN not in str(dump(page))


def walk(page: Page) -> list[tuple[str, str]]:
    """Each screen by its name and the tap that leaves it."""
    return [
        ("menu", "matters"),
        ("matters", "on"),
        ("matters-preview", "share"),
        ("menu", "stand"),
        ("stand", "share"),
        ("tonight", "on"),
    ]


@pytest.mark.parametrize("size", [(1024, 768), (390, 844)], ids=["wide", "phone"])
def test_axe_finds_nothing(
    page_for: PageFor, practitioner: MadeStaff, encounter: Encounter, size: tuple[int, int]
) -> None:
    page = page_for(practitioner, viewport={"width": size[0], "height": size[1]})
    hand_over_on(page, encounter.id)
    take(page)
    for name, leave in walk(page):
        on_screen(page, name)
        if name == "matters":
            tick(page, "private")
        if name == "stand":
            tick(page, "not-today")
        well_made(page, name)
        if name == "menu":
            act(page, "open", leave)
        else:
            act(page, leave)
    answer(page, "after.young_person", [1, 2, 3])
    saved(page)
    act(page, "on")
    pass_to(page, "All of us, together")
    for name in ("sheet", "now"):
        act(page, "open", name)
        on_screen(page, name)
        well_made(page, name)
        act(page, "back")


def well_made(page: Page, name: str) -> None:
    found = Axe().run(page, context={"exclude": [[".practice-mark"]]})
    assert [
        (each["id"], each["nodes"][0]["html"][:160]) for each in found.response["violations"]
    ] == [], name
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, name
    small = page.evaluate("""() => [...document.querySelectorAll('button, .ap-radio, textarea')]
      .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 44)
      .map((each) => each.outerHTML.slice(0, 100))""")
    assert small == [], name


def test_beside_a_grid_behind_a_notice_nothing_is_typed_and_help_comes_first(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    service = live_server.service
    now = service.clock()
    crisis_number.set_crisis_number(service.database, number="01632 960 999", by="system", now=now)
    switches.turn(service.database, Switch.SENSITIVE_GRIDS, on=True, by="system", now=now)
    stock(service, released("k7"), sensitive())
    standing.refresh(service)
    release = service.library.current("t5")
    assert release is not None
    picked = tuple(option.id for option in release.grid.options[:3])
    grid = GridChoice("t5", release.number, release.sha256, picked)
    page = page_for(practitioner)
    hand_over_on(page, live_server.make_encounter(practitioner, grid=grid).id)
    take(page)
    act(page, "open", "matters")
    on_screen(page, "matters")
    assert page.locator("textarea").count() == 0
    act(page, "back")
    act(page, "open", "grid")
    page.wait_for_selector("[data-screen=grid] [data-grid]")
    assert page.locator("[data-much]").count() == 1
    assert page.evaluate("""() => Boolean(document.querySelector('[data-grid]')
      .compareDocumentPosition(document.querySelector('[data-screen] [data-much]')) & 4)""")
    page.locator("[data-bar-top] [data-act=menu]").click()
    act(page, "open", "stand")
    tick(page, "not-today")
    act(page, "keep")
    on_screen(page, "tonight")
    expect(page.locator("[data-screen=tonight]")).to_contain_text("01632 960 999")
    act(page, "on")
    act(page, "open", "grid")
    expect(page.locator("[data-screen=grid] [data-notice]")).to_be_visible()
