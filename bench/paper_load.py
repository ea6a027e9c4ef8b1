"""Many papers at once: how fast two workers are, how large they grow, and what others notice.

Floors are what the project asks for. `PAPERS=1000` in the environment is the long soak of memory.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from app.adapters.assets import Assets
from app.adapters.pdf import PdfWorkers
from app.content.contacts import read_contacts
from app.content.library import Library, ReleaseStatus
from app.documents.grid_handout import WHOLE_DENSITIES, Code, build
from app.documents.profile import build as build_profile
from app.documents.profile_words import PROMPTS, ProfileWords
from app.errors import TooBusy
from app.rendering.environment import Renderer
from app.rendering.page import Chrome, Page
from app.settings import ROOT, Settings
from bench.pdf import SENTENCES, TODAY
from bench.result import Result

WORKERS = 2
GRIDS_A_SECOND = 5.0
PROFILES_A_SECOND = 45.0
MOST_MEMORY = 120.0
MOST_DELAY = 0.015
AT_ONCE = 50
PAPERS = int(os.environ.get("PAPERS", "120"))

Work = Callable[[], Awaitable[object]]


def measure() -> Iterator[Result]:
    """Give papers a second, the delay of other requests meanwhile, and the memory of a worker."""
    with TemporaryDirectory() as kept, asyncio.Runner() as runner:
        workers = PdfWorkers(
            Settings(pdf_workers=WORKERS, papers_dir=Path(kept)), Assets(ROOT / "static")
        )
        workers.start()
        try:
            yield from _figures(runner, workers)
        finally:
            workers.stop()


def _figures(runner: asyncio.Runner, workers: PdfWorkers) -> Iterator[Result]:
    grid, profile = _pages()

    def make_grid() -> Awaitable[object]:
        return workers.render(grid, kind="handout")

    def make_profile() -> Awaitable[object]:
        return workers.render(profile, kind="profile")

    runner.run(_all(make_grid, 2 * WORKERS, WORKERS))  # warm
    told = f"by {WORKERS} workers, whole grid of 6 columns, from HTML"
    took, _ = runner.run(_timed(make_grid, 20))
    yield Result("paper_load.grids", 20 / took, "papers/s", GRIDS_A_SECOND, told)
    took, delay = runner.run(_timed(make_profile, 60))
    told = f"by {WORKERS} workers, full profile, from HTML"
    yield Result("paper_load.profiles", 60 / took, "papers/s", PROFILES_A_SECOND, told)
    yield Result("paper_load.delay", delay, "s", MOST_DELAY, "p99 of the event loop meanwhile")
    answered, busy = runner.run(_at_once(make_profile))
    told = f"{AT_ONCE} at once, {busy} told at once that the service is busy, none failed"
    yield Result("paper_load.at_once", answered + busy, "answers", AT_ONCE, told)
    runner.run(_all(make_profile, PAPERS // 2, WORKERS))
    half = max(_memory(each) for each in workers.worker_ids)
    runner.run(_all(make_profile, PAPERS - PAPERS // 2, WORKERS))
    full = max(_memory(each) for each in workers.worker_ids)
    told = f"largest worker after {PAPERS} papers; {half:.0f} after half of them"
    yield Result("paper_load.memory", full, "MB", MOST_MEMORY, told)


def _pages() -> tuple[str, str]:
    assets = Assets(ROOT / "static")
    renderer = Renderer(ROOT / "templates", assets.url)
    chrome = Chrome(read_contacts(ROOT / "grids" / "_contacts" / "england.yaml"))
    release = Library.load(ROOT / "grids").current("k7")
    assert release is not None
    grid: Page = build(
        release,
        voice="young-person",
        picked=(),
        density=WHOLE_DENSITIES[0],
        status=ReleaseStatus.DRAFT_RELEASE,
        review_is_due=False,
        address="https://grids.example.nhs.uk/g/k7/1",
        code=Code(29, "M0 0h1"),
    )
    words = ProfileWords(name="", answers=dict.fromkeys(PROMPTS, SENTENCES))
    profile: Page = build_profile(words, made_on=TODAY)
    return renderer.page(grid, chrome), renderer.page(profile, chrome)


async def _all(work: Work, count: int, together: int) -> None:
    async def some(of: int) -> None:
        for _ in range(of):
            await work()

    await asyncio.gather(*(some(count // together) for _ in range(together)))


async def _timed(work: Work, count: int) -> tuple[float, float]:
    """How long `count` papers take, and the 99th percentile of the delay of the event loop."""
    delays: list[float] = []

    async def watch() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.002)
            delays.append(time.perf_counter() - before - 0.002)

    watching = asyncio.create_task(watch())
    began = time.perf_counter()
    await _all(work, count, 2 * WORKERS)
    took = time.perf_counter() - began
    watching.cancel()
    return took, sorted(delays)[int(len(delays) * 0.99)]


async def _at_once(work: Work) -> tuple[int, int]:
    """How many are answered with a paper and how many with "busy"; anything else is raised."""
    done = await asyncio.gather(*(work() for _ in range(AT_ONCE)), return_exceptions=True)
    for each in done:
        if isinstance(each, BaseException) and not isinstance(each, TooBusy):
            raise each
    busy = sum(isinstance(each, TooBusy) for each in done)
    return len(done) - busy, busy


def _memory(process: int) -> float:
    """Resident memory in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2
