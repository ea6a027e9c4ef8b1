"""Reading the grid in comfort: letters, space, contrast, motion, and figures in three ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.grid_in_browser import NARROW, TALL, WIDE, ZOOMED, amiss, cell_opener
from playwright.sync_api import Page, expect

Open = Callable[..., Page]
EVERYTHING = ("Largest", "More space", "Stronger contrast", "Less motion")
SMALL = """e => e.map(x => [x.textContent.trim().slice(0, 20), x.getBoundingClientRect()])
    .filter(([, b]) => b.height < 44 || b.width < 44).map(([t]) => t)"""


def comfort(page: Page, *presses: str) -> None:
    page.get_by_text("Make this easier to read").click()
    for name in presses:
        page.get_by_role("button", name=name, exact=True).click()


def size(page: Page, selector: str = "[data-row=help] [data-face]") -> float:
    found = page.locator(selector).first
    return float(found.evaluate("e => parseFloat(getComputedStyle(e).fontSize)"))


def test_letters_come_in_three_sizes_by_keyboard(open_grid: Open) -> None:
    page = open_grid(TALL)
    page.locator(".comfort summary").focus()
    page.keyboard.press("Enter")
    sizes = [size(page)]
    for name in ("Larger", "Largest"):
        page.get_by_role("button", name=name, exact=True).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=name, exact=True)).to_be_focused()
        sizes.append(size(page))
    pressed = page.locator("[data-comfort-set=text][aria-pressed=true]")
    expect(pressed).to_have_text("Largest")
    assert [round(s / sizes[0], 2) for s in sizes] == [1, 1.22, 1.51]

    page.get_by_role("button", name="As they are").click()
    assert size(page) == sizes[0]


def test_space_contrast_and_motion_go_on_and_off_and_end_with_the_page(open_grid: Open) -> None:
    page = open_grid(WIDE)
    ink = "() => getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()"
    comfort(page, "More space", "Stronger contrast", "Less motion")
    face = page.locator("[data-row=help] [data-face]").first
    assert face.evaluate("e => parseFloat(getComputedStyle(e).letterSpacing)") > 0
    assert page.evaluate(ink) == "#000"
    assert page.locator("html[data-comfort-motion=less]").count() == 1
    page.get_by_role("button", name="Stronger contrast").click()
    assert page.evaluate(ink) == "#1d2b30"

    page.reload()
    page.wait_for_selector("[data-live]")
    assert page.locator("html[data-comfort-space]").count() == 0
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_one_thing_under_the_other_even_on_a_wide_screen(open_grid: Open) -> None:
    page = open_grid(WIDE)
    comfort(page, "One thing under the other")
    page.wait_for_function("!document.querySelector('thead').checkVisibility()")
    cells = page.locator("[data-row=help] [data-cell]")

    lefts = cells.evaluate_all("c => c.map(x => Math.round(x.getBoundingClientRect().left))")
    assert (len(lefts), len(set(lefts))) == (6, 1)


@pytest.mark.parametrize("viewport", [WIDE, TALL, NARROW, ZOOMED])
def test_holds_with_everything_on(open_grid: Open, viewport: dict[str, int]) -> None:
    page = open_grid(viewport)
    comfort(page, *EVERYTHING)
    assert amiss(page) == []
    assert page.locator(".comfort :is(summary, button):visible").evaluate_all(SMALL) == []
    cell_opener(page, "help", "what-helps-now").click()

    assert amiss(page) == []


@pytest.mark.parametrize("viewport", [WIDE, TALL])
def test_nothing_that_stays_covers_more_than_a_quarter(
    open_grid: Open, viewport: dict[str, int]
) -> None:
    page = open_grid(viewport)
    stays = """() => [...document.querySelectorAll('.og-names > *')]
        .filter(e => getComputedStyle(e).position === 'sticky')
        .map(e => e.offsetHeight / innerHeight)"""
    assert 0 < max(page.evaluate(stays)) <= 0.25
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.wait_for_timeout(200)

    assert all(share <= 0.25 for share in page.evaluate(stays))


def test_a_copy_that_comes_later_shows_what_stands_and_a_new_holder_starts_afresh(
    open_grid: Open,
) -> None:
    page = open_grid(WIDE)
    page.evaluate("window.copy = document.querySelector('[data-comfort]').cloneNode(true)")
    comfort(page, "Larger")
    page.evaluate("document.querySelector('main').append(copy)")
    copy = page.locator("[data-comfort]").last
    copy.locator("summary").click()
    expect(copy.get_by_role("button", name="Larger", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )

    page.evaluate(
        """async () => (await import(document.querySelector("script[src*='comfort.js']").src))
          .resetComfort()"""
    )
    assert page.locator("html[data-comfort-text]").count() == 0
    assert page.locator("[data-comfort][open]").count() == 0


def test_without_a_script_there_is_no_control_that_does_nothing(open_grid: Open) -> None:
    page = open_grid(WIDE, java_script_enabled=False)
    expect(page.locator(".comfort")).to_be_hidden()


def test_dots_and_tables_have_names(open_grid: Open) -> None:
    page = open_grid(WIDE)
    cell_opener(page, "help", "one-to-one").click()
    dialog = page.get_by_role("dialog")
    picture = dialog.get_by_role("img", name="39 of 100 dots are full: they got better.")
    expect(picture).to_be_visible()
    dialog.get_by_role("button", name="Table", exact=True).click()

    expect(dialog.get_by_role("table", name="Who got better")).to_be_visible()
    expect(picture).to_be_hidden()


def test_dots_differ_without_colour(open_grid: Open) -> None:
    page = open_grid(WIDE)
    cell_opener(page, "help", "one-to-one").click()
    drawn: list[dict[str, Any]] = (
        page.locator(".dots")
        .first.locator("path")
        .evaluate_all(
            "p => p.map(x => [x.getAttribute('stroke'), Number(x.getAttribute('stroke-width'))])"
        )
    )

    assert drawn == [["currentColor", 8], ["#fff", 5.6]]


@pytest.mark.parametrize("viewport", [WIDE, NARROW])
def test_axe_finds_nothing_with_everything_on(open_grid: Open, viewport: dict[str, int]) -> None:
    page = open_grid(viewport)
    comfort(page, *EVERYTHING)
    found = Axe().run(page, context="main").response["violations"]

    assert [(v["id"], [n["html"][:90] for n in v["nodes"]][:3]) for v in found] == []
