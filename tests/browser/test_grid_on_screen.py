"""The grid in a real browser: what is in view, the sheet, one question and two ways, no script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.grid_in_browser import NARROW, TALL, TOO_WIDE, WIDE, ZOOMED, amiss
from playwright.sync_api import Page, expect

from app.settings import ROOT

PHONE = {"width": 390, "height": 844}
OPTIONS = [
    "what-helps-now",
    "short-practical",
    "group",
    "one-to-one",
    "family-sessions",
    "therapy-and-medicine",
]
HARDEST = [("/g/k7/1", "one-to-one"), ("/g/p3/1", "medicine"), ("/g/r8/1", "daily-routines")]
Open = Callable[..., Page]


def in_view(page: Page) -> list[str]:
    return page.eval_on_selector_all(
        "[data-row=what] [data-cell]",
        "cells => cells.filter(c => c.offsetParent !== null).map(c => c.dataset.option)",
    )


def more(page: Page, row: str, option: str) -> Any:
    return page.locator(f"[data-row={row}] [data-option={option}] .og-open")


def pick(page: Page, option: str) -> None:
    page.locator(f"label:has([data-pick={option}])").click()


@pytest.mark.parametrize(
    ("viewport", "shown"), [(WIDE, OPTIONS[:4]), (TALL, OPTIONS[:2]), (PHONE, OPTIONS)]
)
def test_as_many_ways_are_in_view_as_there_is_room_for(
    open_grid: Open, viewport: dict[str, int], shown: list[str]
) -> None:
    page = open_grid(viewport)

    assert in_view(page) == shown
    assert page.evaluate(TOO_WIDE) == []


def test_a_fifth_way_takes_a_place_and_the_order_stays(open_grid: Open) -> None:
    page = open_grid(WIDE)
    pick(page, "therapy-and-medicine")
    assert in_view(page) == [*OPTIONS[:3], OPTIONS[5]]
    expect(page.locator("[data-status]")).to_contain_text("One-to-one therapy made room")

    pick(page, "family-sessions")
    assert in_view(page) == [*OPTIONS[:2], *OPTIONS[4:]]
    pick(page, "what-helps-now")
    assert in_view(page) == ["short-practical", *OPTIONS[4:]]


def test_the_last_way_stays(open_grid: Open) -> None:
    page = open_grid(WIDE, "/g/k7/1?c=group")
    assert in_view(page) == ["group"]

    pick(page, "group")
    assert in_view(page) == ["group"]
    assert page.is_checked("[data-pick=group]")
    expect(page.locator("[data-status]")).not_to_be_empty()


def test_the_address_picks_and_the_other_voice_keeps_what_is_picked(open_grid: Open) -> None:
    page = open_grid(WIDE, "/g/k7/1?c=one-to-one,no-such-way,group")
    assert in_view(page) == ["group", "one-to-one"]

    pick(page, "family-sessions")
    page.get_by_role("link", name="For parents and carers").click()
    page.wait_for_selector("[data-voice=parent][data-live]")
    assert in_view(page) == ["group", "one-to-one", "family-sessions"]


def test_two_at_a_time_with_the_rest_one_tap_away(open_grid: Open) -> None:
    page = open_grid(TALL)
    forward, back = page.get_by_role("button", name="Next"), page.get_by_role("button", name="Back")
    seen = [in_view(page)]
    while forward.is_enabled():
        forward.click()
        seen.append(in_view(page))

    assert seen == [OPTIONS[:2], OPTIONS[2:4], OPTIONS[4:]]
    expect(back).to_be_focused()
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    expect(page.locator("[data-row=what] [data-option=one-to-one]")).to_be_visible()
    assert in_view(page) == OPTIONS[:4]


def test_heads_stay_at_the_top_while_reading_on(open_grid: Open) -> None:
    page = open_grid(WIDE)
    page.locator("[data-row=sure]").scroll_into_view_if_needed()

    assert page.locator("th.og-name").first.bounding_box()["y"] == 0  # type: ignore[index]


def test_the_sheet_opens_keeps_the_focus_and_gives_it_back(open_grid: Open) -> None:
    page = open_grid(WIDE)
    opener = more(page, "help", "one-to-one")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="One-to-one talking therapy")
    expect(dialog).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = (
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
        assert page.evaluate(inside)

    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    detail = page.locator("[data-row=help] [data-option=one-to-one] [data-more] [data-detail]")
    assert detail.count() == 1


def test_a_tap_on_a_cell_opens_its_sheet_and_a_tap_on_a_word_does_not(open_grid: Open) -> None:
    page = open_grid(WIDE)
    page.locator("[data-row=help] [data-option=group] [data-face] .og-word").click()
    expect(page.locator("[data-row=help] [data-option=group] .og-word__means")).to_contain_text(
        "talking therapy"
    )
    expect(page.locator("dialog")).to_be_hidden()

    page.locator("[data-row=what] [data-option=group] [data-face]").click(position={"x": 5, "y": 5})
    expect(page.locator("dialog")).to_be_visible()


def test_numbers_are_dots_words_or_table_by_choice(open_grid: Open) -> None:
    page = open_grid(WIDE)
    more(page, "help", "one-to-one").click()
    dialog = page.get_by_role("dialog")
    for name in ("Words", "Table", "Dots"):
        dialog.get_by_role("button", name=name, exact=True).click()
        shown = dialog.locator("[data-as]:visible").evaluate_all("e => e.map(x => x.dataset.as)")
        assert shown == [name.lower()] * 2
    titles = dialog.locator("svg title").all_text_contents()
    assert titles[0].startswith("39 of 100 dots are full")


def test_the_sheet_steps_through_the_ways_under_one_question(open_grid: Open) -> None:
    page = open_grid(WIDE)
    more(page, "what", "one-to-one").click()
    page.get_by_role("dialog").get_by_role("button", name="Family sessions").click()
    dialog = page.get_by_role("dialog", name="Family sessions")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="A talking therapy and a medicine").click()
    expect(page.locator("[data-sheet-step='1']")).to_be_hidden()

    page.keyboard.press("Escape")
    focused = page.evaluate("document.activeElement.closest('[data-row]')?.dataset.row")
    assert focused == "what"


def test_one_question_two_ways(open_grid: Open) -> None:
    page = open_grid(WIDE)
    page.get_by_role("button", name="One question, two ways").click()
    assert in_view(page) == OPTIONS[:2]
    page.get_by_role("button", name="Next question").click()
    assert page.locator("[data-row]:visible").evaluate_all("r => r.map(x => x.dataset.row)") == [
        "like"
    ]
    page.locator("[data-side='1']").select_option("therapy-and-medicine")
    page.locator("[data-question]").select_option("what")

    assert in_view(page) == [OPTIONS[0], OPTIONS[5]]
    page.get_by_role("button", name="All questions").click()
    assert in_view(page) == OPTIONS[:4]
    assert page.locator("[data-row]:visible").count() == 12


def others(page: Page) -> list[str]:
    return page.locator("[data-add]:visible").evaluate_all("b => b.map(x => x.dataset.add)")


def watch_what_is_shown(page: Page) -> None:
    page.evaluate(
        """() => { window.told = [];
        addEventListener("grid:shown", ({detail: d}) => told.push([d.by, d.added, d.removed])); }"""
    )


@pytest.mark.parametrize("viewport", [WIDE, TALL, PHONE])
def test_the_ways_not_picked_stay_in_sight_by_name_and_come_in_by_a_tap(
    open_grid: Open, viewport: dict[str, int]
) -> None:
    page = open_grid(viewport, "/g/k7/1?c=what-helps-now,group,one-to-one")
    rest = page.get_by_role("group", name="3 more ways of getting help:")
    assert others(page) == ["short-practical", "family-sessions", "therapy-and-medicine"]
    looks = "e => { const s = getComputedStyle(e); return [s.fontFamily, s.fontWeight, s.color]; }"
    picked = page.locator("label:has([data-pick=group]) span").evaluate(looks)
    assert rest.get_by_role("button", name="Family sessions").evaluate(looks) == picked
    watch_what_is_shown(page)

    rest.get_by_role("button", name="Family sessions").click()

    assert "family-sessions" in in_view(page)
    assert others(page) == ["short-practical", "therapy-and-medicine"]
    assert page.evaluate("document.activeElement.dataset.option") == "family-sessions"
    expect(page.locator("[data-status]")).to_have_text("Family sessions is in view now.")
    [(by, added, _)] = page.evaluate("told")
    assert (by, added[-1]) == ("hand", "family-sessions")
    axis = page.locator("thead [data-option]").evaluate_all("h => h.map(x => x.dataset.option)")
    assert axis == OPTIONS


def test_with_four_in_view_another_way_takes_a_place_and_the_swap_is_told(open_grid: Open) -> None:
    page = open_grid(WIDE)
    watch_what_is_shown(page)
    page.get_by_role("button", name="Family sessions").click()

    assert page.evaluate("told") == [["hand", ["family-sessions"], ["one-to-one"]]]
    assert others(page) == ["one-to-one", "therapy-and-medicine"]
    page.set_viewport_size(TALL)  # type: ignore[arg-type]
    page.wait_for_function("told.length === 2")
    assert page.evaluate("told[1]") == ["page", [], ["group", "family-sessions"]]


def test_beside_one_way_any_other_can_be_put(open_grid: Open) -> None:
    page = open_grid(PHONE)
    page.get_by_role("button", name="One question, two ways").click()
    assert others(page) == OPTIONS[2:]
    page.locator("[data-add=family-sessions]").click()

    assert in_view(page) == [OPTIONS[0], "family-sessions"]
    assert others(page) == [*OPTIONS[1:4], OPTIONS[5]]
    assert page.evaluate("document.activeElement.dataset.option") == "family-sessions"


def test_young_people_start_with_two_ways_where_much_at_once_is_hard(open_grid: Open) -> None:
    page = open_grid(WIDE, "/g/p3/1")
    assert page.locator("tbody [data-row]:visible").count() == 1
    expect(page.get_by_label("Question 1 of 13")).to_be_visible()
    page.get_by_role("button", name="Next question").click()
    expect(page.get_by_label("Question 2 of 13")).to_be_visible()

    assert open_grid(WIDE, "/g/p3/1?voice=parent").locator("tbody [data-row]:visible").count() == 14


def test_the_focus_stays_through_every_change_of_view(open_grid: Open) -> None:
    page = open_grid(TALL)
    for press in ("One question, two ways", "Next question", "Question before", "All questions"):
        page.get_by_role("button", name=press).focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.checkVisibility()")
        assert page.evaluate("document.activeElement.matches('button, select')")


@pytest.mark.parametrize("viewport", [WIDE, TALL, PHONE])
def test_without_a_script_everything_is_there(open_grid: Open, viewport: dict[str, int]) -> None:
    page = open_grid(viewport, java_script_enabled=False)

    assert page.locator("[data-row=what] [data-cell]").count() == 6
    expect(page.locator("[data-bar]")).to_be_hidden()
    summary = page.locator("[data-row=help] [data-option=one-to-one] summary")
    summary.click()
    detail = page.locator("[data-row=help] [data-option=one-to-one] [data-detail]")
    assert detail.locator("[data-as]:visible").count() == 6


def test_nothing_is_kept_and_nothing_is_sent(open_grid: Open) -> None:
    page = open_grid(WIDE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    pick(page, "family-sessions")
    more(page, "what", "group").click()

    assert asked == []
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [
        0,
        0,
        "",
    ]


@pytest.mark.parametrize("viewport", [WIDE, TALL, PHONE, NARROW, ZOOMED])
@pytest.mark.parametrize(("path", "option"), HARDEST)
def test_holds_at_every_size_with_large_letters(
    open_grid: Open, viewport: dict[str, int], path: str, option: str
) -> None:
    page = open_grid(viewport, path)
    assert amiss(page) == []
    page.get_by_role("button", name="All questions").click()
    assert amiss(page) == []
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.wait_for_timeout(200)
    assert amiss(page) == []

    if option not in in_view(page):
        pick(page, option)
    more(page, "help", option).click()
    assert amiss(page) == []


@pytest.mark.parametrize("viewport", [WIDE, TALL, PHONE])
def test_targets_are_large_enough_to_tap(open_grid: Open, viewport: dict[str, int]) -> None:
    page = open_grid(viewport, "/g/k7/1?c=what-helps-now,group")
    small = page.locator(
        "main :is(button, label, summary):visible, .og select:visible, .og-card:visible"
    )
    boxes = small.evaluate_all(
        "e => e.map(x => [x.textContent.trim().slice(0, 20), x.getBoundingClientRect()])"
        ".filter(([, b]) => b.height < 44 || b.width < 44).map(([t]) => t)"
    )
    assert boxes == []


def found_by_axe(page: Page) -> list[Any]:
    found = Axe().run(page, context="main").response["violations"]
    return [(v["id"], [n["html"][:90] for n in v["nodes"]][:3]) for v in found]


@pytest.mark.parametrize("viewport", [WIDE, TALL, NARROW])
@pytest.mark.parametrize("voice", ["young-person", "parent"])
def test_axe_finds_nothing_in_any_view(
    open_grid: Open, viewport: dict[str, int], voice: str
) -> None:
    page = open_grid(viewport, f"/g/k7/1?voice={voice}&c=what-helps-now,short-practical,group")
    assert found_by_axe(page) == []
    more(page, "help", "what-helps-now").click()
    page.get_by_role("dialog").get_by_role("button", name="Same question next").click()
    assert found_by_axe(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="One question, two ways").click()
    assert found_by_axe(page) == []


def test_four_times_as_large_nothing_scrolls_both_ways(open_grid: Open) -> None:
    page = open_grid(ZOOMED)
    both = """() => [...document.querySelectorAll("*")].filter((e) => e.checkVisibility()
        && e.scrollWidth > e.clientWidth + 1 && e.scrollHeight > e.clientHeight + 1
        && ["auto", "scroll"].includes(getComputedStyle(e).overflowX)).map((e) => e.className)"""
    assert (amiss(page), page.evaluate(both)) == ([], [])
    page.get_by_role("button", name="One question, two ways").click()
    assert (amiss(page), page.evaluate(both)) == ([], [])
    page.locator("[data-row=what] .og-open:visible").first.click()
    assert (amiss(page), page.evaluate(both)) == ([], [])


def test_nothing_moves_by_itself_for_those_who_asked_for_less_motion(open_grid: Open) -> None:
    page = open_grid(WIDE, reduced_motion="reduce")
    more(page, "help", "group").click()
    moving = """() => [...document.querySelectorAll("*")].filter((e) => {
        const s = getComputedStyle(e);
        return parseFloat(s.transitionDuration) > 0 || s.animationName !== "none"
          || s.scrollBehavior === "smooth"; }).map((e) => e.className)"""

    assert page.evaluate(moving) == []
    assert page.evaluate("document.getAnimations().length") == 0


def test_the_modules_leave_nothing_behind() -> None:
    files = [*(ROOT / "static" / "js").glob("grid*.js")]
    sources = {file.name: file.read_text("utf-8") for file in files}

    assert "export function mountGrid(" in sources["grid.js"]
    kept = ("localStorage", "sessionStorage", "indexedDB", "cookie", "fetch(")
    assert [(name, w) for name, text in sources.items() for w in kept if w in text] == []


def test_two_voices_can_be_mounted_side_by_side(open_grid: Open) -> None:
    page = open_grid(WIDE)
    opened = page.evaluate(
        """async () => {
          const script = document.querySelector("script[src*='js/grid.js']");
          const { mountGrid } = await import(script.src);
          const opened = [];
          const grids = await Promise.all(["young-person", "parent"].map(async (voice) => {
            const place = document.createElement("div");
            place.innerHTML = await (await fetch(`/g/k7/1/fragment?voice=${voice}`)).text();
            document.body.append(place);
            const onOpen = (row, option) => opened.push([voice, row, option]);
            return mountGrid(place, { picked: ["group"], onOpen });
          }));
          const parent = document.querySelector("[data-voice=parent]");
          parent.querySelector("[data-row=hard] [data-option=group] .og-open").click();
          grids[1].close();
          const views = grids.map((grid) => grid.inView());
          grids.forEach((grid) => grid.unmount());
          return { opened, views, none: mountGrid(document.createElement("div")),
            left: parent.querySelectorAll(".og-open").length };
        }"""
    )

    assert opened == {
        "opened": [["parent", "hard", "group"]],
        "views": [["group"], ["group"]],
        "none": None,
        "left": 0,
    }
