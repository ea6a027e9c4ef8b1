"""Both papers, warm, against a warm headless Chromium that prints the same page."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, Route, sync_playwright

from app.adapters.assets import Assets
from app.adapters.pdf import Kind, PdfWorkers
from app.content.contacts import read_contacts
from app.content.library import Library
from app.documents.profile_words import PROMPTS, ProfileWords
from app.rendering.environment import Renderer
from app.rendering.page import Chrome
from app.rendering.paper import Enclosed, Pdf
from app.services.papers import Press, take_handout
from app.services.profiles import make_profile
from app.settings import ROOT, Settings
from bench.result import Result, middle
from bench.server import ROOT as HERE

sys.path.insert(0, str(HERE / "tests"))

from fixtures.papers import TODAY, Desk

TIMES = 9
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SENTENCES = "I like a quiet corner, clear words, and somebody who says when it is over. " * 3


class Listening(PdfWorkers):
    """The real workers, remembering the last page they were given."""

    last: tuple[str, Kind] = ("", "handout")

    async def render(
        self,
        html: str,
        *,
        kind: Kind,
        at_most: int | None = None,
        enclosed: tuple[Enclosed, ...] = (),
    ) -> Pdf:
        """Make the paper as always."""
        self.last = (html, kind)
        return await super().render(html, kind=kind, at_most=at_most, enclosed=enclosed)


def measure() -> Iterator[Result]:
    """Give seconds a paper: the whole grid for young people, and a full profile."""
    with TemporaryDirectory() as kept:  # what an earlier run kept on disk would not be made
        yield from _measure(Listening(Settings(papers_dir=Path(kept)), Assets(ROOT / "static")))


def _measure(workers: Listening) -> Iterator[Result]:
    assets = Assets(ROOT / "static")
    workers.start()
    chrome = Chrome(read_contacts(ROOT / "grids" / "_contacts" / "england.yaml"))
    press = Press(workers, Renderer(ROOT / "templates", assets.url), chrome)
    desk = Desk(press, Library.load(ROOT / "grids"))
    try:
        desk.run(take_handout(press, order=desk.order("k7", "young-person")))
        yield _compare("pdf.grid", desk, workers, assets)
        words = ProfileWords(name="", answers=dict.fromkeys(PROMPTS, SENTENCES))
        desk.run(make_profile(press, words=words, made_on=TODAY, two_pages=False))
        yield _compare("pdf.profile", desk, workers, assets)
    finally:
        workers.stop()
        desk.loop.close()


def _compare(name: str, desk: Desk, workers: Listening, assets: Assets) -> Result:
    html, kind = workers.last
    ours, size, busy = [], 0, _processor_time(workers)
    for _ in range(TIMES):
        began = time.perf_counter()
        size = len(desk.run(workers.render(html, kind=kind)).body)
        ours.append(time.perf_counter() - began)
    busy = (_processor_time(workers) - busy) / TIMES
    asyncio.set_event_loop(None)
    floor = _by_chromium(html, assets)
    method = (
        f"median of {TIMES} warm, {busy * 1000:.0f} ms of processor time each, {size} bytes,"
        " v Chromium printing the same loaded page"
    )
    return Result(name, middle(ours), "s", middle(floor), method)


def _processor_time(workers: PdfWorkers) -> float:
    """Seconds that the workers have used so far: a neighbour slows the clock, and this less."""
    spent = 0
    for worker in workers.worker_ids:
        fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
        spent += int(fields[11]) + int(fields[12])  # in user and in system mode (proc(5))
    return spent / os.sysconf("SC_CLK_TCK")


def _by_chromium(html: str, assets: Assets) -> list[float]:
    by_url = {asset.url: asset for asset in assets.by_name.values()}

    def serve(route: Route) -> None:
        path = "/" + route.request.url.split("/", 3)[3]
        if path in by_url:
            found = by_url[path]
            route.fulfill(body=found.body, content_type=found.media_type)
        else:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page()
        page.route("**/*", serve)
        page.goto("http://127.0.0.1:9/", wait_until="networkidle")
        _print(page)
        times = [_print(page) for _ in range(TIMES)]
        browser.close()
    return times


def _print(page: Page) -> float:
    began = time.perf_counter()
    page.pdf(prefer_css_page_size=True, print_background=True, tagged=True)
    return time.perf_counter() - began
