"""Papers are made in processes of their own, so that a large one never slows a page.

Threads did not scale and delayed other requests (ADR 8). `PdfWorkers` keeps the pool: a queue
with an end (`TooBusy` beyond it), a time limit, fresh workers after so many papers, and a new
pool when a worker dies. Whoever waited on the old pool is told that the service is busy.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from typing import Any, Final, Literal, TypeVar

import structlog

from app.adapters.assets import Assets
from app.adapters.paper_folder import PaperFolder
from app.adapters.paper_shelf import PaperShelf
from app.errors import TooBusy
from app.rendering.paper import Enclosed, Measured, Pdf
from app.settings import Settings

log = structlog.get_logger()

Kind = Literal["handout", "profile"]
Files = Mapping[str, tuple[bytes, str]]

SECONDS: Final[dict[Kind, float]] = {"handout": 30.0, "profile": 15.0}
MOST_WAITING: Final = 48
LONGEST_WAIT: Final = 30.0
PAPERS_PER_WORKER: Final = 500
WORKER: Final = "app.adapters.pdf_worker"
OF_PAPERS: Final = (".css", ".woff2", ".ttf", ".svg")

_T = TypeVar("_T")


class PdfWorkers:
    """The pool of worker processes and the shelf of papers that are the same for everybody."""

    def __init__(self, settings: Settings, assets: Assets) -> None:
        self._workers = settings.pdf_workers
        self._files = own_files(assets)
        self._pool: ProcessPoolExecutor | None = None
        self._waiting = 0
        self._free = asyncio.Semaphore(settings.pdf_workers)
        self.longest_wait = LONGEST_WAIT
        self.seconds: dict[Kind, float] = dict(SECONDS)
        styles = [url for url in self._files if url.endswith(".css")]
        folder = PaperFolder(settings.papers, settings.template_dir, styles)
        self.shelf = PaperShelf(folder=folder)

    def start(self) -> None:
        """Say what the fork server shall import. Workers start with the first paper."""
        multiprocessing.get_context("forkserver").set_forkserver_preload([WORKER])

    def stop(self) -> None:
        """Let go of the workers; whatever is still being made is given up."""
        pool, self._pool = self._pool, None
        if pool is not None:
            _end(pool, wait=True)

    @property
    def worker_ids(self) -> tuple[int, ...]:
        """The process ids of the workers that run now, for whoever watches memory."""
        return tuple(self._pool._processes) if self._pool is not None else ()

    async def render(
        self,
        html: str,
        *,
        kind: Kind,
        at_most: int | None = None,
        enclosed: tuple[Enclosed, ...] = (),
    ) -> Pdf:
        """Return the paper of a page. Raises TooBusy, or PaperNotMade where the engine fails.

        With `at_most`, a paper of more pages is counted and not written (`body` is empty).
        """
        return await self._run(kind, _make_pdf, html, at_most, enclosed)

    async def measure(self, html: str, *, kind: Kind) -> Measured:
        """Return heights and lines of the boxes marked `data-measure`. Raises as `render`."""
        return await self._run(kind, _measure, html)

    async def _run(self, kind: Kind, work: Callable[..., _T], *arguments: Any) -> _T:
        if self._waiting >= MOST_WAITING:
            raise TooBusy
        self._waiting += 1
        try:
            async with self._turn():
                return await self._give(kind, work, *arguments)
        finally:
            self._waiting -= 1

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for a worker that is free, within a limit of its own.

        The limit of a paper begins with its turn: a long queue is not a worker that hangs.
        """
        try:
            await asyncio.wait_for(self._free.acquire(), self.longest_wait)
        except TimeoutError:
            raise TooBusy from None
        try:
            yield
        finally:
            self._free.release()

    async def _give(self, kind: Kind, work: Callable[..., _T], *arguments: Any) -> _T:
        pool = self._ready_pool()
        try:
            made = asyncio.wrap_future(pool.submit(work, *arguments))
            return await asyncio.wait_for(made, self.seconds[kind])
        except (BrokenProcessPool, TimeoutError) as failed:
            log.warning("paper_not_made", kind=kind, error=type(failed).__name__)
            self._drop(pool)
            raise TooBusy from None

    def _ready_pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=self._workers,
                mp_context=multiprocessing.get_context("forkserver"),
                initializer=_prepare,
                initargs=(self._files,),
                max_tasks_per_child=PAPERS_PER_WORKER,
            )
        return self._pool

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        """Forget a pool that broke or hangs; the next paper opens a new one."""
        if self._pool is pool:
            self._pool = None
            _end(pool, wait=False)


def own_files(assets: Assets) -> Files:
    """Return what papers may use, by address: our styles, fonts and drawings."""
    return {
        address: (asset.body, asset.media_type)
        for name, asset in assets.by_name.items()
        for address in (asset.url, f"/static/{name}")
        if name.endswith(OF_PAPERS)
    }


def _end(pool: ProcessPoolExecutor, *, wait: bool) -> None:
    # Killed first, so that whoever waits hears of a broken pool and not of a cancelled task.
    for process in list(pool._processes.values()):
        process.kill()
    pool.shutdown(wait=wait)


# The engine is imported inside the worker only: these are named by address in both processes.


def _prepare(files: Files) -> None:
    from app.adapters import pdf_worker

    pdf_worker.prepare(files)


def _make_pdf(html: str, at_most: int | None, enclosed: tuple[Enclosed, ...]) -> Pdf:
    from app.adapters import pdf_worker

    return pdf_worker.make_pdf(html, at_most, enclosed)


def _measure(html: str) -> Measured:
    from app.adapters import pdf_worker

    return pdf_worker.measure(html)
