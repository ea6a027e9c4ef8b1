"""A writer saves a file, and the page and the findings beside it change by themselves."""

from __future__ import annotations

import time
from pathlib import Path

from fixtures.browser import TABLET
from fixtures.preview import SLUG, copy_draft, previewed
from playwright.sync_api import Browser, expect

PARENT = f"{SLUG}/parent.en.yaml"
# The page looks twice a second; a shared machine gets some room beyond the second promised.
SOON_MS = 4000


def test_page_and_findings_follow_the_files(browser: Browser, tmp_path: Path) -> None:
    errors: list[str] = []
    with previewed(copy_draft(tmp_path / "grids")) as preview:
        page = browser.new_context(viewport=TABLET).new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(f"{preview.base}/{SLUG}?voice=parent")
        expect(page.locator(".pv-verdict")).to_have_text("Nothing to mend")

        preview.edit(PARENT, "\ntitle: ", "\ntitle: Hurrah! ")
        saved = time.monotonic()
        expect(page.locator(".og-kicker")).to_contain_text("Hurrah!", timeout=SOON_MS)
        assert time.monotonic() - saved < SOON_MS / 1000
        expect(page.locator("[data-finding=TONE]")).to_be_visible()
        expect(page.locator("[data-finding=TONE]")).to_contain_text("exclamation")

        preview.edit(PARENT, "\ntitle: ", '\ntitle: "')
        expect(page.locator("[data-preview-older]")).to_be_visible(timeout=SOON_MS)
        expect(page.locator("[data-finding=YAML-SYNTAX]")).to_be_visible()
        expect(page.locator(".og-kicker")).to_contain_text("Hurrah!")

        preview.edit(PARENT, '\ntitle: "Hurrah! ', "\ntitle: ")
        expect(page.locator(".pv-verdict")).to_have_text("Nothing to mend", timeout=SOON_MS)
        expect(page.locator("[data-preview-older]")).to_have_count(0)

        page.locator(".pv-choices").get_by_text("For me").click()
        expect(page.locator("[data-grid]")).to_have_attribute("data-voice", "young-person")
        assert errors == []

        preview.stop()
        expect(page.locator("[data-preview-lost]")).to_be_visible(timeout=SOON_MS)
        page.context.close()
