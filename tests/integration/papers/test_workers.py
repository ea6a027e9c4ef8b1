"""The engine behind the papers: walled in, limited, and replaced when it dies."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator

import pytest
from fixtures.papers import TODAY, Desk
from fixtures.pdfs import pages_of

from app.adapters import pdf
from app.adapters.assets import Assets
from app.adapters.paper_shelf import PaperShelf
from app.adapters.pdf import PdfWorkers, own_files
from app.adapters.pdf_worker import BASE, FetchRefused, OwnFilesOnly
from app.documents.profile_words import ProfileWords
from app.errors import TooBusy
from app.rendering.paper import Pdf
from app.services.profiles import make_profile
from app.settings import ROOT, Settings

PAGE = '<!DOCTYPE html><html lang="en"><title>t</title><body><p>{}</p></body></html>'


@pytest.fixture
def workers() -> Iterator[PdfWorkers]:
    made = PdfWorkers(Settings(), Assets(ROOT / "static"))
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "http://127.0.0.1:8000/",
        "https://example.org/x.png",
        "ftp://example.org/x",
        "data:text/html,hello",
        f"{BASE}/static/../settings.py",
        f"{BASE}/etc/passwd",
        f"{BASE}.example.org/static/css/handout.css",
        "/static/css/handout.css",
    ],
)
def test_nothing_but_our_own_files_can_be_fetched(address: str) -> None:
    fetcher = OwnFilesOnly(own_files(Assets(ROOT / "static")))
    with pytest.raises(FetchRefused):
        fetcher.fetch(address)


def test_our_own_files_can() -> None:
    assets = Assets(ROOT / "static")
    address = assets.url("css/handout.css")
    answer = OwnFilesOnly(own_files(assets)).fetch(f"{BASE}{address}")
    assert answer.read() == assets.by_name["css/handout.css"].body
    assert answer.content_type == "text/css"


def test_a_page_that_asks_for_files_of_the_machine_gets_none(workers: PdfWorkers) -> None:
    asks = (
        '<img src="file:///etc/hostname" alt="x"><link rel="attachment" href="file:///etc/passwd">'
        '<object data="file:///etc/passwd">nothing</object>'
    )
    made = asyncio.run(workers.render(PAGE.format(asks + "here"), kind="profile"))
    assert pages_of(made.body) == ["x nothinghere"] or "here" in pages_of(made.body)[0]
    assert b"root:x:0" not in made.body
    assert b"EmbeddedFile" not in made.body


@pytest.mark.fault(30)
def test_a_worker_that_dies_means_busy_and_then_a_new_one(workers: PdfWorkers) -> None:
    async def story() -> list[object]:
        first = await workers.render(PAGE.format("one"), kind="profile")
        long = PAGE.format("word " * 60_000)
        waiting = asyncio.ensure_future(workers.render(long, kind="profile"))
        await asyncio.sleep(0.2)
        for process in workers.worker_ids:
            os.kill(process, signal.SIGKILL)
        with pytest.raises(TooBusy):
            await waiting
        return [first.pages, (await workers.render(PAGE.format("two"), kind="profile")).pages]

    assert asyncio.run(story()) == [1, 1]


@pytest.mark.fault(30)
def test_a_paper_that_takes_too_long_is_given_up(workers: PdfWorkers) -> None:
    async def story() -> int:
        await workers.render(PAGE.format("one"), kind="profile")
        workers.seconds["profile"] = 0.1
        with pytest.raises(TooBusy):
            await workers.render(PAGE.format("word " * 60_000), kind="profile")
        workers.seconds["profile"] = 30
        return (await workers.render(PAGE.format("two"), kind="profile")).pages

    assert asyncio.run(story()) == 1


def test_the_queue_has_an_end(workers: PdfWorkers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_WAITING", 2)

    async def story() -> list[str]:
        asked = [workers.render(PAGE.format(n), kind="profile") for n in range(3)]
        done = await asyncio.gather(*asked, return_exceptions=True)
        return [type(each).__name__ for each in done]

    assert asyncio.run(story()) == ["Pdf", "Pdf", "TooBusy"]


def test_a_long_queue_is_not_taken_for_a_worker_that_hangs(workers: PdfWorkers) -> None:
    """The limit of a paper begins with its turn; whoever waits too long hears that it is busy."""

    async def story() -> list[str]:
        await workers.render(PAGE.format("one"), kind="profile")
        (worker,) = workers.worker_ids
        workers.seconds["profile"] = 20
        workers.longest_wait = 0.1
        asked = [workers.render(PAGE.format("word " * 9_000), kind="profile") for _ in range(4)]
        done = await asyncio.gather(*asked, return_exceptions=True)
        assert workers.worker_ids == (worker,)
        return [type(each).__name__ for each in done]

    assert asyncio.run(story()) == ["Pdf", "TooBusy", "TooBusy", "TooBusy"]


def test_others_are_answered_while_papers_are_made(desk: Desk) -> None:
    """The event loop keeps ticking: the work is in another process."""
    words = ProfileWords("Sam", {"people": "My nan. " * 40})

    async def story() -> tuple[float, int]:
        busy = True
        gaps: list[float] = []

        async def tick() -> None:
            while busy:
                before = time.perf_counter()
                await asyncio.sleep(0.002)
                gaps.append(time.perf_counter() - before)

        ticking = asyncio.ensure_future(tick())
        await asyncio.gather(
            *(
                make_profile(desk.press, words=words, made_on=TODAY, two_pages=False)
                for _ in range(20)
            )
        )
        busy = False
        await ticking
        return sorted(gaps)[len(gaps) // 2], len(gaps)

    median, ticks = desk.run(story())
    assert median < 0.02
    assert ticks > 50


class TestShelf:
    def test_it_makes_a_paper_once_and_forgets_the_oldest(self) -> None:
        made: list[str] = []

        async def story() -> list[int]:
            shelf = PaperShelf(most_bytes=25)

            async def take(key: str) -> int:
                async def make() -> Pdf:
                    made.append(key)
                    await asyncio.sleep(0)
                    return Pdf(key.encode() * 10, 1)

                return len((await shelf.take(key, make)).pdf.body)

            await asyncio.gather(take("a"), take("a"), take("b"))
            await take("a")
            await take("c")
            await take("a")
            await take("b")
            return [len(shelf)]

        assert asyncio.run(story()) == [2]
        assert made == ["a", "b", "c", "b"]

    def test_a_failure_is_not_kept(self) -> None:
        async def story() -> bytes:
            shelf = PaperShelf()

            async def fail() -> Pdf:
                raise TooBusy

            async def succeed() -> Pdf:
                return Pdf(b"paper", 1)

            with pytest.raises(TooBusy):
                await shelf.take("a", fail)
            return (await shelf.take("a", succeed)).pdf.body

        assert asyncio.run(story()) == b"paper"
