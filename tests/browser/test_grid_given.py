"""What a host gives the grid: marks, local notes, private turns; and what the device reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.grid_in_browser import NARROW, TALL, WIDE, amiss, cell_opener
from playwright.sync_api import Page, expect

Open = Callable[..., Page]
LOCAL = {
    "what-helps-now": {
        "place": "here",
        "weeks": 3,
        "name": "Riverside team",
        "how": "Ask at the desk",
        "checked_on": "2026-11-02",
        "stale": False,
    },
    "short-practical": {
        "place": "elsewhere",
        "weeks": 1,
        "name": "",
        "how": "",
        "checked_on": "2026-01-05",
        "stale": True,
    },
    "group": {
        "place": "not_here",
        "weeks": None,
        "name": "",
        "how": "",
        "checked_on": None,
        "stale": True,
    },
    "not-an-option": {"place": "here", "weeks": 1},
}
VOICES = """() => {
  const voices = %s;
  window.spoken = []; window.stopped = 0;
  const engine = Object.assign(new EventTarget(), {
    getVoices: () => voices, speak: (u) => spoken.push(u), cancel: () => { stopped += 1; } });
  Object.defineProperty(window, "speechSynthesis", { value: engine });
  window.SpeechSynthesisUtterance = class extends EventTarget {
    constructor(text) { super(); this.text = text; } };
}"""
ON_DEVICE = {"name": "Kept here", "lang": "en-US", "localService": True, "default": True}
BRITISH = {"name": "British", "lang": "en_GB", "localService": True, "default": False}
FAR_AWAY = {"name": "Sent away", "lang": "en-GB", "localService": False, "default": True}
FRENCH = {"name": "Française", "lang": "fr-FR", "localService": True, "default": False}


def with_voices(*voices: dict[str, Any]) -> str:
    return f"({VOICES % json.dumps(voices)})()"


def mount(page: Page, choices: str, around: str = "") -> None:
    """The fragment alone, mounted by a host as the appointment does, with what it gives."""
    page.evaluate(
        """async ([choices, around]) => {
          const script = document.querySelector("script[src*='js/grid.js']");
          const { mountGrid } = await import(script.src);
          const html = await (await fetch("/g/k7/1/fragment")).text();
          const place = document.createElement("div");
          if (around) place.setAttribute(...around.split("="));
          place.innerHTML = html;
          document.querySelector("main").replaceChildren(place);
          window.live = mountGrid(place, JSON.parse(choices));
        }""",
        [choices, around],
    )


def rows(page: Page) -> list[str]:
    found: list[str] = page.locator("tbody tr:visible").evaluate_all(
        "r => r.map(x => x.dataset.row ?? 'here')"
    )
    return found


def marked(page: Page) -> list[str]:
    found: list[str] = page.locator("[data-mark]:visible").evaluate_all(
        "m => m.map(x => x.closest('[data-row]').dataset.row)"
    )
    return found


def columns(page: Page) -> list[str]:
    found: list[str] = page.locator("thead [data-option]").evaluate_all(
        "h => h.map(x => x.dataset.option)"
    )
    return found


@pytest.mark.parametrize("viewport", [WIDE, NARROW])
def test_what_matters_is_marked_comes_first_and_goes_back(
    open_grid: Open, viewport: dict[str, int]
) -> None:
    page = open_grid(viewport)
    mount(page, "{}", "data-matters=time,help,no-such-row")
    before, ways = rows(page), columns(page)
    assert marked(page) == ["time", "help"]
    first = page.get_by_role("button", name="Show first what matters to you")
    first.click()
    assert rows(page) == [
        "usually",
        "time",
        "help",
        *[row for row in before if row not in ("usually", "time", "help")],
    ]
    assert columns(page) == ways
    expect(first).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="2 questions")).to_be_visible()
    assert amiss(page) == []
    assert Axe().run(page, context="main").response["violations"] == []

    first.click()
    assert rows(page) == before
    expect(page.locator("[data-status]")).to_have_text("The questions are back in their order.")


def test_the_questions_that_matter_also_come_first_one_by_one(open_grid: Open) -> None:
    page = open_grid(TALL)
    mount(page, '{"matters": ["time"], "view": "pair"}')
    question = page.locator("[data-question]")
    expect(question).to_have_value("what")
    page.get_by_role("button", name="Show first what matters to you").click()
    expect(question).to_have_value("what")
    page.get_by_role("button", name="Question before").click()
    expect(question).to_have_value("time")
    assert (rows(page), marked(page)) == (["time"], ["time"])

    page.evaluate("live.matters([])")
    assert marked(page) == []
    expect(page.locator("[data-matters-first]")).to_be_hidden()
    expect(page.get_by_label("Question 3 of 11")).to_be_visible()


def test_nobody_said_what_matters_so_nothing_is_marked(open_grid: Open) -> None:
    page = open_grid(WIDE)
    assert marked(page) == []
    expect(page.locator("[data-matters-first]")).to_be_hidden()


def here(page: Page, option: str) -> list[str]:
    found: list[str] = page.locator(f"[data-here] [data-option={option}] p:visible").evaluate_all(
        "p => p.filter(x => !x.matches('.og-cell__name')).map(x => x.textContent)"
    )
    return found


@pytest.mark.parametrize("viewport", [WIDE, NARROW])
def test_what_there_is_here_stands_apart_with_its_day(
    open_grid: Open, viewport: dict[str, int]
) -> None:
    page = open_grid(viewport)
    mount(page, json.dumps({"local": LOCAL}))

    assert here(page, "what-helps-now") == [
        "You can get this here.",
        "Riverside team",
        "The wait is about 3 weeks.",
        "How to get it: Ask at the desk",
        "Checked on 2 November 2026.",
    ]
    assert here(page, "short-practical") == [
        "You can get this somewhere else.",
        "The wait is about 1 week.",
        "Last checked on 5 January 2026. It may have changed, so please ask.",
    ]
    assert here(page, "group") == [
        "You cannot get this here now.",
        "Nobody said when this was checked. It may have changed, so please ask.",
    ]
    assert here(page, "one-to-one") == ["Nobody has told us yet. Ask your practitioner."]
    assert rows(page)[:2] == ["here", "usually"]
    assert amiss(page) == []
    assert Axe().run(page, context="main").response["violations"] == []
    page.get_by_role("button", name="One question, two ways").click()
    assert rows(page) == ["here", "what"]


@pytest.mark.parametrize("local", ["null", "{}", '{"not-an-option": {"place": "here"}}'])
def test_without_a_note_there_is_no_row(open_grid: Open, local: str) -> None:
    page = open_grid(WIDE)
    mount(page, f'{{"local": {local}}}')
    assert "here" not in rows(page)


def test_a_note_is_words_never_markup(open_grid: Open) -> None:
    page = open_grid(WIDE)
    note = LOCAL["group"] | {"place": "moon", "name": "<b>Team</b>", "checked_on": "soon"}
    mount(page, json.dumps({"local": {"group": note}}))
    assert here(page, "group") == [
        "Nobody has told us yet. Ask your practitioner.",
        "<b>Team</b>",
        "We do not know how long the wait is.",
        "Nobody said when this was checked. It may have changed, so please ask.",
    ]


@pytest.mark.parametrize("voices", [[], [FAR_AWAY], [FRENCH]])
def test_no_voice_on_the_device_means_no_button(
    open_grid: Open, voices: list[dict[str, Any]]
) -> None:
    page = open_grid(WIDE, before=with_voices(*voices))
    cell_opener(page, "help", "group").click()

    assert page.locator("[data-aloud]:visible, [data-aloud-hint]:visible").count() == 0


def test_a_question_is_read_with_the_ways_in_view_by_a_voice_of_the_device(
    open_grid: Open,
) -> None:
    page = open_grid(
        WIDE, "/g/k7/1?c=group,one-to-one", before=with_voices(FAR_AWAY, ON_DEVICE, BRITISH)
    )
    button = page.get_by_role("button", name=re.compile("^Read aloud.*How might it help me"))
    button.click()
    spoken = page.evaluate("spoken.map(u => [u.voice.name, u.text])")
    assert {voice for voice, _ in spoken} == {"British"}
    said = " ".join(text for _, text in spoken)
    assert said.startswith("How might it help me? A group")
    assert "One-to-one talking therapy" in said
    assert "Family sessions" not in said
    assert [text for _, text in spoken if text.startswith(("More \u2192", "Read aloud"))] == []
    assert {"More", "Read aloud"}.isdisjoint(text for _, text in spoken)

    expect(
        page.get_by_role("button", name=re.compile("^Stop reading.*How might it"))
    ).to_be_focused()
    page.get_by_role("button", name="Stop reading").click()
    assert page.evaluate("stopped") == 1
    expect(button).to_be_visible()


def test_the_sheet_is_read_and_silent_when_it_closes(open_grid: Open) -> None:
    page = open_grid(TALL, before=with_voices(ON_DEVICE))
    cell_opener(page, "help", "what-helps-now").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Read aloud").click()
    assert page.evaluate("spoken.length") > 3
    assert page.evaluate("spoken[0].text") == "How might it help me?"
    page.keyboard.press("Escape")
    assert page.evaluate("stopped") == 1

    cell_opener(page, "help", "what-helps-now").click()
    dialog.get_by_role("button", name="Read aloud").click()
    page.evaluate("spoken.at(-1).dispatchEvent(new Event('end'))")
    expect(dialog.get_by_role("button", name="Read aloud")).to_be_visible()


def test_in_a_private_turn_it_speaks_of_headphones_and_stops_with_the_turn(
    open_grid: Open,
) -> None:
    page = open_grid(TALL, before=with_voices(ON_DEVICE))
    assert page.locator("[data-aloud-hint]:visible").count() == 0
    mount(page, "{}", "data-private=")
    expect(page.locator("[data-aloud-hint]").first).to_contain_text("headphones")
    page.locator("tbody [data-aloud]").first.click()
    page.evaluate("live.close()")
    assert page.evaluate("stopped") == 1
    page.evaluate("live.unmount()")

    assert page.locator("[data-aloud]:visible").count() == 0


def test_axe_finds_nothing_with_everything_given(open_grid: Open) -> None:
    page = open_grid(NARROW, before=with_voices(ON_DEVICE))
    mount(page, json.dumps({"local": LOCAL, "matters": ["help"], "isPrivate": True}))
    cell_opener(page, "help", "group").click()
    found = Axe().run(page, context="main").response["violations"]

    assert [(v["id"], [n["html"][:90] for n in v["nodes"]][:3]) for v in found] == []
    assert amiss(page) == []
