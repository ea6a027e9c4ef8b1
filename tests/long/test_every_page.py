"""Every page and state of the service in both tablet orientations: nothing that programs find."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import screenshots
from fixtures.browser import ARGUMENTS, CHROMIUM
from fixtures.inspection import Inspection
from playwright.sync_api import sync_playwright

from app.settings import ROOT

pytestmark = pytest.mark.long
FAULTY = """<!DOCTYPE html><html lang="en"><head><title>A page with faults</title></head><body>
<main><h1>Faults</h1><a id="s" href="#s" style="display:block;width:9px;height:9px">.</a>
<p style="width: 3000px">wide</p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<p><div>a block in a paragraph</p></main></body></html>"""

#: It fits a screen of 1280 px, and neither 400 % nor letters twice as large.
FIXED = """<!DOCTYPE html><html lang="en"><head><title>A page that does not give</title></head>
<body><main><h1>Wide</h1><p id="wide" style="width: 60rem">A line</p></main></body></html>"""


@pytest.mark.parametrize("group", sorted(screenshots.GROUPS.keys() - screenshots.PAPER_GROUPS))
def test_nothing_is_found_on_any_page(group: str) -> None:
    """axe, the markup, the width of the screen and the size of what is tapped."""
    # In a process of its own: a second browser driver cannot be started beside that of a test.
    command = [sys.executable, "-m", "screenshots", "--inspect", "--only", group]
    paths = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=paths, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    looked_at = re.search(r"^(\d+) pages and states looked at$", done.stdout, re.MULTILINE)
    assert looked_at
    assert int(looked_at[1]) > 0


def test_the_inspection_finds_what_is_wrong(tmp_path: Path) -> None:
    """A page with one fault of each kind: an inspection that finds none would guard nothing."""
    found = "\n".join(_inspected(FAULTY, tmp_path))
    assert "faulty: 1728 px wider than the screen" in found
    assert "small target <a" in found
    assert "axe image-alt" in found
    assert "text-content" in found or "wcag/h37" in found


def test_the_inspection_sees_what_does_not_give_when_enlarged(tmp_path: Path) -> None:
    wider = [one for one in _inspected(FIXED, tmp_path) if "wider" in one]
    assert [one.split(":")[0] for one in wider] == [
        "faulty at 400 %",
        "faulty with letters twice as large",
    ]
    assert all('id="wide"' in one for one in wider)


def _inspected(markup: str, folder: Path) -> list[str]:
    """What is found on one page, with its viewport of 1280 px as the browser opens it."""
    script = folder / "faulty.html"
    script.write_text(markup)
    inspection = Inspection(folder)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = browser.new_page()
        page.goto(script.as_uri())
        inspection.look(page, "faulty")
        browser.close()
    script.write_text(markup)
    inspection.judge_markup()
    return inspection.found
