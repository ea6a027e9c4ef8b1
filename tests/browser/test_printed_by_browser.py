"""A page printed by the browser, for want of a network: whole, marked as that, with who to ring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fixtures.browser import LiveServer
from fixtures.pdfs import letters, pages_of
from playwright.sync_api import Page, expect

PageFor = Callable[..., Page]
NUMBERS = ("999", "111", "85258", "0800 1111", "116 123", "0800 068 4141")
LONG = "Being told to calm down. It helps to give me ten minutes, then ask once. " * 12
PRINTED = "() => { window.printed = 0; window.print = () => { window.printed += 1; } }"


def on_paper(page: Any) -> str:
    """What a browser would print, and that it holds the numbers to ring."""
    text = " ".join(pages_of(page.pdf(format="A4")))
    assert "Printed from a screen." in text
    assert [number for number in NUMBERS if number not in text] == []
    assert "(Link:" not in text
    return text


def test_a_kept_grid_is_printed_without_a_network(
    page_for: PageFor, live_server: LiveServer
) -> None:
    page: Any = page_for()
    page.goto("/g/k7/1?voice=parent")
    page.get_by_role("button", name="Keep it on this phone").click()
    expect(page.locator("[data-keep-said]")).to_have_text("It is kept.", timeout=60_000)
    page.context.set_offline(True)
    page.goto("/g/k7/1?voice=parent")
    page.evaluate(PRINTED)
    page.get_by_role("button", name="Print what is on this screen").click()
    assert page.evaluate("window.printed") == 1
    body = page.pdf(format="A4", prefer_css_page_size=True)
    text = on_paper(page)
    assert "This is grid k7, version 1, to be looked at again by" in text
    for face in page.locator(".og-cell__face:visible").all():
        assert letters(face.inner_text()) in letters(text)
    assert "Keep it on this phone" not in text
    assert len(pages_of(body)) <= 4


def test_a_profile_is_printed_with_every_word_and_leaves_the_page_again(
    page_for: PageFor, live_server: LiveServer
) -> None:
    page: Any = page_for()
    page.goto("/profile")
    expect(page.locator("[data-print-here]")).to_be_visible()
    page.fill("#name", "Juno")
    page.fill("#upsets", LONG)
    page.fill("#people", "My nan <b>and</b> Jaz")
    page.context.set_offline(True)
    text = on_paper(page)
    assert letters(LONG) in letters(text), "a box of a form would have cut it"
    assert "My nan <b>and</b> Jaz" in text
    assert "form 1" in text
    assert "Show some examples" not in text
    assert letters("Juno") in letters(text)
    expect(page.locator("[data-paper-here]")).to_be_hidden()
    assert page.locator("[data-paper=words]").all_text_contents() == [""] * 6

    page.locator("[name=worker-sees][value=people]").check(force=True)
    page.locator("#copy-worker").check(force=True)
    copy = on_paper(page)
    assert "A copy for my worker" in copy
    assert "My nan" in copy
    assert "calm down" not in copy, "not ticked for this reader"


def test_a_clinic_tablet_prints_no_profile(page_for: PageFor) -> None:
    """Whoever prints can also keep a file: there the words go to the print desk."""
    page: Any = page_for()
    page.add_init_script(
        "Object.defineProperty(ServiceWorkerContainer.prototype, 'getRegistration',"
        "{value: async () => ({active: {scriptURL: location.origin + '/sw.js'}})});"
    )
    page.goto("/profile")
    expect(page.get_by_role("button", name="Print at the desk")).to_be_visible()
    page.fill("#people", "My nan")
    assert page.locator("[data-print-here]").count() == 0
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.locator("[data-paper=words]").all_text_contents() == [""] * 6
