"""What people hand in is opened in a process of its own, which has little memory and no files.

A PDF or a picture from outside is hostile until it has been read. This is not the pool that
makes papers: a file that hangs or kills its reader slows nobody else's page. Nothing is kept.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final, TypeVar

import structlog

from app.errors import TooBusy

log = structlog.get_logger()

SECONDS: Final = 8.0
MOST_WAITING: Final = 12
FILES_PER_WORKER: Final = 50
MOST_BYTES_AT_ONCE: Final = 64 * 1024 * 1024
"""Of all bodies that are being received at one moment: memory has an end too."""

_T = TypeVar("_T")


class NotReadable(ValueError):
    """A file from outside was not taken. `reason` is the key of the message for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Intake:
    """One worker process, started with the first file and let go when it breaks or hangs."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._waiting = 0
        self._held = 0
        self.seconds = SECONDS

    def stop(self) -> None:
        """Let go of the worker; whatever is being read is given up."""
        if self._pool is not None:
            self._drop(self._pool)

    def hold(self, count: int) -> None:
        """Count bytes that a request keeps in memory. Raises TooBusy where there are too many."""
        if self._held + count > MOST_BYTES_AT_ONCE:
            raise TooBusy
        self._held += count

    def let_go(self, count: int) -> None:
        """Take back what `hold` counted, however the request ended."""
        self._held -= count

    async def read_enclosed(self, pdf: bytes, *, name: str, most: int) -> bytes:
        """Return the file of that name inside a PDF. Raises NotReadable or TooBusy.

        Reasons: "foreign" (no PDF of ours) and "locked" (it needs a password).
        """
        return await self._run(_read_enclosed, "foreign", pdf, name, most)

    async def take_photo(self, picture: bytes) -> bytes:
        """Return a photo as a small JPEG without anything a camera wrote. Raises as above.

        Reasons: "no_photo" (not a JPEG, PNG or WebP, or broken) and "photo_too_big".
        """
        return await self._run(_take_photo, "photo_too_big", picture)

    async def _run(self, work: Callable[..., _T], too_much: str, *arguments: Any) -> _T:
        if self._waiting >= MOST_WAITING:
            raise TooBusy
        self._waiting += 1
        pool = self._ready_pool()
        try:
            return await asyncio.wait_for(
                asyncio.wrap_future(pool.submit(work, *arguments)), self.seconds
            )
        except (BrokenProcessPool, TimeoutError) as failed:
            log.warning("file_not_read", error=type(failed).__name__)
            self._drop(pool)
            raise NotReadable(too_much) from None
        finally:
            self._waiting -= 1

    def _ready_pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=1,
                mp_context=multiprocessing.get_context("forkserver"),
                initializer=_prepare,
                max_tasks_per_child=FILES_PER_WORKER,
            )
        return self._pool

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        if self._pool is pool:
            self._pool = None
            for process in list(pool._processes.values()):
                process.kill()
            pool.shutdown(wait=False)


# The libraries are imported inside the worker only.


def _prepare() -> None:
    from app.adapters import intake_worker

    intake_worker.prepare()


def _read_enclosed(pdf: bytes, name: str, most: int) -> bytes:
    from app.adapters import intake_worker

    return intake_worker.read_enclosed(pdf, name, most)


def _take_photo(picture: bytes) -> bytes:
    from app.adapters import photo_worker

    return photo_worker.take_photo(picture)
